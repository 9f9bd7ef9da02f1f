"""The baseline: what the plans of a workload were when somebody accepted them. The file format dbopt.baseline/1, made
for git: sorted, no times, nothing that two runs on the same snapshot write differently.

An observation of the present is a baseline too, so the gate compares two of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from dbopt.check.facts import Facts


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
        return int(self.source_version.partition(".")[0])


@dataclass(frozen=True)
class TableFacts:
    """What the planner knew of a table that the workload reads; partitions count for their topmost table. `rows` and
    `blocks` (of 8 kB) are sums over partitions. `knowledge` names what else estimates rest on: extended statistics,
    unique indexes, foreign keys, statistics of expressions. `columns` are those with statistics.
    """

    name: str
    rows: float
    blocks: int
    partitions: int
    columns: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """A run of the statement on a database with data: rows it returned, blocks (of 8 kB) it touched, hit or read."""

    rows: float
    blocks: int


@dataclass(frozen=True)
class Expected:
    """One statement as it was planned; `error` is why it could not be, and then there is no plan. `sql` are lines."""

    id: str
    name: str | None
    sql: tuple[str, ...]
    error: str | None = None
    plan: Facts | None = None
    measured: Measured | None = None

    @property
    def label(self) -> str:
        return self.name or self.id

    @property
    def text(self) -> str:
        return "\n".join(self.sql)


@dataclass(frozen=True)
class Baseline:
    SCHEMA: ClassVar[str] = "dbopt.baseline/1"

    planner: Planner
    tables: tuple[TableFacts, ...]
    statements: tuple[Expected, ...]

    @cached_property
    def by_table(self) -> dict[str, TableFacts]:
        return {table.name: table for table in self.tables}
