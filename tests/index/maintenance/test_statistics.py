"""Columns that are compared together and depend on each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dbopt.index.maintenance.context import Dependence
from dbopt.index.maintenance.sample import Samples
from dbopt.index.maintenance.statistics import is_evident, kinds
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.session import Session
from tests.index.advising import upkeep
from tests.servers import Database, Server

CARS = """
CREATE TABLE cars (id bigint PRIMARY KEY, make text, "Model" text, colour int, country int, sorted int, "in it" int);
INSERT INTO cars SELECT n, 'make ' || n * 7919 % 50, 'model ' || n * 7919 % 200, n::bigint * 104729 % 13, n % 17,
    n / 5000, n / 200 % 25
FROM generate_series(1, 100000) AS n;
"""
TOGETHER = """SELECT * FROM cars WHERE make = 'make 7' AND "Model" = 'model 57'"""
CLOSE = Dependence(rows=10_000, agreeing=500, actual=0.01, expected=0.001, pairs=100, decided=0.0, target=100)


@pytest.fixture
def cars(pg18: Server, new_database: Callable[..., Database]) -> Database:
    database = new_database(pg18, CARS)
    database.session.script("ANALYZE")
    return database


def test_what_the_planner_takes_to_be_independent(cars: Database) -> None:
    (advice,) = upkeep(cars, "statistics", TOGETHER)
    assert advice.sql == (
        'CREATE STATISTICS public."cars_Model_make_stat" (ndistinct, dependencies) ON "Model", make '
        "FROM public.cars; ANALYZE public.cars"
    )
    assert "499 rows of the table and not 10" in advice.reason
    assert (advice.cost_before, len(advice.statements)) == (None, 1)
    assert estimated(cars.session) < 20
    for statement in advice.sql.split("; "):
        cars.session.script(statement)
    assert estimated(cars.session) > 300
    assert upkeep(cars, "statistics", TOGETHER) == []
    cars.session.script(advice.undo_sql)
    assert [one.sql for one in upkeep(cars, "statistics", TOGETHER)] == [advice.sql]


def estimated(session: Session, sql: str = TOGETHER) -> float:
    rows = session.fetch_workload(sql, prefix="EXPLAIN (FORMAT JSON) ")
    return float(rows[0]["QUERY PLAN"][0]["Plan"]["Plan Rows"])


@pytest.mark.parametrize(
    "condition",
    [
        "colour = 3 AND country = 4",  # independent
        """sorted = 3 AND "in it" = 4""",  # neighbours are alike, and that is all
        "make = 'make 7' AND id = 7",  # a key
        "make = 'make 7' OR colour = 3",
        "make = 'make 7'",
    ],
)
def test_what_does_not_depend_needs_no_statistics(cars: Database, condition: str) -> None:
    assert upkeep(cars, "statistics", f"SELECT * FROM cars WHERE {condition}") == []


def test_without_a_server_there_is_no_evidence(cars: Database) -> None:
    assert upkeep(cars, "statistics", TOGETHER, counts=False) == []


def test_a_sample_suffices_and_is_the_same_each_time(cars: Database) -> None:
    cars.session.script('INSERT INTO cars SELECT id + 1000000, make, "Model", colour, country FROM cars; ANALYZE cars')
    table = read_catalog(cars.session).find("public", "cars")
    assert table is not None
    found = Samples(cars.session).dependence(table, ("Model", "make"))
    assert found is not None
    assert 10_000 < found.rows < 60_000
    assert found.actual == pytest.approx(1 / 200, rel=0.05)
    assert found.expected == pytest.approx(1 / 200 / 50, rel=0.1)
    assert found == Samples(cars.session).dependence(table, ("Model", "make"))


def test_what_the_role_may_not_read_is_not_looked_at(cars: Database) -> None:
    table = read_catalog(cars.session).find("public", "cars")
    assert table is not None
    cars.session.script("DROP ROLE IF EXISTS nobody_special; CREATE ROLE nobody_special; SET ROLE nobody_special")
    assert Samples(cars.session).dependence(table, ("Model", "make")) is None
    cars.session.script("RESET ROLE; DROP ROLE nobody_special")


@pytest.mark.parametrize("condition", ["make = 'make 7' AND part = 8", "make = 'make 9' AND size = 9"])
def test_common_pairs_are_kept_where_all_have_room(cars: Database, condition: str) -> None:
    """A make has one of 4 parts, and so 200 pairs; and one of 2 sizes, which is nobody's alone, and 100 pairs."""
    cars.session.script(
        """ALTER TABLE cars ADD part int, ADD size int;
           UPDATE cars SET part = (id * 7919 % 50 + id / 50 % 4) % 50, size = (id * 7919 % 50 + id / 50 % 2) % 50;
           ANALYZE cars"""
    )
    sql = f"SELECT * FROM cars WHERE {condition}"
    (advice,) = upkeep(cars, "statistics", sql)
    assert "mcv" in advice.sql
    assert ("SET STATISTICS 1000" in advice.sql) is ("part" in condition)
    for statement in advice.sql.split("; "):
        cars.session.script(statement)
    (row,) = cars.session.fetch_workload(f"SELECT count(*) AS n FROM cars WHERE {condition}")
    assert estimated(cars.session, sql) == pytest.approx(row["n"], rel=0.3)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (CLOSE, ("ndistinct, dependencies, mcv", None)),
        (replace(CLOSE, pairs=101), ("ndistinct, dependencies, mcv", 1000)),
        (replace(CLOSE, pairs=1001), None),
        (replace(CLOSE, pairs=101, decided=0.79), ("ndistinct, dependencies, mcv", 1000)),
        (replace(CLOSE, pairs=1001, decided=0.8), ("ndistinct, dependencies", None)),
    ],
)
def test_the_kinds_are_those_that_tell_the_truth(found: Dependence, wanted: tuple[str, int | None] | None) -> None:
    assert kinds(found) == wanted


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (CLOSE, True),
        (replace(CLOSE, actual=0.003), True),
        (replace(CLOSE, actual=0.0029), False),
        (replace(CLOSE, agreeing=199), False),
        (replace(CLOSE, actual=0.0003, expected=0.0001), False),
    ],
)
def test_only_what_matters_is_evident(found: Dependence, wanted: bool) -> None:
    assert is_evident(found, 100_000) is wanted
