"""How the time of a workload falls to its statements: a bar with a piece for each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SMALLEST = 0.001  # part of the bar that can be seen
_LABELLED = 0.035  # part of the bar from which a piece may have room for its name
_WIDE = 0.12  # the same on a telephone


@dataclass(frozen=True)
class Piece:
    """`left` and `width` in per cent of the bar; `number` is the statement's, `kind` what it is coloured by; `is_wide`:
    the label has room on a telephone, too.
    """

    number: int
    left: str
    width: str
    label: str
    title: str
    kind: str
    is_wide: bool = False


@dataclass(frozen=True)
class Part:
    """A statement's part of a bar. `title` says all of it."""

    number: int
    name: str
    title: str
    kind: str
    value: float


def bar(parts: Sequence[Part], whole: float) -> tuple[Piece, ...]:
    """The pieces beside each other, in the order given; `whole` is as wide as there is room."""
    return tuple(_pieces(parts, whole or 1.0))


def _pieces(parts: Sequence[Part], whole: float) -> Iterator[Piece]:
    left = 0.0
    for part in parts:
        share = part.value / whole
        if share >= _SMALLEST:
            label = part.name if share >= _LABELLED else ""
            place = _per_cent(left), _per_cent(share)
            yield Piece(part.number, *place, label, part.title, part.kind, share >= _WIDE)
        left += share


def _per_cent(share: float) -> str:
    return f"{100 * share:.4g}%"
