"""Positions of the control column (dbopt/partition/key.py) as conditions on its values in the engine. Pure."""

from __future__ import annotations

from dbopt.archive.query.types import string
from dbopt.partition.key import Infinity, Kind, literal, position_of_row

_PER_SECOND = {Kind.EPOCH_S: 1, Kind.EPOCH_MS: 10**3, Kind.EPOCH_US: 10**6, Kind.EPOCH_NS: 10**9}
_SECOND_US = 10**6
_DAY_US = 86_400 * _SECOND_US


def outside(kind: Kind, column: str, lower: int | None, upper: int | None) -> str:
    """That a row's position is not within [lower, upper). One without a position is within what has no bounds."""
    if lower is None and upper is None:
        return "false"
    parts = []
    if lower is not None:
        parts.append(f"{_key(kind, column)} >= {_value(kind, lower)}")
    if upper is not None:
        parts.append(f"{_key(kind, column)} < {_value(kind, upper)}")
    return f"({' AND '.join(parts)}) IS NOT TRUE"


def can_hold(kind: Kind, lower: int | None, upper: int | None, bounds: tuple[tuple[str, str | None], ...]) -> bool:
    """Whether values at positions from `lower` to `upper` can be within bounds: a direction and a value each, as
    PostgreSQL writes it in UTC.
    """
    if lower is None or upper is None or kind is Kind.ULID:  # upper and lower case are the same position
        return True
    for direction, text in bounds:
        found = None if text is None else position_of_row(kind, text)
        if found is None or isinstance(found, Infinity):
            continue
        if (direction in ">=" and upper < found) or (direction in "<=" and lower > found):
            return False
    return True


def _key(kind: Kind, column: str) -> str:
    if kind is Kind.ULID:
        return f"upper(left({column}, 10))"
    return column


def _value(kind: Kind, position: int) -> str:
    """The least value at or after a position."""
    if kind is Kind.ID:
        return str(position)
    if kind in _PER_SECOND:
        return str(-(-position * _PER_SECOND[kind] // _SECOND_US))
    if kind in (Kind.UUIDV7, Kind.ULID):
        at = -(-position // 1000) * 1000
        return f"CAST({string(literal(kind, at))} AS UUID)" if kind is Kind.UUIDV7 else string(literal(kind, at))
    if kind is Kind.DATE:
        position = -(-position // _DAY_US) * _DAY_US
    type_name = {Kind.DATE: "DATE", Kind.TIMESTAMP: "TIMESTAMP"}.get(kind, "TIMESTAMPTZ")
    return f"CAST({string(literal(kind, position))} AS {type_name})"
