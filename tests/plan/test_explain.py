"""EXPLAIN of statements and workloads on real servers, and what it leaves behind: nothing."""

from __future__ import annotations

import pytest

from dbopt.plan import effort
from dbopt.plan.explain import Explained, explain, explain_workload
from dbopt.workload.model import Source, Statement, Workload
from tests.servers import Database


def statement(sql: str, *parameters: tuple[str | None, ...], name: str | None = None) -> Statement:
    return Statement(id="0123456789abcdef", name=name, sql=sql, kind="select", parameters=parameters)


def workload(*statements: Statement) -> Workload:
    return Workload(Source("sql", None, None, None), statements)


def analyzed(database: Database, sql: str, *parameters: tuple[str | None, ...]) -> Explained:
    return explain(database.session, statement(sql, *parameters), analyze=True)


def test_a_statement_is_planned_with_its_first_parameter_set(shop: Database) -> None:
    done = explain(shop.session, statement("SELECT * FROM orders WHERE status = $1", ("open",), ("done",)))
    assert done.tree is not None
    assert "'open'" in (done.tree.root.filter or "")
    assert done.tree.root.plan_rows < 5000
    assert not done.executed
    assert done.error is None


def test_a_statement_without_values_is_planned_generically(shop: Database) -> None:
    done = explain(shop.session, statement("SELECT * FROM orders WHERE customer_id = $1 AND total > $2"), analyze=True)
    assert done.tree is not None
    assert "$1" in (done.tree.root.filter or "")
    assert not done.executed
    assert "generically" in (done.note or "")
    assert shop.session.fetch_workload("SELECT name FROM pg_prepared_statements WHERE name LIKE 'dbopt%'") == []


def test_a_generic_plan_that_fails_leaves_no_prepared_statement(shop: Database) -> None:
    done = explain(shop.session, statement("SELECT $1 FROM nowhere WHERE a = $2"))
    assert done.plan is None
    assert "nowhere" in (done.error or "")
    assert shop.session.fetch_workload("SELECT name FROM pg_prepared_statements WHERE name LIKE 'dbopt%'") == []


def test_data_modifying_statements_are_planned_generically_too(shop: Database) -> None:
    done = explain(shop.session, statement("UPDATE orders SET total = $1 WHERE id = $2"))
    assert (done.error, done.shape) == (None, "Update public.orders(Index Scan using orders_pkey on public.orders)")


def test_self_times_add_up_to_the_roots(shop: Database) -> None:
    done = analyzed(
        shop,
        "WITH top AS MATERIALIZED (SELECT customer_id, sum(total) AS s FROM orders GROUP BY 1)"
        " SELECT c.name, top.s, (SELECT count(*) FROM items i WHERE i.order_id = c.id)"
        " FROM top JOIN customers c ON c.id = top.customer_id"
        " WHERE top.s > (SELECT avg(s) FROM top) ORDER BY 2 DESC",
    )
    assert done.executed
    assert done.tree is not None
    efforts = effort.of(done.tree)
    total = sum(one.self_ms or 0 for one in efforts)
    assert total == pytest.approx(done.tree.root.actual_total_ms, rel=0.02)


def test_one_bad_statement_does_not_stop_the_others(shop: Database) -> None:
    done = explain_workload(
        shop.session,
        workload(
            statement("SELEC 1"),
            statement("SELECT 1; SELECT 2"),
            statement("VACUUM"),
            statement("SELECT * FROM orders"),
        ),
    )
    assert [one.plan is None for one in done.statements] == [True, True, True, False]
    assert all(one.error for one in done.statements[:3])
