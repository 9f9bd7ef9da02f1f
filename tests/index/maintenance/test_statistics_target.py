"""Columns of which the planner knows too few values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dbopt.index.maintenance.facts import ColumnFacts
from dbopt.index.maintenance.statistics_target import least_distinct, tail_of
from tests.index.advising import statement, upkeep
from tests.index.shop import column, index, table
from tests.servers import Database, Server

FULL = ColumnFacts(("public", "t"), "c", 10_100.0, 0.1, ("x",) * 100, (0.005,) * 100, 100)
VISITS = """
CREATE TABLE visits (id bigint PRIMARY KEY, page int);
INSERT INTO visits SELECT row_number() OVER (), page
FROM (SELECT page FROM generate_series(1, 2000) AS page, generate_series(1, 20000 / (page + 20)) AS n
      UNION ALL SELECT 100000 + n FROM generate_series(1, 20000) AS n) AS made;
"""


def test_a_full_list_before_a_heavy_tail() -> None:
    assert tail_of(FULL, 1e6) == pytest.approx((0.4, 0.005 / (0.4 / 10_000)))
    assert tail_of(replace(FULL, n_distinct=-0.0101), 1e6) == pytest.approx((0.4, 125.0))


@pytest.mark.parametrize(
    "facts",
    [
        replace(FULL, target=101),
        replace(FULL, n_distinct=100.0),
        replace(FULL, n_distinct=300.0),  # 2.5 times fewer
        replace(FULL, frequencies=(0.0081,) * 100),  # 9 % of the rows
    ],
)
def test_no_list_that_is_short_or_says_nearly_all(facts: ColumnFacts) -> None:
    assert tail_of(facts, 1e6) is None


@pytest.fixture
def visits(pg18: Server, new_database: Callable[..., Database]) -> Database:
    database = new_database(pg18, VISITS)
    database.session.script("ANALYZE")
    return database


def test_the_workload_asks_for_what_is_not_listed(visits: Database) -> None:
    sql = "SELECT * FROM visits WHERE page = $1"
    (advice,) = upkeep(visits, "statistics-target", statement(sql))
    assert advice.sql == (
        "ALTER TABLE public.visits ALTER COLUMN page SET STATISTICS 1000; ANALYZE public.visits (page)"
    )
    assert "100 of 100" in advice.reason
    assert (advice.cost_before, len(advice.statements)) == (None, 1)
    assert [one.sql for one in upkeep(visits, "statistics-target", statement(sql, "555"))] == [advice.sql]
    assert [one.sql for one in upkeep(visits, "statistics-target", statement(sql, "555"), counts=False)] == [advice.sql]
    assert upkeep(visits, "statistics-target", statement(sql, "1"), "SELECT * FROM visits WHERE page IN (2, 3)") == []
    assert upkeep(visits, "statistics-target", "SELECT * FROM visits WHERE page > 3") == []
    visits.session.script(advice.sql)
    assert upkeep(visits, "statistics-target", statement(sql)) == []
    visits.session.script(advice.undo_sql)
    assert [one.sql for one in upkeep(visits, "statistics-target", statement(sql))] == [advice.sql]
    visits.session.script("ALTER TABLE visits ALTER page SET STATISTICS 90; ANALYZE visits")
    (again,) = upkeep(visits, "statistics-target", statement(sql))
    assert "SET STATISTICS 900" in again.sql
    assert "SET STATISTICS 90;" in again.undo_sql


def test_a_key_proves_how_many_values_there_are_at_least() -> None:
    orders, lines = column("o", n_distinct=1000.0), column("l", n_distinct=4.0)
    made = table("t", orders, lines)
    key = index("key", "t", "o", "l", is_unique=True)
    assert least_distinct(made, orders, key) == 25_000
    assert least_distinct(made, lines, key) is None
    assert least_distinct(made, orders, replace(key, is_unique=False)) is None
    assert least_distinct(made, orders, replace(key, predicate="l > 3")) is None
    assert least_distinct(table("t", orders, column("l")), orders, key) is None
    assert least_distinct(table("t", orders, replace(lines, null_fraction=0.1)), orders, key) is None


def test_a_count_that_a_key_refutes_is_set_right(pg18: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(
        pg18,
        """CREATE TABLE lines (o int, l int, t text, PRIMARY KEY (o, l));
           INSERT INTO lines SELECT n, l, 'x' FROM generate_series(1, 20000) AS n, generate_series(1, 4) AS l;
           ALTER TABLE lines ALTER COLUMN o SET (n_distinct = 2000)""",
    )
    database.session.script("ANALYZE")
    sql = "SELECT * FROM lines WHERE o = 3 AND t = 'x'"
    (advice,) = upkeep(database, "statistics-target", sql)
    assert advice.sql.startswith("ALTER TABLE public.lines ALTER COLUMN o SET (n_distinct = -0.25); ANALYZE")
    assert "at least 20,000 different values, and the statistics say 2,000" in advice.reason
    assert "SET (n_distinct = 2000)" in advice.undo_sql
    database.session.script(advice.sql)
    assert upkeep(database, "statistics-target", sql) == []
    database.session.script("ALTER TABLE lines ALTER COLUMN o SET (n_distinct = 10001); ANALYZE lines")
    assert upkeep(database, "statistics-target", sql) == []
