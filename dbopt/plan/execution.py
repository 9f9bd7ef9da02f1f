"""EXPLAIN of one statement under the safety rules: planned first, and run only when the plan shows that it may be."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dbopt.errors import ServerError, StatementTimeout, UnsafeStatement
from dbopt.plan import hidden_calls
from dbopt.plan.safety import require_plannable, require_query, what_it_changes
from dbopt.plan.tree import Plan, parse
from dbopt.postgres.identifiers import SQL, Composable, Identifier
from dbopt.postgres.session import Session
from dbopt.workload import parameter_types
from dbopt.workload.lexer import parameter_numbers
from dbopt.workload.model import Statement

Values = tuple[str | None, ...]

_prepared_numbers = itertools.count(1)


@dataclass(frozen=True)
class Limits:
    """What a run of workload statements may do. `settings` are set for the transaction alone."""

    timeout_ms: float = 60_000
    allow_dml: bool = False
    settings: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Planned:
    """A statement that was planned and not run. `raw` is EXPLAIN's JSON. `generic`: planned for unknown values.
    `changes` says what it would do to data, None if nothing that shows in the plan.
    """

    statement: Statement
    raw: Any
    plan: Plan
    generic: bool
    changes: str | None


def plan(session: Session, statement: Statement, limits: Limits) -> Planned:
    """Plan with the first parameter set, or generically where there is none. A statement that lacks the types which a
    driver declared for its parameters gets casts. Raises UnsafeStatement for a utility statement, StatementTimeout, and
    QueryFailed with the server's reason.
    """
    require_plannable(statement.sql, truncated=statement.truncated)
    try:
        return _planned(session, statement, limits)
    except ServerError as error:
        if not parameter_types.lacks_type(error):
            raise
        mended = parameter_types.typed(session, statement)
        if mended is statement:
            raise
    return _planned(session, mended, limits)


def _planned(session: Session, statement: Statement, limits: Limits) -> Planned:
    generic = bool(parameter_numbers(statement.sql)) and not statement.parameters
    with _block(session, limits, read_only=True):
        if generic:
            raw = _planned_generically(session, statement.sql)
        else:
            raw = _explain(session, statement.sql, statement.first_values, _OPTIONS)
    tree = parse(raw)
    return Planned(statement, raw, tree, generic, what_it_changes(tree))


def require_runnable(session: Session, planned: Planned, limits: Limits) -> None:
    """Raise UnsafeStatement, with the reason, where the statement must not or cannot be run."""
    require_query(planned.statement.sql)
    if planned.generic:
        raise UnsafeStatement(
            "not run: there are no values for its parameters",
            hint="capture it with values: dbopt capture sql -d ..., or `-- params:` in its file",
        )
    if planned.changes and not limits.allow_dml:
        raise UnsafeStatement(f"not run: {planned.changes}", hint="--allow-dml runs it and rolls it back")
    sets = planned.statement.parameters or ((),)
    values = [value for parameter_set in sets for value in parameter_set]
    hidden_calls.refuse(session, planned.statement.sql, values, planned.plan, writes=planned.changes is not None)


def run(session: Session, planned: Planned, values: Values, limits: Limits, *, timing: bool = True) -> Any:
    """Run a statement that passed `require_runnable` and return EXPLAIN ANALYZE's JSON; nothing of it stays. Without
    `timing` the clock is read only at the start and the end, which leaves the time undistorted. Raises StatementTimeout
    and QueryFailed.
    """
    options = (
        f"ANALYZE, TIMING {'ON' if timing else 'OFF'}, BUFFERS, WAL {'ON' if planned.changes else 'OFF'}, {_OPTIONS}"
    )
    with _block(session, limits, read_only=planned.changes is None):
        return _explain(session, planned.statement.sql, values, options)


def reason(error: ServerError, limits: Limits) -> str:
    """The error as it stands in a result: one line."""
    if isinstance(error, StatementTimeout):
        return f"timeout after {_duration(limits.timeout_ms)}"
    return error.message


_OPTIONS = "VERBOSE, SETTINGS, FORMAT JSON"


@contextmanager
def _block(session: Session, limits: Limits, *, read_only: bool) -> Iterator[None]:
    timeout_ms = max(1, round(limits.timeout_ms)) if limits.timeout_ms else 0
    with session.rolled_back(read_only=read_only, statement_timeout_ms=timeout_ms):
        for name, value in (limits.settings or {}).items():
            session.rows("plan/set_local", name=name, value=value)
        yield


def _explain(session: Session, sql: str, values: Sequence[str | None], options: str) -> Any:
    return _json(session.fetch_workload(sql, values, prefix=f"EXPLAIN ({options}) "))


def _planned_generically(session: Session, sql: str) -> Any:
    """The plan for unknown values. PREPARE goes through the extended protocol and so refuses a second statement, as
    EXPLAIN (GENERIC_PLAN), which only the simple protocol takes without values, would not.
    """
    name = Identifier(f"dbopt_generic_{next(_prepared_numbers)}")
    session.rows("plan/set_local", name="plan_cache_mode", value="force_generic_plan")
    session.fetch_workload(sql, prefix=f"PREPARE {name.as_string(None)} AS ")
    try:
        with session.savepoint():  # after an error, the transaction must still take the DEALLOCATE
            return _json(session.fetch(_generic_explain(session, sql, name)))
    finally:
        session.execute(SQL("DEALLOCATE {}").format(name))  # no rollback undoes a PREPARE


def _generic_explain(session: Session, sql: str, name: Identifier) -> Composable:
    """Before PostgreSQL 16 the prepared statement is explained. Bound to NULLs, it loses the partitions that these do
    not match; its cost is the generic one.
    """
    if session.major >= 16:
        return SQL(f"EXPLAIN (GENERIC_PLAN, {_OPTIONS}) {sql}")
    nulls = SQL(", ").join([SQL("NULL")] * max(parameter_numbers(sql)))
    return SQL("EXPLAIN ({}) EXECUTE {} ({})").format(SQL(_OPTIONS), name, nulls)


def _json(rows: list[dict[str, Any]]) -> Any:
    return rows[0]["QUERY PLAN"]


def _duration(milliseconds: float) -> str:
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"
