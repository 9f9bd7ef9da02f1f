"""EXPLAIN of statements and workloads on real servers, and what it leaves behind: nothing."""

from __future__ import annotations

from dbopt.plan.explain import explain, explain_workload
from dbopt.workload.model import Source, Statement, Workload
from tests.plan.plans import statement
from tests.servers import Database


def workload(*statements: Statement) -> Workload:
    return Workload(Source("sql", None, None, None), statements)


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


def test_running_it_adds_times_and_rows(shop: Database) -> None:
    done = explain(shop.session, statement("SELECT * FROM orders WHERE status = 'open'"), analyze=True)
    assert done.executed
    assert done.tree is not None
    assert done.tree.execution_ms is not None
    assert done.tree.root.actual_rows == 1500


def test_a_statement_that_takes_too_long_keeps_its_plan(shop: Database) -> None:
    done = explain(shop.session, statement("SELECT pg_sleep(60)"), analyze=True, timeout_ms=100)
    assert (done.error, done.executed, done.shape) == ("timeout after 100 ms", False, "Result")


def test_a_value_of_the_wrong_type_is_an_error_of_that_statement(shop: Database) -> None:
    done = explain(shop.session, statement("SELECT * FROM orders WHERE id = $1", ("many",)))
    assert "invalid input syntax" in (done.error or "")


def test_planner_settings_hold_for_one_plan_alone(shop: Database) -> None:
    done = explain(shop.session, statement("SELECT 1"), settings={"enable_seqscan": "off"})
    assert done.tree is not None
    assert done.tree.settings["enable_seqscan"] == "off"
    assert shop.session.fetch_workload("SHOW enable_seqscan") == [{"enable_seqscan": "on"}]


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
