"""What a statement makes PostgreSQL look for in tables that reference the one it writes to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbopt.index.referential import checks
from dbopt.postgres.schema import ForeignKey
from dbopt.workload.sql import parse
from tests.index.advising import statement
from tests.index.shop import SHOP

CHECK = "SELECT 1 FROM public.orders x WHERE customer_id = $1 FOR KEY SHARE OF x"


def queries(sql: str) -> list[str]:
    tree = parse(sql)
    assert tree is not None
    return [query.sql for _, query in checks(statement(sql), tree, SHOP)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM customers WHERE id = 5",
        "DELETE FROM customers USING orders WHERE orders.total = customers.id",
        "WITH gone AS (DELETE FROM customers RETURNING id) SELECT * FROM gone",
        "UPDATE customers SET email = 'x', id = 7 WHERE id = 5",
    ],
)
def test_a_row_that_goes_may_be_referenced(sql: str) -> None:
    assert queries(sql) == [CHECK]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM customers",
        "INSERT INTO customers (id) VALUES (5)",
        "UPDATE customers SET email = 'x' WHERE id = 5",
        "DELETE FROM orders WHERE id = 5",
        "DELETE FROM nothing",
    ],
)
def test_a_row_that_stays_is_not_looked_for(sql: str) -> None:
    assert queries(sql) == []


def test_it_is_asked_once_for_each_row() -> None:
    sql = "DELETE FROM customers WHERE country = 'x'"
    tree = parse(sql)
    assert tree is not None
    ((key, query),) = checks(statement(sql, calls=3), tree, SHOP)
    assert (key.columns, query.weight, query.id) == (("customer_id",), 3.0, statement(sql).id)


def test_rows_that_go_with_a_deleted_one_are_referenced_themselves() -> None:
    below = ForeignKey(("public", "items"), "items_order", ("order_id",), ("public", "orders"), ("id",))
    (above,) = SHOP.foreign_keys
    ends = replace(SHOP, foreign_keys=(above, below))
    chain = replace(SHOP, foreign_keys=(replace(above, deletes=True), below))
    tree = parse("DELETE FROM customers WHERE id = 5")
    assert tree is not None
    assert [key.name for key, _ in checks(statement("DELETE"), tree, ends)] == [above.name]
    assert [key.name for key, _ in checks(statement("DELETE"), tree, chain)] == [above.name, "items_order"]
