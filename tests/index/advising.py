"""Advice for statements that are written in a test."""

from __future__ import annotations

from typing import Any

from dbopt.index.advice import Advice, CreateAdvice, Maintain
from dbopt.index.advise import advise
from dbopt.index.hypopg import HypoPGWhatIf
from dbopt.index.maintenance import Condition
from dbopt.index.maintenance.facts import read_facts
from dbopt.index.maintenance.sample import Samples
from dbopt.postgres.catalog import read_catalog
from dbopt.shadow.what_if import what_if
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.sql import tables_of
from tests.servers import Database


def statement(sql: str, *values: str | None, calls: int | None = 100) -> Statement:
    return Statement(
        id=fingerprint(sql),
        name=None,
        sql=sql,
        kind=kind_of(sql),
        calls=calls,
        parameters=(values,) if values else (),
        tables=tables_of(sql),
    )


def workload(*statements: str | Statement) -> Workload:
    made = tuple(one if isinstance(one, Statement) else statement(one) for one in statements)
    return Workload(Source("sql", None, None, None), made)


def advise_by_shadow(database: Database, *statements: str | Statement, **options: Any) -> Advice:
    with what_if(database.session) as shadow:
        return advise(workload(*statements), read_catalog(database.session), shadow, **options)


def advise_by_hypopg(database: Database, *statements: str | Statement, **options: Any) -> Advice:
    database.session.script("CREATE EXTENSION IF NOT EXISTS hypopg")
    return advise(workload(*statements), read_catalog(database.session), HypoPGWhatIf(database.session), **options)


def upkeep(database: Database, kind: str, *statements: str | Statement, counts: bool = True) -> list[Maintain]:
    """What is advised of that kind besides indexes; without `counts`, as from a snapshot."""
    session = database.session
    session.script("SELECT pg_stat_force_next_flush()")
    catalog = read_catalog(session)
    with what_if(session) as shadow:
        sampler = Samples(session) if counts else None
        condition = Condition(read_facts(session, catalog, counts=counts), shadow.all_visible, sampler)
        advice = advise(workload(*statements), catalog, shadow, condition=condition)
    return [one for one in advice.maintain if one.kind == kind]


def in_short(advice: Advice) -> list[str]:
    """`orders (customer_id)`, in the order of the advice; what is included behind a plus."""
    return [_in_short(one) for one in advice.create]


def _in_short(one: CreateAdvice) -> str:
    method = "" if one.access_method == "btree" else f"{one.access_method} "
    included = "".join(f" +{name}" for name in one.include)
    predicate = f" WHERE {one.predicate}" if one.predicate else ""
    return f"{one.table.removeprefix('public.')} {method}({', '.join(one.columns)}){included}{predicate}"
