"""Which conditions the planner has to guess."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dbopt.check import guesses
from dbopt.check.guesses import Guess, is_known
from tests.check.plans import observed
from tests.conftest import SHOP
from tests.servers import Database, Server


@pytest.fixture(scope="module")
def made() -> str:
    return (
        f"{SHOP} CREATE TYPE state AS ENUM ('done', 'shipped', 'open');"
        "ALTER TABLE orders ADD state state; UPDATE orders SET state = status::state;"
        "ALTER TABLE orders ADD code varchar(20); UPDATE orders SET code = status;"
        "CREATE INDEX orders_total ON orders (round(total)); ANALYZE;"
    )


@pytest.mark.parametrize(
    ("before", "after", "condition"),
    [
        ("state = 'done'", "state::text = 'done'", "((orders.state)::text = ?)"),
        ("status = 'done'", "substr(status, 1, 4) = 'done'", "(substr(orders.status, ?, ?) = ?)"),
        ("code = 'done'", "lower(code) = 'done'", "(lower((orders.code)::text) = ?)"),
        ("total > 500", "total + 0 = 500", "((orders.total + ?) = ?)"),
        (
            "placed_at >= '2024-01-10' AND placed_at < '2024-03-01'",
            "to_char(placed_at, 'YYYY') = '2024' AND placed_at >= '2024-01-10'",
            "(to_char(orders.placed_at, ?) = ?)",
        ),
    ],
)
def test_a_hidden_column_is_a_guess(
    pg18: Server, new_database: Callable[..., Database], made: str, before: str, after: str, condition: str
) -> None:
    database = new_database(pg18, made)
    old, new = (observed(database, f"SELECT * FROM orders WHERE {where}") for where in (before, after))
    assert [guess.condition.replace("::text", "") for guess in guesses.find(old.estimates, new.estimates)] == [
        condition.replace("::text", "")
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("status = 'done'", "status = 'open'"),
        ("status = 'done'", "status IN ('done')"),
        ("status = 'done'", "status = 'done' AND customer_id = 7"),
        ("code = 'done'", "code::text = 'done'"),
        ("total > 500", "total > 400 + 100"),
        ("lower(status) = 'done'", "upper(status) = 'DONE'"),
        ("placed_at > '2024-01-10'", "placed_at > timestamptz '2024-01-09' + interval '1 day'"),
    ],
)
def test_what_the_planner_knows_is_none(
    pg18: Server, new_database: Callable[..., Database], made: str, before: str, after: str
) -> None:
    database = new_database(pg18, made)
    old, new = (observed(database, f"SELECT * FROM orders WHERE {where}") for where in (before, after))
    assert list(guesses.find(old.estimates, new.estimates)) == []


def test_an_expression_with_statistics_is_known() -> None:
    guess = Guess("public.orders", "(round(orders.total, ?) = ?)", 50, 25_000)
    assert is_known(guess, ["statistics of round(total, 0)"])
    assert not is_known(guess, ["statistics of round(tax, 0)", "foreign key x"])
