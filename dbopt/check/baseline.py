"""The baseline: what the plans of a workload were when somebody accepted them. The file format dbopt.baseline/1, made
for git: sorted, no times, nothing that two runs on the same snapshot write differently.

An observation of the present is a baseline too, so the gate compares two of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from typing import ClassVar

from dbopt.check.facts import Facts

Key = tuple[str, str | None, str]
"""Fingerprint, name and text of a statement, its lines joined by a newline."""


@dataclass(frozen=True)
class Planner:
    """Who planned: the planner's major version, the version of the server whose statistics it used, and the planner
    settings that differ from PostgreSQL's defaults.
    """

    major: int
    source_version: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def source_major(self) -> int:
        return int("".join(takewhile(str.isdecimal, self.source_version)))


@dataclass(frozen=True)
class TableFacts:
    """What the planner knew of a table that the workload reads; partitions count for their topmost table. `rows` and
    `blocks` (of 8 kB) are sums over partitions, `analysed_blocks` those that it had at the last VACUUM or ANALYZE.
    `knowledge` names what else estimates rest on: extended statistics, unique indexes, foreign keys, statistics of
    expressions. `columns` are those with statistics.
    """

    name: str
    rows: float
    blocks: int
    partitions: int
    analysed_blocks: int = 0
    columns: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """A run of the statement on a database with data, summed over its parameter sets: rows it returned, blocks (of
    8 kB) it found in the cache or read, and blocks it wrote to temporary files.
    """

    rows: float
    blocks: float
    temp_blocks: float


@dataclass(frozen=True)
class Failed:
    """Why a run on data failed; `in_time` is False where it was ended at its time limit."""

    reason: str
    in_time: bool = True


@dataclass(frozen=True)
class Expected:
    """One statement as it was planned: a plan for each parameter set, one where it has none; equal ones in a row stand
    there once. `error` is why it could not be planned, and then there is no plan. `not_run` is why it failed where it
    was run on data; a statement that must not be run has neither that nor `measured`. `sql` are lines.
    """

    id: str
    name: str | None
    sql: tuple[str, ...]
    error: str | None = None
    plans: tuple[Facts, ...] = ()
    measured: Measured | None = None
    not_run: Failed | None = None

    @property
    def label(self) -> str:
        return self.name or self.id

    @property
    def key(self) -> Key:
        """What tells it from all others of its side: names and fingerprints may be shared."""
        return self.id, self.name, self.text

    @property
    def text(self) -> str:
        return "\n".join(self.sql)

    @property
    def by_set(self) -> tuple[Facts, ...]:
        """The plan of each parameter set."""
        return tuple(plan for plan in self.plans for _ in range(plan.sets))

    @property
    def cost(self) -> float | None:
        """The mean over the parameter sets; None without a plan."""
        plans = self.by_set
        return sum(plan.cost for plan in plans) / len(plans) if plans else None

    @property
    def shape(self) -> str | None:
        """The shape of the plan; of all parameter sets where they differ."""
        return " | ".join(dict.fromkeys(plan.shape for plan in self.plans)) or None

    @property
    def outline(self) -> tuple[str, ...]:
        """The plan trees of all parameter sets that differ, one after the other."""
        different = dict.fromkeys(plan.outline for plan in self.plans)
        return tuple(line for outline in different for line in outline)

    @property
    def relations(self) -> frozenset[str]:
        """The tables that the plans read."""
        return frozenset(read.relation for plan in self.plans for read in plan.reads)


@dataclass(frozen=True)
class Baseline:
    SCHEMA: ClassVar[str] = "dbopt.baseline/1"
    WRITTEN_BY: ClassVar[str] = "dbopt check --baseline FILE --update"

    planner: Planner
    tables: tuple[TableFacts, ...]
    statements: tuple[Expected, ...]

    @cached_property
    def by_table(self) -> dict[str, TableFacts]:
        return {table.name: table for table in self.tables}
