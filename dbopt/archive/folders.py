"""The folder of a row: Hive's year=2024/month=01 by the time that its control column carries, in UTC; for numbers
from=20000000, so many to a folder. Pure.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dbopt.partition.interval import moment_of
from dbopt.partition.key import DATETIMES, Infinity, Kind, position_of_row

if TYPE_CHECKING:
    import pyarrow as pa

NUMBERS = 10_000_000
NOWHERE = "__HIVE_DEFAULT_PARTITION__"
"""What Hive calls the folder of rows without a value: times that have no month are kept there."""


def folder(kind: Kind, position: int | None) -> str:
    """The folder of a position."""
    if not kind.is_time:
        return f"from={NOWHERE if position is None else position // NUMBERS * NUMBERS}"
    try:
        moment = None if position is None else moment_of(position)
    except OverflowError:
        moment = None
    return f"year={moment:%Y}/month={moment:%m}" if moment else f"year={NOWHERE}/month={NOWHERE}"


def split(batch: pa.RecordBatch, field: str, kind: Kind) -> list[tuple[str, pa.RecordBatch]]:
    """The rows of each folder."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = batch.column(field)
    if not len(values):
        return []
    least, greatest = span(values, kind)
    if least is not None and folder(kind, least) == folder(kind, greatest):
        return [(folder(kind, least), batch)]
    names = pa.array([folder(kind, one) for one in positions(kind, values)])
    return [(name, batch.filter(pc.equal(names, name))) for name in sorted(set(names.to_pylist()))]


def span(values: pa.Array, kind: Kind) -> tuple[int | None, int | None]:
    """The least and the greatest position of values; None where one of them has no position."""
    found = positions(kind, values if kind is Kind.ULID else _ends(values))
    known = [position for position in found if position is not None]
    if values.null_count or not known or len(known) < len(found):
        return None, None
    return min(known), max(known)


def positions(kind: Kind, values: pa.Array) -> list[int | None]:
    """The position of each value, None for one that has none."""
    import pyarrow as pa

    if kind in DATETIMES:
        moments = values.cast(pa.timestamp("us", "UTC" if kind is Kind.TIMESTAMPTZ else None))
        return list(moments.cast(pa.int64()).to_pylist())
    return [_position(kind, value) for value in values.to_pylist()]


def _position(kind: Kind, value: str | int | Decimal | None) -> int | None:
    found = None if value is None else position_of_row(kind, f"{value:f}" if isinstance(value, Decimal) else str(value))
    return None if isinstance(found, Infinity) else found


def _ends(values: pa.Array) -> pa.Array:
    """The least and the greatest value; texts by their bytes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.min_max(values)
    return pa.array([found["min"].as_py(), found["max"].as_py()], values.type)
