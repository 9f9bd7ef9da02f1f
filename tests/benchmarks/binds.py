"""Binds in the log of an application with parameters of many types: how many give a statement that is planned.

The application (tests/workload/mixed_types.py) runs through psycopg's extended protocol on PostgreSQL 15 and 18 with
log_min_duration_statement = 0. Each bind that the log shows becomes a statement with these values. Counted is: what the
server plans as it stands in the log, what it plans after `dbopt.workload.parameter_types`, and for how many of these
the server takes the parameters to be of the types that the driver declared (where it declared none, of those that the
server inferred then): exactly, or of the same category (pg_type.typcategory: numbers, dates and times, network
addresses, ...), as where the driver declares a small number for a bigint, or a network for an inet. Which of those a
driver declared is nowhere in the log; whether it matters is told by the plan: counted is, too, how many statements get
the plan that the server makes with the driver's declarations, the same nodes and a cost within 1 %.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import psycopg

from dbopt.errors import ServerError
from dbopt.plan.explain import Explained, explain
from dbopt.plan.shape import shape
from dbopt.plan.tree import parse as parse_plan
from dbopt.postgres.identifiers import SQL, Literal
from dbopt.postgres.session import Session
from dbopt.workload.files import single
from dbopt.workload.logs.assemble import Assembler
from dbopt.workload.logs.detect import Format, reader
from dbopt.workload.logs.entries import Entry
from dbopt.workload.logs.messages import Kind, meaning
from dbopt.workload.logs.parameters import parse
from dbopt.workload.logs.processes import Process
from dbopt.workload.model import Statement
from dbopt.workload.parameter_types import typed, types_of
from dbopt.workload.values import Type
from tests.benchmarks import servers
from tests.servers import Server
from tests.workload import mixed_types
from tests.workload.mixed_types import Sent

ROUNDS = 30
LOGGING = {
    "logging_collector": "on",
    "log_min_duration_statement": "0",
    "log_min_messages": "warning",
    "log_line_prefix": "%m[%p]:",  # without a space, which needs quotes on the one server and not on the other
}
_TYPE = """
SELECT format_type(base.oid, NULL), base.typcategory
FROM pg_type AS t JOIN pg_type AS base ON base.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
WHERE t.oid = %s
"""
_FIGURES = (
    "planned as logged",
    "planned",
    "of the original types, or others of the same categories",
    "of the original types",
    "with the plan that the original types give",
)
_SAME_COST = 0.01


def run() -> None:
    for label, starting in (("PostgreSQL 15", servers.debian_15), ("PostgreSQL 18", servers.embedded_18)):
        with starting(LOGGING) as server:
            _report(label, server)


def _report(label: str, server: Server) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(mixed_types.SCHEMA.encode())
        sent = mixed_types.play(connection, rounds=ROUNDS)
        originals = {one: _originals(connection, one) for one in set(sent)}
    with server.connect() as session:
        binds = _logged(session.fetch(SQL("SELECT pg_read_file(pg_current_logfile()) AS text"))[0]["text"])
        counts = Counter[str]()
        failed = Counter[str]()
        by_text: dict[str, list[Sent]] = {}
        for one in sent:
            by_text.setdefault(one.sql, []).append(one)
        for sql, values in binds:
            if by_text.get(sql):
                _judge(session, sql, values, originals[by_text[sql].pop(0)], counts, failed)
    types = {one.name for types in originals.values() for one in types}
    print(f"{label}: {len(sent):,} executions, {len(types)} types of parameters, {counts['logged']:,} binds in the log")
    for what in _FIGURES:
        print(f"  {what}: {counts[what]:,} ({100 * counts[what] / len(sent):.1f} %)")
    for text, count in failed.most_common(8):
        print(f"    {count} x {text}")


def _judge(
    session: Session,
    sql: str,
    values: tuple[str | None, ...],
    original: tuple[Type, ...],
    counts: Counter[str],
    failed: Counter[str],
) -> None:
    counts["logged"] += 1
    statement = single(sql, values).statements[0]
    counts["planned as logged"] += _plans_as_logged(session, statement)
    mended = typed(session, statement)
    explained = explain(session, mended)
    if explained.plan is None:
        failed[f"{explained.error}: {mended.sql}"[:150]] += 1
        return
    counts["planned"] += 1
    counts["with the plan that the original types give"] += _is_planned_alike(session, sql, values, original, explained)
    with session.rolled_back():
        found = [one for _, one in sorted(types_of(session, mended.sql).items())]
    if [one.name for one in found] == [one.name for one in original]:
        counts["of the original types"] += 1
    if [one.category for one in found] == [one.category for one in original]:
        counts["of the original types, or others of the same categories"] += 1
    else:
        names = [[one.name for one in types] for types in (original, found)]
        failed[f"{names[0]} became {names[1]}: {mended.sql}"[:150]] += 1


def _is_planned_alike(
    session: Session, sql: str, values: tuple[str | None, ...], types: tuple[Type, ...], explained: Explained
) -> bool:
    """Whether the statement has the plan that it has with these types declared, as by a driver."""
    literals = ", ".join("NULL" if value is None else Literal(value).as_string() for value in values)
    with session.rolled_back():
        session.fetch_workload(sql, prefix=f"PREPARE original ({', '.join(one.name for one in types)}) AS ")
        rows = session.fetch_workload(f"EXECUTE original ({literals})", prefix="EXPLAIN (VERBOSE, FORMAT JSON) ")
        session.execute(SQL("DEALLOCATE original"))
    original, found = parse_plan(rows[0]["QUERY PLAN"]), explained.tree
    if found is None or abs(original.cost - found.cost) > _SAME_COST * original.cost:
        return False
    return shape(original) == shape(found)


def _plans_as_logged(session: Session, statement: Statement) -> bool:
    try:
        with session.rolled_back():
            session.fetch_workload(statement.sql, statement.first_values, prefix="EXPLAIN ")
    except ServerError:
        return False
    return True


def _originals(connection: psycopg.Connection[tuple[object, ...]], sent: Sent) -> tuple[Type, ...]:
    """The types of the parameters as the server knew them when the statement was sent."""
    connection.pgconn.prepare(b"original", sent.sql.encode(), sent.types)
    described = connection.pgconn.describe_prepared(b"original")
    types = []
    for number in range(described.nparams):
        [row] = connection.execute(_TYPE, [described.param_type(number)]).fetchall()
        types.append(Type(str(row[0]), str(row[1])))
    connection.execute("DEALLOCATE original")
    return tuple(types)


@dataclass(slots=True)
class _Executions(Assembler):
    """Keeps the executions that have all their parameters, in the order of the log."""

    found: list[tuple[str, tuple[str | None, ...]]] = field(default_factory=list)

    def take(self, process: Process, entry: Entry) -> None:  # noqa: ARG002 - what it overrides has it
        kind, _, text = meaning(entry.message)
        bound = parse(entry.detail.decode()) if kind == Kind.CALL else None
        if bound is not None and not bound.truncated:
            self.found.append((text.decode(), bound.values))


def _logged(text: str) -> list[tuple[str, tuple[str | None, ...]]]:
    """The executions in a log on stderr that have parameters."""
    executions = _Executions()
    reader(Format("stderr", LOGGING["log_line_prefix"])).read(text.encode(), executions)
    executions.finish()
    return executions.found
