"""The file format dbopt.advice/1: which indexes to create and to drop, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class StatementCost:
    """What an index does to one statement: the planner's total cost without and with it."""

    id: str
    cost_before: float
    cost_after: float


@dataclass(frozen=True)
class Alternative:
    """An index that could do the same work, and what spoke against it."""

    columns: tuple[str, ...]
    include: tuple[str, ...]
    access_method: str
    predicate: str
    size_bytes: int
    reason: str


@dataclass(frozen=True)
class CreateAdvice:
    """An index to create. Sizes are estimates; `cost_saved` and `write_cost` are planner cost times weight. `build_ms`
    is about how long CREATE INDEX CONCURRENTLY takes, None where the table's size is not known; `plan_change` what
    happens in the plan of the statement that gains most, the first of `statements`.
    """

    sql: str
    undo_sql: str
    table: str
    access_method: str
    columns: tuple[str, ...]
    include: tuple[str, ...]
    predicate: str
    size_bytes: int
    cost_saved: float
    write_cost: float
    statements: tuple[StatementCost, ...]
    reason: str
    build_ms: float | None = None
    plan_change: str = ""
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True)
class DropAdvice:
    """An index to drop. `kind` is duplicate, redundant, unused or invalid. `write_cost` is what its upkeep costs the
    workload's writes, planner cost times weight; `after` names the new index that must be there first, or is empty.
    """

    index: str
    sql: str
    undo_sql: str
    size_bytes: int
    reason: str
    kind: str
    write_cost: float = 0.0
    after: str = ""


@dataclass(frozen=True)
class Affected:
    """A statement that a change other than an index concerns; costs are None where the planner cannot judge it."""

    id: str
    cost_before: float | None
    cost_after: float | None


@dataclass(frozen=True)
class Maintain:
    """What would help besides indexes. `kind` is statistics, statistics-target, analyze, vacuum, fillfactor or reindex.
    `cost_*` are sums over `statements` of planner cost times weight, None where the planner cannot judge it; `undo_sql`
    is empty where there is nothing to undo.
    """

    sql: str
    undo_sql: str
    table: str
    kind: str
    reason: str
    cost_before: float | None = None
    cost_after: float | None = None
    statements: tuple[Affected, ...] = ()


@dataclass(frozen=True)
class NotAdvised:
    """A statement without advice."""

    id: str
    reason: str


@dataclass(frozen=True)
class ConfirmedIndex:
    """What the server's planner makes of an index to create: whether some plan reads it (None: HypoPG cannot try it),
    and what the statements that do cost there without and with it, times weight. `note` says where that differs from
    the advice.
    """

    index: str
    taken: bool | None
    cost_before: float | None
    cost_after: float | None
    note: str


@dataclass(frozen=True)
class Confirmed:
    """The advice as the server's own planner sees it; `indexes` in the order of `create`. `failed` are statements that
    do not plan there, which the sums leave out.
    """

    cost_before: float
    cost_after: float
    indexes: tuple[ConfirmedIndex, ...]
    server_version: str
    planner_calls: int
    failed: tuple[NotAdvised, ...]


@dataclass(frozen=True)
class Advice:
    """`cost_*` are sums over the workload of planner cost times weight; `storage_bytes` is what the indexes to create
    take together. `elapsed_ms` is None unless it was asked for: the same input gives the same bytes; and `confirmed`.
    `freed_*` is what the drops give back.
    No set of the candidates and merged indexes within the budget brings `cost_after`, with the write costs of what is
    created, below `cost_bound`.
    """

    SCHEMA: ClassVar[str] = "dbopt.advice/1"
    WRITTEN_BY: ClassVar[str] = "dbopt suggest -o advice.json"

    what_if: str
    server_version: str
    snapshot: str | None
    budget_bytes: int | None
    planner_calls: int
    elapsed_ms: float | None
    cost_before: float
    cost_after: float
    storage_bytes: int
    create: tuple[CreateAdvice, ...]
    drop: tuple[DropAdvice, ...]
    not_advised: tuple[NotAdvised, ...]
    freed_bytes: int = 0
    freed_write_cost: float = 0.0
    maintain: tuple[Maintain, ...] = ()
    confirmed: Confirmed | None = None
    cost_bound: float | None = None
