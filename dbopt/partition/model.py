"""Partition sets as they are on a server. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cached_property

from dbopt.partition import grid as grids
from dbopt.partition.bound import Bound, Default, Edge, Range, Value
from dbopt.partition.grid import Grid, Span
from dbopt.partition.interval import Interval
from dbopt.partition.key import Infinity, Kind, position
from dbopt.postgres.identifiers import qualified

NEGATIVE, POSITIVE = -(2**127), 2**127
"""Positions before and after every value."""


@dataclass(frozen=True)
class Name:
    schema: str
    name: str

    def __str__(self) -> str:
        return qualified(self.schema, self.name)


@dataclass(frozen=True)
class Partition:
    """`rows` is the planner's estimate, None if never analysed; `bytes` with its indexes and TOAST. `detach_pending`
    says that a DETACH CONCURRENTLY of it was interrupted.
    """

    name: Name
    bound: Bound
    bound_sql: str
    rows: int | None
    bytes: int
    is_partitioned: bool = False
    is_foreign: bool = False
    detach_pending: bool = False


@dataclass(frozen=True)
class KeyColumn:
    """A column of a partition key; `name` is None for an expression."""

    name: str | None
    expression: str
    type: str
    not_null: bool = False


@dataclass(frozen=True)
class Partman:
    """What pg_partman keeps of a set: its row in part_config."""

    interval: str
    premake: int
    epoch: str
    maintained: bool
    template: str | None
    datetime_string: str | None
    retention: str | None


@dataclass(frozen=True)
class PartitionSet:
    """A partitioned table with its partitions, those with the lowest bound first, the default last. `parent` is the
    table whose partition it is itself. `zone` is the server's time zone, in which its bounds may have been chosen.
    """

    table: Name
    strategy: str  # range, list, hash
    key: tuple[KeyColumn, ...]
    partitions: tuple[Partition, ...]
    parent: Name | None = None
    partman: Partman | None = None
    zone: tzinfo = UTC

    @property
    def default(self) -> Partition | None:
        return next((one for one in self.partitions if isinstance(one.bound, Default)), None)

    @property
    def others(self) -> tuple[Partition, ...]:
        """All but the default."""
        return tuple(one for one in self.partitions if not isinstance(one.bound, Default))

    def spans(self, kind: Kind) -> tuple[tuple[Span, Partition], ...]:
        """What each partition of a set by range takes, in order; those whose bounds are no positions are left out."""
        found = ((span_of(one.bound, kind), one) for one in self.others)
        return tuple(sorted(((span, one) for span, one in found if span is not None), key=lambda pair: pair[0]))

    def grid(self, kind: Kind, step: Interval | int | None = None) -> Grid | None:
        """How its bounds go on: by the step that is given, else as the newest do. None where that cannot be told."""
        bounded = [span for span, _ in self.spans(kind) if span[0] > NEGATIVE and span[1] < POSITIVE]
        zones = (UTC, self.zone) if kind is Kind.TIMESTAMPTZ else (UTC,)
        found = grids.inferred(kind, bounded, zones)
        if step is None or (found is not None and found.step == step):
            return found
        return Grid(kind, step, UTC)

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(one.name.name for one in self.partitions)


def span_of(bound: Bound, kind: Kind) -> Span | None:
    """The positions that a range takes, by the first column of its key; None for a bound that is none."""
    if not isinstance(bound, Range):
        return None
    lower, upper = _position(bound.lower[0], kind), _position(bound.upper[0], kind)
    if lower is None or upper is None or any(value is not Edge.MINVALUE for value in bound.lower[1:] + bound.upper[1:]):
        return None
    return lower, upper


def gaps(spans: tuple[Span, ...], start: int, end: int) -> list[Span]:
    """What no span takes between two positions. Spans come in order and do not overlap."""
    found, reached = [], start
    for lower, upper in spans:
        if lower > reached and reached < end:
            found.append((reached, min(lower, end)))
        reached = max(reached, upper)
    if reached < end:
        found.append((reached, end))
    return found


def _position(value: Value, kind: Kind) -> int | None:
    if isinstance(value, Edge):
        return NEGATIVE if value is Edge.MINVALUE else POSITIVE
    found = None if value is None else position(kind, value)
    if isinstance(found, Infinity):
        return NEGATIVE + 1 if found.sign < 0 else POSITIVE - 1
    return found
