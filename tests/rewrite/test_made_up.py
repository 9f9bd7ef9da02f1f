"""Made-up databases: the same for the same number, and as the constraints want them."""

from __future__ import annotations

from datetime import date

import pytest

from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.identifiers import SQL, Identifier
from dbopt.rewrite.facts import Column
from dbopt.rewrite.proof.data import Maker, schema_of
from dbopt.rewrite.proof.rows import Rows, fill
from dbopt.rewrite.proof.server import prepared
from dbopt.rewrite.proof.values import constants, of_column, pool
from tests.servers import Database

SCHEMA = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN share AS integer CHECK (value BETWEEN 0 AND 2);
CREATE TABLE people (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    boss bigint REFERENCES people,
    email text NOT NULL UNIQUE,
    mood mood,
    part share,
    born date CHECK (born > '1900-01-01'),
    size numeric(4, 1) NOT NULL,
    twice integer GENERATED ALWAYS AS (2 * part) STORED
);
CREATE TABLE tasks (id integer, person bigint NOT NULL REFERENCES people, at timestamp NOT NULL, done boolean,
                    PRIMARY KEY (id, person));
CREATE TABLE log (at date NOT NULL, task integer, person bigint, FOREIGN KEY (task, person) REFERENCES tasks)
    PARTITION BY RANGE (at);
CREATE TABLE log_2024 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE odd (id integer PRIMARY KEY, where_ point NOT NULL);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION refuse();
"""
NAMES = [("public", name) for name in ("people", "tasks", "log", "odd")]


def filled(database: Database, number: int, written: tuple[str, ...] = ("2024-05-05", "7")) -> Rows:
    """The rows that database number so and so takes."""
    made = prepared(database.session, is_stopped=False)
    schema = schema_of(made.facts, read_catalog(database.session), NAMES)
    with database.session.rolled_back(read_only=False):
        return fill(database.session, schema, Maker(number, written))


def test_the_same_number_makes_the_same_database(database: Database) -> None:
    database.session.script(SCHEMA)
    assert [filled(database, number) for number in range(8)] == [filled(database, number) for number in range(8)]
    assert filled(database, 5) != filled(database, 6)


def test_the_first_has_no_rows_and_the_second_one_each(database: Database) -> None:
    database.session.script(SCHEMA)
    assert set(map(len, filled(database, 0).values())) == {0}
    assert {len(rows) for name, rows in filled(database, 1).items() if name != ("public", "people")} <= {0, 1}


def test_there_are_nulls_ties_constants_and_rows_that_point_to_others(database: Database) -> None:
    database.session.script(SCHEMA)
    every = [filled(database, number) for number in range(40)]
    people = [row for rows in every for row in rows["public", "people"]]
    tasks = [row for rows in every for row in rows["public", "tasks"]]
    log = [row for rows in every for row in rows["public", "log"]]
    assert len(people) > 40
    assert len(tasks) > 20
    assert log, "rows between the bounds of a partition"
    assert {row[3] for row in people} == {"good", "bad", None}
    assert any(row[1] is not None for row in people), "somebody has a boss"
    assert any("7" in row for row in people)
    assert any(len(rows["public", "tasks"]) > len({row[2] for row in rows["public", "tasks"]}) for rows in every)


def test_a_column_without_known_values_leaves_its_table_empty(database: Database) -> None:
    database.session.script(SCHEMA)
    made = prepared(database.session, is_stopped=False)
    schema = schema_of(made.facts, made.catalog, NAMES)
    assert schema.unfilled == {("public", "odd"): "no values are known for where_, which is point"}
    assert [table.table.name for table in schema.tables] == ["people", "tasks", "log"]


def test_nothing_stays(database: Database) -> None:
    database.session.script(SCHEMA)
    for number in range(5):
        filled(database, number)
    for _, name in NAMES:
        assert database.session.fetch(SQL("SELECT count(*) AS n FROM {}").format(Identifier(name)))[0]["n"] == 0


def test_constants_are_those_of_the_text() -> None:
    assert constants("SELECT 'it''s', 4, -2.5, $3, a1 FROM t2 WHERE x = 'y'") == ("it's", "4", "-2.5", "y")


@pytest.mark.parametrize(
    ("kind", "constant", "expected"),
    [
        ("int4", "7", {"7", "6", "8"}),
        ("int2", "40000", set()),
        ("text", "ab%", {"ab%", "ab", "AB%", "ab "}),
        ("date", "2024-02-29", {"2024-02-29", "2024-03-01", "2024-02-28"}),
        ("date", "2024", {"2024-01-01", "2023-12-31"}),
        ("timestamp", "2024-02-29", {"2024-02-29 00:00:00", "2024-02-28 23:59:59.999999"}),
        ("numeric", "2.5", {"2.5", "3.5", "1.5"}),
        ("bool", "7", set()),
    ],
)
def test_values_are_near_the_constants(kind: str, constant: str, expected: set[str]) -> None:
    assert expected <= set(pool(kind, (constant,)))


@pytest.mark.parametrize(
    "kind", ["float8", "date", "timestamp", "text", "numeric", "bool", "uuid", "jsonb", "interval"]
)
def test_every_type_has_values_at_its_edges(kind: str) -> None:
    edges = {"float8": "NaN", "date": "infinity", "timestamp": "-infinity", "text": "", "numeric": "NaN"}
    assert len(pool(kind, ())) >= 2
    assert edges.get(kind, pool(kind, ())[0]) in pool(kind, ())


def test_texts_are_no_longer_than_their_column() -> None:
    short = Column("a", "varchar", "character varying(1)")
    assert {len(value) for value in of_column(short, ("abc", "x"))} <= {0, 1}


def test_the_last_days_have_no_next_one() -> None:
    assert pool("date", (date.max.isoformat(),))
