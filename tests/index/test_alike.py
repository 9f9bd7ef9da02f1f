"""Statements that differ in values alone: one is asked about for all that are planned alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbopt.shadow.what_if import what_if
from tests.index.advising import advise_by_shadow, in_short, statement
from tests.index.test_questions import asked
from tests.servers import Database

BY_CUSTOMER = [f"SELECT total FROM orders WHERE customer_id = {number}" for number in range(1, 61)]


def test_values_that_are_planned_alike_cost_one_plan_each(shop: Database) -> None:
    one = advise_by_shadow(shop, statement(BY_CUSTOMER[0], calls=60))
    advice = advise_by_shadow(shop, *(statement(sql, calls=1) for sql in BY_CUSTOMER))
    assert advice.planner_calls < 60 + 2 * one.planner_calls
    assert in_short(advice) == in_short(one) == ["orders (customer_id)"]
    assert advice.cost_before == pytest.approx(one.cost_before, rel=0.05)
    assert advice.cost_after == pytest.approx(one.cost_after, rel=0.2)


def test_what_a_workload_costs_as_things_are_is_exact(shop: Database) -> None:
    texts = [f"SELECT count(*) FROM orders WHERE customer_id < {number}" for number in range(100, 160)]
    with what_if(shop.session) as shadow:
        apart = sum(shadow.estimate(statement(sql)).cost for sql in texts)
    assert advise_by_shadow(shop, *texts).cost_before == pytest.approx(100 * apart)
    assert len(asked(shop, *texts)) < 10


def test_a_rare_value_is_another_question_than_a_frequent_one(shop: Database) -> None:
    texts = [f"SELECT * FROM orders WHERE status = '{value}' ORDER BY placed_at" for value in ("open", "done")]
    assert len(asked(shop, *texts)) == 2
    assert "orders (placed_at) WHERE status = 'open'" in in_short(advise_by_shadow(shop, *texts))


def test_other_tables_and_columns_are_other_questions(shop: Database) -> None:
    shop.session.script("CREATE TABLE copied AS SELECT * FROM orders; ANALYZE copied")
    assert len(asked(shop, BY_CUSTOMER[0], BY_CUSTOMER[0].replace("orders", "copied"))) == 2
    assert len(asked(shop, BY_CUSTOMER[0], BY_CUSTOMER[0].replace("total", "placed_at"))) == 2


def test_a_statement_that_is_there_twice_counts_twice(shop: Database) -> None:
    lookup = statement(BY_CUSTOMER[0], calls=7)
    (question,) = asked(shop, lookup, replace(lookup, name="again", calls=5))
    assert question.weight == 12
    assert [one.name for one in question.statements] == ["again", None]


def test_what_is_written_is_counted_of_each(shop: Database) -> None:
    shop.session.script("CREATE INDEX one ON orders (total); CREATE INDEX two ON orders (total)")
    insert = "INSERT INTO orders (customer_id, status, total, placed_at) VALUES ({}, 'open', 1, now())"
    written = [statement(insert.format(n), calls=n) for n in (100, 200)]
    both, of_one = advise_by_shadow(shop, *written), advise_by_shadow(shop, written[0])
    assert both.freed_write_cost == pytest.approx(3 * of_one.freed_write_cost)
