"""The values of `$1`, `$2`, ... that a log shows in a DETAIL. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbopt.workload.logs.messages import parameters_label

_VALUE = re.compile(r"\$(?P<number>\d+) = (?:'(?P<text>(?:[^']|'')*)'|(?P<null>NULL))(?:, |\Z)", re.DOTALL)
_CUT = "..."
"""What log_parameter_max_length leaves at the end of a value."""


@dataclass(frozen=True)
class Bound:
    """One set of values; `is_cut` where the log shows only the beginning of one. A value that really ends in three
    dots cannot be told from that, and counts as cut.
    """

    values: tuple[str | None, ...]
    is_cut: bool


def bound(detail: bytes) -> Bound | None:
    """The values in this DETAIL; None where it shows none, or not all."""
    label = parameters_label().match(detail)
    if label is None:
        return None
    text = detail[label.end() :].decode("utf-8", "replace")
    values: list[str | None] = []
    position = 0
    while position < len(text):
        match = _VALUE.match(text, position)
        if match is None or int(match["number"]) != len(values) + 1:
            return Bound((), is_cut=True)
        values.append(None if match["null"] else match["text"].replace("''", "'"))
        position = match.end()
    return Bound(tuple(values), any(value is not None and value.endswith(_CUT) for value in values))


def is_cut(detail: bytes) -> bool:
    """Whether a DETAIL with parameters shows only the beginning of one; cheap, for it is asked for every execution."""
    return b"...'" in detail and parameters_label().match(detail) is not None
