"""Which columns may hold values too long for a b-tree. Pure.

A b-tree takes no entry of more than 2,704 bytes ("Implementation" of B-Tree indexes in PostgreSQL's manual), and a row
with such a value has it in the TOAST table. Whose values these are, statistics tell: those longer than 1,024 bytes are
left out of them (WIDTH_THRESHOLD in analyze.c), and still count for the average width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_LONG = 512  # bytes from which on a value in the statistics speaks of others beyond 1,024
_HEADER = 4  # bytes of a value that are not its content


@dataclass(frozen=True)
class Lengths:
    """What is known of a column's values, in bytes. `unbounded` says that the type sets no limit; `longest` is that of
    the statistics, None where they have no value, and `average_width` None where there are no statistics.
    """

    name: str
    unbounded: bool
    longest: int | None
    average_width: int | None


def long_columns(columns: Sequence[Lengths], *, has_toast: bool) -> frozenset[str]:
    """Those of a table's columns that may hold long values. Where the TOAST table is not empty and no column's
    statistics say why, it is the column with the longest values.
    """
    open_ended = [column for column in columns if column.unbounded]
    if not has_toast or not open_ended:
        return frozenset()
    shown = [column for column in open_ended if _shows(column)]
    most = max((column.longest or 0) for column in open_ended)
    return frozenset(column.name for column in shown or [one for one in open_ended if (one.longest or 0) == most])


def _shows(column: Lengths) -> bool:
    if column.average_width is None:
        return False
    if column.longest is None:
        return column.average_width > 0
    return column.longest >= _LONG or column.average_width > column.longest + _HEADER
