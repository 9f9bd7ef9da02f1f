"""Plans of statements, of one or of a whole workload. The file format dbopt.plans/1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.plan import execution
from dbopt.plan.execution import Limits, Planned
from dbopt.plan.findings.model import Finding
from dbopt.plan.names import Parents
from dbopt.plan.shape import shape
from dbopt.plan.tree import Plan, parse
from dbopt.postgres.session import Session
from dbopt.workload.model import Statement, Workload


@dataclass(frozen=True)
class Explained:
    """The plan of one statement. `plan` is EXPLAIN's JSON as the server gave it, None where the statement does not
    plan; `cost` the planner's total cost. `executed` says that the plan has times and rows. `error` is why it could not
    be planned or run, `hint` what helps; `note` what else there is to know, such as that it was planned generically.
    `findings` are what is wrong with the plan, the gravest first (`dbopt.plan.findings.observe` puts them in).
    """

    id: str
    name: str | None
    sql: str
    plan: Any
    shape: str | None
    cost: float | None
    executed: bool
    error: str | None
    note: str | None
    hint: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def label(self) -> str:
        return self.name or self.id

    @property
    def tree(self) -> Plan | None:
        return None if self.plan is None else parse(self.plan)


@dataclass(frozen=True)
class Plans:
    """`settings` are those that decide about plans and differ from PostgreSQL's defaults."""

    SCHEMA: ClassVar[str] = "dbopt.plans/1"
    WRITTEN_BY: ClassVar[str] = "dbopt explain -o plans.json"

    server_version: str
    settings: dict[str, str]
    statements: tuple[Explained, ...]


def explain(
    session: Session,
    statement: Statement,
    *,
    analyze: bool = False,
    allow_dml: bool = False,
    timeout_ms: float = 60_000,
    settings: Mapping[str, str] | None = None,
    parents: Parents | None = None,
) -> Explained:
    """Plan a statement, with its first parameter set or generically, and with `analyze` run it too, under the safety
    rules; nothing of it stays. `settings` are planner settings for this plan alone. `parents` are partitions, for the
    shape (`partitions`). A statement that fails is a result with an error; raises ConnectionFailed alone.
    """
    limits = Limits(timeout_ms, allow_dml, settings)
    try:
        planned = execution.plan(session, statement, limits)
    except ServerError as error:
        return _failed(statement, error, limits)
    return _explained(session, planned, limits, parents, analyze=analyze)


def explain_workload(
    session: Session,
    workload: Workload,
    *,
    analyze: bool = False,
    allow_dml: bool = False,
    timeout_ms: float = 60_000,
    settings: Mapping[str, str] | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> Plans:
    """Explain every statement; one that fails does not stop the others. `on_progress` is told how many of how many are
    done and what comes next. Raises ConnectionFailed.
    """
    parents = partitions(session)
    done = []
    for number, statement in enumerate(workload.statements):
        if on_progress:
            on_progress(number, len(workload.statements), statement.label)
        explained = explain(
            session,
            statement,
            analyze=analyze,
            allow_dml=allow_dml,
            timeout_ms=timeout_ms,
            settings=settings,
            parents=parents,
        )
        done.append(explained)
    return Plans(session.server_version, planner_settings(session), tuple(done))


def partitions(session: Session) -> Parents:
    """The topmost table above every partition, and the topmost index above its indexes."""
    return {
        (row["schema"], row["name"]): (row["root_schema"], row["root_name"]) for row in session.rows("plan/partitions")
    }


def planner_settings(session: Session) -> dict[str, str]:
    """The settings that decide about plans and differ from PostgreSQL's defaults."""
    return {row["name"]: row["value"] for row in session.rows("plan/settings")}


def _explained(
    session: Session, planned: Planned, limits: Limits, parents: Parents | None, *, analyze: bool
) -> Explained:
    explained = _result(planned.statement, planned.raw, parents)
    if planned.generic:
        return replace(explained, note="planned generically: there are no values for its parameters")
    if not analyze:
        return explained
    if planned.changes and not limits.allow_dml:
        return replace(explained, note=f"planned, not run: {planned.changes}", hint="--allow-dml runs it")
    try:
        execution.require_runnable(session, planned, limits)
        raw = execution.run(session, planned, planned.statement.first_values, limits)
    except ServerError as failure:
        return replace(explained, error=_reason(failure, limits), hint=failure.hint)
    note = "run and rolled back; values it took from sequences are used up" if planned.changes else None
    return replace(_result(planned.statement, raw, parents), executed=True, note=note)


def _result(statement: Statement, raw: Any, parents: Parents | None) -> Explained:
    tree = parse(raw)
    return Explained(
        statement.id, statement.name, statement.sql, raw, shape(tree, parents), tree.cost, False, None, None
    )


def _failed(statement: Statement, error: ServerError, limits: Limits) -> Explained:
    reason = _reason(error, limits)
    return Explained(statement.id, statement.name, statement.sql, None, None, None, False, reason, None, error.hint)


def _reason(error: ServerError, limits: Limits) -> str:
    if isinstance(error, ConnectionFailed):
        raise error
    return execution.reason(error, limits)
