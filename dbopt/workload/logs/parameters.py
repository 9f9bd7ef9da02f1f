"""The parameters of a bind, read off the text with which PostgreSQL logs them: `$1 = 'it''s', $2 = NULL`. Pure.

The server writes every value as text in quotes, quotes within it doubled and nothing else escaped
(BuildParamLogString in nodes/params.c, appendStringInfoStringQuoted in mb/stringinfo_mb.c). It cuts a value that is
longer than log_parameter_max_length and puts three dots behind it, within the quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbopt.workload.logs.messages import parameters_label

ELLIPSIS = "..."

# "parameters: ", "Parameters: " since 16, "Query Parameters: " of auto_explain, "portal "c" with parameters: " of an
# error's context, and their translations: what counts is where the list starts
_START = re.compile(r"(?<![^\s(])\$1 = (?=NULL|')")
_ONE = re.compile(r"\$(\d+) = (?:NULL|'((?:[^']++|'')*+)(')?)(?:(, )(?=\$\d)|\s*\Z)")
_CUT = re.compile(rb"\.\.\.'(?!')")  # quotes within a value are doubled: this one ends it
_LONGEST_CHARACTER = 4  # bytes: the server cuts before a character that would reach over the limit


@dataclass(frozen=True)
class Bound:
    """What was bound. `values[n - 1]` is that of `$n` as the type's output function wrote it, None for NULL.
    `truncated` are the numbers of those of which only the beginning is known.
    """

    values: tuple[str | None, ...]
    truncated: tuple[int, ...] = ()


def parse(text: str, max_length: int | None = None) -> Bound | None:
    """The values in a DETAIL, a CONTEXT or a plan's "Query Parameters"; what stands before `$1` is not looked at. None
    where the text holds no such list, or something else follows it.

    Newlines within values are taken as they stand: what the log's format puts at the start of continued lines has to
    be removed before. A text that ends within a value was cut: that value is truncated. `max_length` is the server's
    log_parameter_max_length in bytes; where it is not known, every value with three dots at its end counts as
    truncated, and where it is -1, none does.
    """
    start = _START.search(text)
    if start is None:
        return None
    values: list[str | None] = []
    truncated: list[int] = []
    position = start.start()
    while position < len(text):
        match = _ONE.match(text, position)
        if match is None or int(match[1]) != len(values) + 1:
            return None
        value = match[2]
        if value is not None:
            if "'" in value:
                value = value.replace("''", "'")
            if match[3] is None:
                truncated.append(len(values) + 1)
            elif value.endswith(ELLIPSIS) and _is_cut(value, max_length):
                truncated.append(len(values) + 1)
                value = value[: -len(ELLIPSIS)]
        values.append(value)
        position = match.end()
    return Bound(tuple(values), tuple(truncated))


def _is_cut(value: str, max_length: int | None) -> bool:
    """Whether the dots at the end are the server's."""
    if max_length is None:
        return True
    length = len(value.encode("utf-8", "surrogateescape")) - len(ELLIPSIS)
    return max_length - _LONGEST_CHARACTER < length <= max_length


def is_cut(detail: bytes) -> bool:
    """Whether a DETAIL with parameters shows only the beginning of one, as parse has it where no limit is known; cheap,
    for it is asked for every execution.
    """
    return b"...'" in detail and parameters_label().match(detail) is not None and _CUT.search(detail) is not None
