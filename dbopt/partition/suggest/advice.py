"""Advice on partitioning: the file format dbopt.partition_advice/1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class StatementChange:
    """A statement that touches the table, planned with its values on the table as it is and on the partitioned one.
    Costs are the planner's, means over the parameter sets. `change` is faster, slower, same, fails (`error` says why:
    it could not be run any more) or unknown (no values of its parameters are known). `partitions_scanned` are those
    that the plan reads, the most of all sets, None where that is not known; `prunes`: not all.
    """

    id: str
    name: str | None
    calls: int | None
    cost_before: float
    cost_after: float | None
    partitions_scanned: int | None
    prunes: bool
    change: str
    error: str | None = None


@dataclass(frozen=True)
class Obstacle:
    """What a partitioned table cannot have as it is, and what to do about it. `kind` is primary key, unique constraint,
    unique index, exclusion constraint, foreign key (of another table, to this one), nullable column, identity column,
    generated column, trigger, rule, unlogged or statistics.
    """

    kind: str
    name: str
    columns: tuple[str, ...]
    remedy: str


@dataclass(frozen=True)
class Retention:
    """The wish that old rows go. `keep` is an interval, None where only the workload's DELETE statements tell of it;
    `source` is --keep, archive or workload. `expired_rows` are older than that now. `deleted_rows` are those that the
    workload's DELETE statements removed by the key alone, in `delete_calls` calls; None where that was not counted.
    """

    keep: str | None
    source: str
    expired_rows: int
    deleted_rows: int | None
    delete_calls: int


@dataclass(frozen=True)
class Proposal:
    """A way to partition that was tried. `key` is what the values of `control` are, for a strategy of range; `interval`
    is one of time or a number of values, `modulus` the number of partitions by hash. `partitions` hold the rows of
    today, `partitions_ahead` are empty; `partitions_kept` are those of today that the retention leaves, and
    `partitions_expected` those that there will be in all: as many as the retention fills, else those of today;
    `partitions_tried` those of the trial, with the default one. Costs are sums over the statements, weighted by calls,
    those that fail or are unknown left out; `faster` and so on count statements.
    """

    control: str
    strategy: str
    key: str | None
    interval: str | None
    modulus: int | None
    partitions: int
    partitions_ahead: int
    partitions_kept: int
    partitions_expected: int
    partitions_tried: int
    needs_default: bool
    average_rows: int
    average_bytes: int
    largest_bytes: int
    cost_before: float
    cost_after: float
    pruning: int
    faster: int
    slower: int
    failing: int
    unknown: int
    statements: tuple[StatementChange, ...]


@dataclass(frozen=True)
class Tried:
    """Another key in short. `strategy` is None for a column that is out whatever the strategy."""

    control: str
    strategy: str | None
    interval: str | None
    cost_after: float | None
    reason: str


@dataclass(frozen=True)
class TableAdvice:
    """`verdict` is yes or no. `why` is one word for it: retention, pruning; partitioned, partition, inheritance, small,
    unknown, no_key, key_updated, no_pruning, no_gain. `reason` is a sentence. `proposal` is the best that was tried,
    also where the verdict is no.
    """

    table: str
    rows: int
    bytes: int
    verdict: str
    why: str
    reason: str
    command: str | None = None
    proposal: Proposal | None = None
    retention: Retention | None = None
    obstacles: tuple[Obstacle, ...] = ()
    others: tuple[Tried, ...] = ()


@dataclass(frozen=True)
class NotPlanned:
    """A statement that does not plan on the table as it is, and is left out."""

    id: str
    reason: str


@dataclass(frozen=True)
class PartitionAdvice:
    """Those to partition come first, the largest of them before the others."""

    SCHEMA: ClassVar[str] = "dbopt.partition_advice/1"
    WRITTEN_BY: ClassVar[str] = "dbopt partition suggest WORKLOAD -o advice.json"

    server_version: str
    snapshot: str | None
    min_size_bytes: int
    planner_calls: int
    tables: tuple[TableAdvice, ...]
    not_planned: tuple[NotPlanned, ...] = ()
