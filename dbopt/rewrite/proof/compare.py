"""Whether two results are the same: as multisets of rows, in the order that ORDER BY asks for. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_NUMERIC, _FLOATS = 1700, (700, 701)
_TOLERANCE = 1e-9
_SHOWN = 3

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Result:
    """The columns of a result, each with the oid of its type, and its rows as the server writes them."""

    columns: tuple[tuple[str, int], ...]
    rows: list[Row]


def difference(
    before: Result, after: Result, *, ordered_by: Sequence[int] = (), adds_floats: bool = False
) -> str | None:
    """How the results differ, in a clause; None where they are the same. `ordered_by` are the columns, by place, that
    both are ordered by: rows that are equal in them may change places. Floats that were added up (`adds_floats`) may
    differ in their last digits.
    """
    if before.columns != after.columns:
        return _columns(before, after)
    left, right = _normal(before), _normal(after)
    if adds_floats and any(oid in _FLOATS for _, oid in before.columns):
        return _nearly(before, left, right)
    gone, come = Counter(left), Counter(right)
    if gone != come:
        return _rows(list((gone - come).elements()), list((come - gone).elements()), len(left), len(right))
    return _order(left, right, ordered_by)


def order_difference(before: Result, after: Result, ordered_by: Sequence[int]) -> str | None:
    """Whether the columns that both are ordered by differ in any place."""
    return _order(_normal(before), _normal(after), ordered_by)


def _columns(before: Result, after: Result) -> str:
    names = [", ".join(name for name, _ in result.columns) for result in (before, after)]
    if names[0] != names[1]:
        return f"the columns are {names[1] or 'none'}, not {names[0] or 'none'}"
    changed = [one[0] for one, other in zip(before.columns, after.columns, strict=True) if one != other]
    return f"the column {changed[0]} is of another type"


def _normal(result: Result) -> list[Row]:
    """1.0 and 1.00 are one number, and so are 0 and -0."""
    places = [place for place, (_, oid) in enumerate(result.columns) if oid in (_NUMERIC, *_FLOATS)]
    if not places:
        return result.rows
    normal = []
    for row in result.rows:
        cells = list(row)
        for place in places:
            cells[place] = _number(cells[place])
        normal.append(tuple(cells))
    return normal


def _number(cell: str | None) -> str | None:
    if cell is None:
        return None
    if cell == "-0":
        return "0"
    return cell.rstrip("0").rstrip(".") if "." in cell and "e" not in cell else cell


def _rows(gone: list[Row], come: list[Row], before: int, after: int) -> str:
    parts = [f"{before:,} rows before, {after:,} after"]
    if gone:
        parts.append(f"lost {_shown(gone)}")
    if come:
        parts.append(f"new {_shown(come)}")
    return "; ".join(parts)


def _shown(rows: list[Row]) -> str:
    shown = ", ".join(row_text(row) for row in sorted(rows, key=str)[:_SHOWN])
    return shown + (", ..." if len(rows) > _SHOWN else "")


def row_text(row: Sequence[str | None]) -> str:
    """The row as people write it."""
    return f"({', '.join('NULL' if cell is None else cell[:40] for cell in row)})"


def _order(left: list[Row], right: list[Row], ordered_by: Sequence[int]) -> str | None:
    for number, (one, other) in enumerate(zip(left, right, strict=False), 1):
        for place in ordered_by:
            if one[place] != other[place]:
                return f"row {number} comes in another order: {row_text(other)}, not {row_text(one)}"
    return None if len(left) == len(right) or not ordered_by else f"{len(left):,} rows before, {len(right):,} after"


def _nearly(result: Result, left: list[Row], right: list[Row]) -> str | None:
    """Rows paired by all that is no float, then by the floats in order."""
    floats = [place for place, (_, oid) in enumerate(result.columns) if oid in _FLOATS]
    if len(left) != len(right):
        return _rows([], [], len(left), len(right))
    for one, other in zip(sorted(left, key=_key(floats)), sorted(right, key=_key(floats)), strict=True):
        for place, (a, b) in enumerate(zip(one, other, strict=True)):
            if not (_close(a, b) if place in floats else a == b):
                return _rows([one], [other], len(left), len(right))
    return None


def _key(floats: Sequence[int]):  # type: ignore[no-untyped-def]
    def key(row: Row) -> tuple[object, ...]:
        plain = tuple((cell is None, cell or "") for place, cell in enumerate(row) if place not in floats)
        rounded = tuple((row[place] is None, f"{float(row[place] or 0):.6g}") for place in floats)
        return plain, rounded

    return key


def _close(one: str | None, other: str | None) -> bool:
    if one is None or other is None or one == other:
        return one == other
    a, b = float(one), float(other)
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=_TOLERANCE)
