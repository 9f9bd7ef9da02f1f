"""Where the bounds would stand: the interval, and the partitions with their rows. Pure.

The PostgreSQL documentation (Table Partitioning, Best Practices for Declarative Partitioning) asks for partitions that
are neither so large that little is won nor so many that planning takes long and much memory. So: the longest interval
that makes at least LEAST_PARTITIONS of the rows that are kept, none larger than LARGEST_BYTES; where there is none, the
shortest that makes no more than MOST_PARTITIONS of them. A shorter one is tried as well, where its partitions are not
tiny, and taken where the statements cost noticeably less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise

from dbopt.errors import UsageError
from dbopt.partition import grid as grids
from dbopt.partition.grid import Grid
from dbopt.partition.interval import Interval, microseconds_of, moment_of
from dbopt.partition.key import literal
from dbopt.partition.settings import PREMAKE
from dbopt.partition.suggest.spread import Cut, Spread, Statistics
from dbopt.postgres.identifiers import literal as written

LEAST_PARTITIONS = 10
MOST_PARTITIONS = 200
MOST_IN_ALL = 500
LARGEST_BYTES = 10 * 2**30
_TIMES = (
    Interval(12),
    Interval(3),
    Interval(1),
    Interval(days=7),
    Interval(days=1),
    Interval(microseconds=3_600 * 10**6),
)
_MOST_VALUES = 50
_FEWEST_HASHED = 8


@dataclass(frozen=True)
class Part:
    """A partition: the end of its CREATE TABLE, and the statistics of the key in it. `is_copy`: they are those of the
    whole table, for a partition by hash.
    """

    bound: str
    cut: Cut
    is_copy: bool = False


@dataclass(frozen=True)
class Layout:
    """`step` is of a range, `kept` counts partitions that the retention leaves, `filled` those that it fills in the
    long run; `ahead` are the empty ones at the end, `expired` is the share of rows that the retention leaves not.
    """

    control: str
    strategy: str
    parts: tuple[Part, ...]
    kind: str | None = None
    step: Interval | int | None = None
    ahead: int = 0
    kept: int = 0
    filled: int = 0
    expired: float = 0.0
    null_fraction: float = 0.0
    next_step: Interval | int | None = None  # the next shorter one that does not make too many

    @property
    def all_parts(self) -> tuple[Part, ...]:
        """With the default one, which conversion makes of a range; of a list where the key is NULL in some rows."""
        with_default = self.strategy == "range" or self.has_nulls
        return (*self.parts, Part("DEFAULT", Cut(self.null_fraction))) if with_default else self.parts

    @property
    def has_nulls(self) -> bool:
        """Rows without a key, which a partition by hash takes as any other."""
        return self.null_fraction > 0 and self.strategy != "hash"

    @property
    def full(self) -> int:
        """How many hold the rows of today."""
        return len(self.parts) - self.ahead

    @property
    def largest(self) -> float:
        return max(part.cut.share for part in self.parts)

    @property
    def needs_default(self) -> bool:
        """Whether rows would find no partition: those whose key is NULL, or, of a list, another value."""
        return self.has_nulls or self.strategy == "list"


# -- by range ---------------------------------------------------------------------------------------------------------


def by_range(
    control: str, spread: Spread, table_bytes: int, *, keep: Interval | None = None, step: Interval | int | None = None
) -> Layout | None:
    """The partitions by range; None where all values lie so close together that there would be one. `step` is the
    interval that was asked for. Raises UsageError for one that does not go with the key, or makes too many.
    """
    start = _kept_from(spread, keep)
    if step is None:
        step = _chosen(spread, start, table_bytes)
    else:
        grids.check(Grid(spread.kind, step))
        if _count(Grid(spread.kind, step), spread.first, spread.last) > MOST_IN_ALL:
            raise UsageError(
                f"--interval {step} would make more than {MOST_IN_ALL} partitions of {control}",
                hint="a longer one, or none for a proposal",
            )
    if step is None:
        return None
    grid = Grid(spread.kind, step)
    lower = grid.floor(spread.first)
    full = list(_lowers(grid, lower, spread.last))
    edges = [*full, *(grid.following(full[-1], times) for times in range(1, PREMAKE + 2))]
    parts = tuple(Part(_range(spread, low, high), spread.cut(low, high)) for low, high in pairwise(edges))
    kept = sum(high > start for high in edges[1 : len(full) + 1])
    expired = spread.share(spread.first, start)
    filled = _count(grid, _before(spread.last, keep), spread.last) if _is_kept(spread, keep) else len(full)
    made = Layout(control, "range", parts, spread.kind, step, PREMAKE, kept, filled, expired, spread.null_fraction)
    return replace(made, next_step=_finer(made, spread))


def _finer(layout: Layout, spread: Spread) -> Interval | int | None:
    """The next shorter interval, with which there are not too many partitions; None where there is none."""
    steps = list(_steps(spread))
    if layout.step is None or layout.step not in steps[:-1]:
        return None
    shorter = steps[steps.index(layout.step) + 1]
    factor = _size(layout.step) / _size(shorter)
    within = max(layout.kept, layout.filled) * factor <= MOST_PARTITIONS and layout.full * factor <= MOST_IN_ALL
    return shorter if within else None


def _size(step: Interval | int) -> int:
    return step if isinstance(step, int) else step.approximate_us


def _range(spread: Spread, low: int, high: int) -> str:
    lower, upper = (written(literal(spread.kind, place)) for place in (low, high))
    return f"FOR VALUES FROM ({lower}) TO ({upper})"


def _lowers(grid: Grid, lower: int, last: int) -> Iterator[int]:
    times = 0
    position = lower
    while position <= last:
        yield position
        times += 1
        position = grid.following(lower, times)


def _kept_from(spread: Spread, keep: Interval | None) -> int:
    """The position before which rows have expired: counted from the newest."""
    return max(spread.first, _before(spread.last, keep)) if _is_kept(spread, keep) else spread.first


def _is_kept(spread: Spread, keep: Interval | None) -> bool:
    return keep is not None and spread.kind.is_time


def _before(position: int, keep: Interval | None) -> int:
    """The position so much earlier, or the first of the calendar."""
    try:
        return position if keep is None else microseconds_of(keep.after(moment_of(position), -1))
    except OverflowError:
        return microseconds_of(datetime(1, 1, 2, tzinfo=UTC))


def _chosen(spread: Spread, start: int, table_bytes: int) -> Interval | int | None:
    finest: Interval | int | None = None
    for step in _steps(spread):
        grid = Grid(spread.kind, step)
        number = _count(grid, start, spread.last)
        if number > MOST_PARTITIONS or _count(grid, spread.first, spread.last) > MOST_IN_ALL:
            break
        if number < 2:
            continue
        finest = step
        if number >= LEAST_PARTITIONS and _largest(grid, spread) * table_bytes <= LARGEST_BYTES:
            break
    return finest


def _steps(spread: Spread) -> Iterator[Interval | int]:
    """The longest first."""
    if spread.kind.is_time:
        yield from _TIMES
        return
    for exponent in range(len(str(max(spread.last - spread.first, 1))), -1, -1):
        yield from (digit * 10**exponent for digit in (5, 2, 1))


def _count(grid: Grid, first: int, last: int) -> int:
    """How many partitions there are from one position to another, or one more than are allowed in all."""
    step = grid.step if isinstance(grid.step, int) else grid.step.approximate_us
    if (last - first) // step > 2 * MOST_IN_ALL:
        return MOST_IN_ALL + 1
    return sum(1 for _ in _lowers(grid, grid.floor(first), last))


def _largest(grid: Grid, spread: Spread) -> float:
    lowers = list(_lowers(grid, grid.floor(spread.first), spread.last))
    return max(spread.share(low, grid.following(low)) for low in lowers)


# -- by list and hash -------------------------------------------------------------------------------------------------


def by_list(statistics: Statistics) -> Layout | None:
    """A partition for each value; None where there are many, or they are not all known."""
    values = statistics.common
    if not 2 <= len(values) <= _MOST_VALUES or statistics.n_distinct != len(values):
        return None
    shares = zip(values, statistics.frequencies, strict=True)
    parts = tuple(
        Part(f"FOR VALUES IN ({written(value)})", Cut(share, (value,), (1.0,), (), 1.0)) for value, share in shares
    )
    return Layout(
        statistics.column, "list", parts, kept=len(parts), filled=len(parts), null_fraction=statistics.null_fraction
    )


def by_hash(statistics: Statistics, table_bytes: int) -> Layout | None:
    """A power of two of partitions, none larger than LARGEST_BYTES, where no value fills one; None where one does."""
    modulus = _FEWEST_HASHED
    while modulus * LARGEST_BYTES < table_bytes and modulus * 2 <= MOST_PARTITIONS:
        modulus *= 2
    distinct = statistics.n_distinct
    if 0 <= distinct < 10 * modulus or max(statistics.frequencies, default=0.0) > 0.5 / modulus:
        return None
    share = (1 - statistics.null_fraction) / modulus
    parts = tuple(
        Part(f"FOR VALUES WITH (MODULUS {modulus}, REMAINDER {number})", Cut(share, n_distinct=distinct), is_copy=True)
        for number in range(modulus)
    )
    return Layout(
        statistics.column, "hash", parts, kept=modulus, filled=modulus, null_fraction=statistics.null_fraction
    )
