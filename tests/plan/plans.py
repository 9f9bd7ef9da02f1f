"""Plans of real servers for tests."""

from __future__ import annotations

from dbopt.plan.explain import explain
from dbopt.plan.tree import Plan
from dbopt.workload.model import Statement
from tests.servers import Database


def statement(sql: str, *parameters: tuple[str | None, ...], name: str | None = None) -> Statement:
    return Statement(id="0123456789abcdef", name=name, sql=sql, kind="select", parameters=parameters)


def planned(database: Database, sql: str, *parameters: tuple[str | None, ...], **settings: str) -> Plan:
    done = explain(database.session, statement(sql, *parameters), settings=settings)
    assert done.tree is not None, done.error
    return done.tree


def analyzed(database: Database, sql: str, **settings: str) -> Plan:
    done = explain(database.session, statement(sql), analyze=True, settings=settings)
    assert done.executed, done.error
    assert done.tree is not None
    return done.tree
