"""How wide a table's rows are, as its columns and their statistics tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_HEADER = 24
_LINE_POINTER = 4
_UNKNOWN = 32  # the planner's own guess of a value of which it knows nothing
_ALIGNMENTS = {"c": 1, "s": 2, "i": 4, "d": 8}


@dataclass(frozen=True)
class Width:
    """A column: `length` is its type's, below zero where that varies; `average` is a value's, in bytes; `present` the
    share of rows that have one.
    """

    length: int
    alignment: str
    average: float | None = None
    present: float = 1.0


def row_bytes(columns: Iterable[Width]) -> float:
    """Bytes that a row takes on a page, on average (src/include/access/htup_details.h)."""
    size = float(_HEADER)
    for column in columns:
        width = column.length if column.length > 0 else (column.average or _UNKNOWN)
        short = column.length < 0 and width < 127  # a short value has a one-byte header, unaligned
        start = size if short else _aligned(size, _ALIGNMENTS[column.alignment])
        size += (start - size + width) * column.present
    return _aligned(size, 8) + _LINE_POINTER


def _aligned(size: float, alignment: int) -> float:
    return -(-size // alignment) * alignment
