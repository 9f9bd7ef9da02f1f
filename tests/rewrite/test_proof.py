"""Wrong rewrites are found out, on data and on made-up databases; right ones are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dbopt.errors import UnsafeStatement
from dbopt.plan.execution import Limits
from dbopt.rewrite.model import Refused, Rewrite
from dbopt.rewrite.offer import Offers
from dbopt.rewrite.place import on_server
from dbopt.rewrite.proof.forms import forms
from dbopt.rewrite.proof.made_up import MadeUp, Tried
from dbopt.rewrite.proof.server import prepared
from dbopt.rewrite.proof.trial import run
from dbopt.rewrite.proof.verify import verified
from dbopt.workload.files import single
from tests.servers import Database, Server

SCHEMA = """
CREATE TABLE a (id integer PRIMARY KEY, x integer, name text, at timestamptz, day timestamp);
CREATE TABLE b (id integer PRIMARY KEY, a_id integer REFERENCES a, x integer NOT NULL, note text);
"""
NewDatabase = Callable[[Server, str], Database]

# Each as `before` and `after`, with what the second forgets.
WRONG = [
    (  # a NULL among the values
        "SELECT id FROM a WHERE x NOT IN (SELECT a_id FROM b)",
        "SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.a_id = a.x)",
    ),
    ("SELECT DISTINCT x FROM a", "SELECT x FROM a"),
    (  # rows of both sides
        "SELECT id FROM a WHERE x = 1 OR id = 2",
        "SELECT id FROM a WHERE x = 1 UNION ALL SELECT id FROM a WHERE id = 2",
    ),
    (  # a NULL of the first side
        "SELECT id FROM a WHERE x = 1 OR id = 2",
        "SELECT id FROM a WHERE x = 1 UNION ALL SELECT id FROM a WHERE id = 2 AND NOT x = 1",
    ),
    ("SELECT a.id FROM a LEFT JOIN b ON b.a_id = a.id", "SELECT a.id FROM a JOIN b ON b.a_id = a.id"),
    ("SELECT b.id FROM b JOIN a ON a.id = b.a_id", "SELECT b.id FROM b"),
    (  # midnight
        "SELECT id FROM a WHERE day::date = '2024-05-05'",
        "SELECT id FROM a WHERE day BETWEEN '2024-05-05' AND '2024-05-06'",
    ),
    ("SELECT id FROM a WHERE day::date <= $1", "SELECT id FROM a WHERE day < $1::date + 1"),  # infinity
    (  # a count of nothing
        "SELECT id, (SELECT count(*) FROM b WHERE a_id = a.id) AS n FROM a",
        "SELECT a.id, g.n FROM a LEFT JOIN (SELECT a_id, count(*) AS n FROM b GROUP BY a_id) AS g ON g.a_id = a.id",
    ),
    ("SELECT x FROM a UNION SELECT x FROM b", "SELECT x FROM a UNION ALL SELECT x FROM b"),
    ("SELECT id FROM a ORDER BY x", "SELECT id FROM a ORDER BY x DESC"),
    ("SELECT id, x FROM a ORDER BY x LIMIT 2", "SELECT id, x FROM a ORDER BY x DESC LIMIT 2"),
    ("SELECT id FROM a ORDER BY x LIMIT 2", "SELECT id FROM a WHERE x IS NOT NULL ORDER BY x LIMIT 2"),
    ("SELECT name FROM a", "SELECT name::varchar AS name FROM a"),
    ("SELECT count(*) FROM a", "SELECT count(*) AS n FROM a"),
    ("SELECT id FROM a WHERE x <> 0", "SELECT id FROM a WHERE 1 / x <> 0 OR x <> 1"),  # a failure
]
RIGHT = [
    (
        "SELECT id FROM a WHERE id NOT IN (SELECT x FROM b)",
        "SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.x = a.id)",
    ),
    ("SELECT x FROM a ORDER BY x LIMIT 2", "SELECT x FROM (SELECT * FROM a ORDER BY id DESC) AS s ORDER BY x LIMIT 2"),
    ("SELECT id FROM a ORDER BY x LIMIT 2", "SELECT id FROM (SELECT * FROM a ORDER BY 1 DESC) AS s ORDER BY x LIMIT 2"),
    (
        "SELECT id FROM a WHERE x = $1 LIMIT $2",
        "SELECT id FROM (SELECT * FROM a ORDER BY id DESC) AS s WHERE x = $1 LIMIT $2",
    ),
    ("SELECT sum(x::float8 / 3) FROM b", "SELECT sum(x::float8 / 3) FROM (SELECT x FROM b ORDER BY x) AS s"),
]


def tried(database: Database, before: str, after: str, databases: int = 120) -> Tried:
    made = prepared(database.session, is_stopped=False)
    statement = single(before).statements[0]
    return made.try_rewrite(statement, forms(before, after, made.facts), databases)


@pytest.mark.parametrize(("before", "after"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_rewrite_differs_on_a_made_up_database(
    pg18: Server, new_database: NewDatabase, before: str, after: str
) -> None:
    found = tried(new_database(pg18, SCHEMA), before, after)
    assert found.difference is not None
    assert sum(map(len, found.rows.values())) <= 4, "the example is a small one"


@pytest.mark.parametrize(("before", "after"), RIGHT, ids=range(len(RIGHT)))
def test_a_right_rewrite_does_not(pg18: Server, new_database: NewDatabase, before: str, after: str) -> None:
    found = tried(new_database(pg18, SCHEMA), before, after, 40)
    assert (found.difference, found.databases) == (None, 40)
    assert found.with_rows > 5


def test_a_statement_that_fails_says_nothing(pg18: Server, new_database: NewDatabase) -> None:
    sql = "SELECT 1 / count(x) FROM a WHERE x IS NULL"
    found = tried(new_database(pg18, SCHEMA), sql, "SELECT 1", 3)
    assert (found.difference, found.compared, found.failed) == (None, 0, "division by zero")


def test_a_statement_that_must_not_run_is_not_run(pg18: Server, new_database: NewDatabase) -> None:
    sql = "SELECT pg_notify('a', 'b') FROM a"
    with pytest.raises(UnsafeStatement):
        tried(new_database(pg18, SCHEMA), sql, sql, 3)


def test_a_materialized_view_is_filled_from_its_tables(pg18: Server, new_database: NewDatabase) -> None:
    database = new_database(pg18, f"{SCHEMA}; CREATE MATERIALIZED VIEW m AS SELECT id, x FROM a")
    assert tried(database, "SELECT x FROM m", "SELECT x FROM m WHERE x IS NOT NULL").difference is not None


def test_both_forms_see_one_state_of_the_data(shop: Database) -> None:
    """Another session commits in between."""
    both = forms("SELECT count(*) FROM orders", "SELECT count(*) FROM orders", prepared_facts(shop).facts)
    with shop.session.another() as other, shop.session.rolled_back(one_snapshot=True):
        assert run(shop.session, both, (), most=10).difference is None
        other.script("DELETE FROM items WHERE order_id = 1; DELETE FROM orders WHERE id = 1")
        assert run(shop.session, both, (), most=10).difference is None
        assert shop.session.texts_of_workload("SELECT count(*) FROM orders")[1] == [("50000",)]


def prepared_facts(database: Database) -> MadeUp:
    return prepared(database.session, is_stopped=False)


def test_results_beyond_the_limit_are_not_compared(shop: Database) -> None:
    sql = "SELECT id FROM orders"
    both = forms(sql, sql, prepared_facts(shop).facts)
    with shop.session.rolled_back(one_snapshot=True):
        assert run(shop.session, both, (), most=100).failed == "it gives more than 100 rows"
        assert run(shop.session, both, (), most=50_000).rows == 50_000


# -- what comes of an offer --------------------------------------------------------------------------------------------


def judged(
    database: Database, before: str, after: str, values: tuple[tuple[str | None, ...], ...] = ()
) -> Rewrite | Refused:
    """What is left of an offer that a rule could have made."""
    statement = replace(single(before).statements[0], parameters=values)
    one = Rewrite(statement.id, ("some-rule",), before, after, 100.0, 10.0, False, "not run")
    offers = Offers([one], typed={(statement.id, before): statement})
    with on_server(database.session, Limits()) as place:
        left = verified(offers, place, databases=30)
    return (left.rewrites or left.refused)[0]


def test_what_stands_the_proof_says_on_what(shop: Database) -> None:
    found = judged(
        shop,
        "SELECT id FROM orders WHERE id <= $1 AND customer_id NOT IN"
        " (SELECT o.id FROM customers AS o WHERE o.id > 100)",
        "SELECT id FROM orders WHERE id <= $1 AND NOT EXISTS"
        " (SELECT 1 FROM customers AS o WHERE o.id > 100 AND o.id = customer_id)",
        (("1000",), ("20",)),
    )
    assert isinstance(found, Rewrite)
    assert found.verified
    assert found.evidence.startswith("the same 21, 1 rows on the data; ")
    assert "; the same on 30 made-up databases, with rows in " in found.evidence


def test_what_differs_on_the_data_is_withdrawn(shop: Database) -> None:
    found = judged(shop, "SELECT count(*) FROM orders WHERE total < 5", "SELECT count(*) FROM orders WHERE total <= 5")
    assert isinstance(found, Refused)
    assert found.reason.startswith("withdrawn: on the data, 1 rows before, 1 after; lost (")
    assert found.after_sql == "SELECT count(*) FROM orders WHERE total <= 5"


def test_what_differs_only_on_made_up_data_is_withdrawn_with_an_example(shop: Database) -> None:
    """No order of the shop is without items."""
    found = judged(
        shop,
        "SELECT o.id FROM orders AS o LEFT JOIN items AS i ON i.order_id = o.id WHERE o.id < 50",
        "SELECT o.id FROM orders AS o JOIN items AS i ON i.order_id = o.id WHERE o.id < 50",
    )
    assert isinstance(found, Refused)
    assert found.reason.startswith("withdrawn: on a made-up database, 1 rows before, 0 after; lost (")
    assert found.counterexample is not None
    assert "public.items: no rows" in found.counterexample


def test_without_values_it_is_proved_on_made_up_data_alone(shop: Database) -> None:
    sql = "SELECT id FROM orders WHERE customer_id = $1"
    found = judged(shop, sql, sql)
    assert isinstance(found, Rewrite)
    assert found.evidence.startswith("the same on 30 made-up databases")
    assert found.evidence.endswith("not run on the data: there are no values for its parameters")


def test_what_gives_no_row_in_any_run_is_not_verified(shop: Database) -> None:
    sql = "SELECT id FROM orders WHERE id < 0 AND id > 5"
    found = judged(shop, sql, sql)
    assert isinstance(found, Rewrite)
    assert not found.verified
    assert "no run gave a row" in found.evidence


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ("shape point NOT NULL", "no values are known for shape"),
        ("x int NOT NULL CHECK (x > 5 AND x < 2)", "its constraints took none"),
        ("x int", ""),
    ],
)
def test_a_table_that_stays_empty_is_told(pg18: Server, new_database: NewDatabase, columns: str, why: str) -> None:
    database = new_database(pg18, f"{SCHEMA}CREATE TABLE odd (id integer PRIMARY KEY, {columns});")
    sql = "SELECT a.id, odd.id AS other FROM a LEFT JOIN odd ON odd.id = a.x"
    found = judged(database, sql, sql)
    assert isinstance(found, Rewrite)
    assert found.verified
    assert ("public.odd stayed empty" in found.evidence) is bool(why)
    assert why in found.evidence


def test_what_cannot_be_tried_at_all_is_withdrawn(shop: Database) -> None:
    sql = "SELECT pg_notify('a', 'b') FROM orders WHERE id = 1"
    found = judged(shop, sql, sql)
    assert isinstance(found, Refused)
    assert found.reason.startswith("withdrawn, for it could not be verified: ")
