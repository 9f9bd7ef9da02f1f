"""Values that stand for a column's rows, from what ANALYZE left of them. Pure.

The most common values count with their own frequencies, the histogram's buckets with equal shares of the rest. Within a
bucket the planner takes the values of numbers and times as spread evenly, so there points are put between the bounds.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise

PER_BUCKET = 8
SCALES = 5
_DRAWS = 600
_COMBINATIONS = 2000
_WIDEST = 10**30
_END = 0.01  # of a point's share: the ends are seen, and count for nothing
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY_ONE = date(2000, 1, 1)
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_TIMES = ("timestamp without time zone", "timestamp with time zone")


@dataclass(frozen=True)
class Column:
    """Statistics as in pg_stats, values as text in ISO style and UTC; `distinct` is a number of values. `type` is a
    type's name with its modifier, `base_type` without.
    """

    name: str
    type: str
    base_type: str
    null_fraction: float
    distinct: float
    common: tuple[str, ...] = ()
    frequencies: tuple[float, ...] = ()
    bounds: tuple[str, ...] = ()
    correlation: float = 0.0

    @property
    def rest(self) -> float:
        """Share of the rows that the histogram stands for."""
        return max(0.0, 1 - self.null_fraction - sum(self.frequencies))

    @property
    def per_bucket(self) -> float:
        """Different values in a bucket of the histogram."""
        return max(self.distinct - len(self.common), 1.0) / max(len(self.bounds) - 1, 1)


@dataclass(frozen=True)
class Point:
    """A value (None: NULL) that stands for a share of the rows. Of a common value, NULL among them, it is its own."""

    value: str | None
    share: float
    is_common: bool = False


@dataclass(frozen=True)
class Pair:
    """Two values of a bucket, as far apart as neighbours among `parts` that are spread evenly over it."""

    values: tuple[str, str]
    parts: float


def points(column: Column) -> list[Point]:
    """The column's rows as points, whose shares sum up to 1 (nearly: statistics are rounded)."""
    common = [
        Point(value, share, is_common=True) for value, share in zip(column.common, column.frequencies, strict=True)
    ]
    null = [Point(None, column.null_fraction, is_common=True)] if column.null_fraction else []
    return [*common, *null, *_rest(column)]


def _rest(column: Column) -> list[Point]:
    buckets = len(column.bounds) - 1
    if buckets < 1:
        return [Point(value, column.rest) for value in column.bounds]
    scale = _Scale.of(column)
    steps = min(PER_BUCKET, int(column.per_bucket))
    if scale is None or steps < 2:
        shares = [0.5, *[1.0] * (buckets - 1), 0.5]
        return [Point(value, column.rest * share / buckets) for value, share in zip(column.bounds, shares, strict=True)]
    drawn = random.Random(0)  # noqa: S311 - the same each time; an even step could be in step with the expression
    share = column.rest / buckets / steps
    inner = [
        Point(scale.text(low + (high - low) * (step + drawn.random()) / steps), share)
        for low, high in pairwise(scale.bounds)
        for step in range(steps)
    ]
    ends = column.bounds[0], column.bounds[-1]
    return [Point(ends[0], share * _END), *inner, Point(ends[1], share * _END)]


def pairs(column: Column) -> list[Pair]:
    """Pairs of neighbours on ever finer scales, down to the distance that the column's own values have."""
    scale = _Scale.of(column)
    if scale is None:
        return []
    drawn = random.Random(1)  # noqa: S311 - as above
    found = []
    for power in range(1, SCALES + 1):
        parts = min(float(PER_BUCKET**power), column.per_bucket)
        for low, high in pairwise(scale.bounds):
            step = (high - low) / parts
            start = low + (high - low - step) * drawn.random()
            found.append(Pair((scale.text(start), scale.text(start + step)), parts))
        if parts == column.per_bucket:
            break
    return found


def rows(columns: Sequence[Column]) -> list[tuple[tuple[Point, ...], float]]:
    """Rows of several columns and their shares, as if the columns were independent, which the planner assumes, too:
    all combinations of points, or as many draws.
    """
    stocks = [points(column) for column in columns]
    if math.prod(len(stock) for stock in stocks) <= _COMBINATIONS:
        return [(row, math.prod(point.share for point in row)) for row in itertools.product(*stocks)]
    drawn = Counter(zip(*(_drawn(stock, number) for number, stock in enumerate(stocks)), strict=True))
    return [(row, times / _DRAWS) for row, times in drawn.items()]


def _drawn(stock: Sequence[Point], seed: int) -> list[Point]:
    """Equally likely points."""
    total = sum(point.share for point in stock)
    drawn: list[Point] = []
    reached = 0.0
    for point in stock:
        reached += point.share
        while len(drawn) < _DRAWS and (len(drawn) + 0.5) / _DRAWS * total <= reached:
            drawn.append(point)
    drawn += [stock[-1]] * (_DRAWS - len(drawn))
    random.Random(seed).shuffle(drawn)  # noqa: S311 - the same each time
    return drawn


# -- between two bounds -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scale:
    """Bounds as whole numbers of a unit that all values share: multiples of ten, whole days."""

    kind: str
    unit: Decimal
    grid: int
    bounds: tuple[int, ...]

    @staticmethod
    def of(column: Column) -> _Scale | None:
        """None where nothing is known between the bounds."""
        try:
            values = [number(text, column.base_type) for text in column.bounds]
        except (ValueError, InvalidOperation, OverflowError):
            return None
        if len(values) < 2 or any(value is None or not value.is_finite() for value in values):
            return None
        exponent = min([int(value.as_tuple().exponent) for value in values if value is not None] + [0])
        unit = Decimal(1).scaleb(exponent)
        whole = tuple(int(value / unit) for value in values if value is not None)
        span = whole[-1] - whole[0]
        grid = math.gcd(*(number - whole[0] for number in whole)) or 1
        if span > _WIDEST:
            return None
        distance = span / max(column.distinct - len(column.common), 1.0)
        if grid > 1.5 * distance:  # the bounds happen to be in step: the values are closer than that
            grid = max(1, int(distance))
        return _Scale(column.base_type, unit, grid, whole)

    def text(self, value: float) -> str:
        steps = int((value - self.bounds[0]) // self.grid)
        return _text(Decimal(self.bounds[0] + steps * self.grid) * self.unit, self.kind)


def number(text: str, base_type: str) -> Decimal | None:
    """A value on a scale: numbers as they are, days since a day, microseconds since a moment; None for other types."""
    if base_type in _NUMBERS:
        return Decimal(text)
    if base_type == "date":
        return Decimal((date.fromisoformat(text) - _DAY_ONE).days)
    if base_type in _TIMES:
        moment = datetime.fromisoformat(text)
        return Decimal(((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND)
    return None


def _text(value: Decimal, base_type: str) -> str:
    if base_type == "date":
        return (_DAY_ONE + timedelta(days=int(value))).isoformat()
    if base_type in _TIMES:
        moment = _EPOCH + int(value) * _MICROSECOND
        return moment.isoformat(" ") if base_type == _TIMES[1] else moment.replace(tzinfo=None).isoformat(" ")
    return format(value, "f")
