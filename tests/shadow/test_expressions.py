"""Statistics of the expressions of hypothetical indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dbopt.index.model import Index, Key
from dbopt.plan.tree import Node
from dbopt.shadow.what_if import ShadowWhatIf, what_if
from tests.servers import Database, Server
from tests.shadow.test_what_if import statement

ROWS = """
CREATE TABLE people (id int PRIMARY KEY, mail text, kind text, born date, value text, height numeric);
INSERT INTO people
SELECT n, 'Mail' || n || '@X.org', (ARRAY['A', 'a', 'b'])[1 + n % 3], date '1950-01-01' + n * 7919 % 20000,
       CASE WHEN n % 2 = 0 THEN (n % 500)::text ELSE 'none' END, n % 50
FROM generate_series(1, 20000) AS n;
CREATE FUNCTION folded(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
ANALYZE people;
"""
EVERY = 20_000


@pytest.fixture
def people(pg18: Server, new_database: Callable[..., Database]) -> Database:
    return new_database(pg18, ROWS)


def over(expression: str, **rest: object) -> Index:
    return Index("public", "people", (Key(expression, is_expression=True),), **rest)  # type: ignore[arg-type]


@contextmanager
def asked(database: Database, *indexes: Index) -> Iterator[ShadowWhatIf]:
    with what_if(database.session) as planner:
        assert planner.prepare(indexes) == {}
        yield planner


def rows(planner: ShadowWhatIf, condition: str, *indexes: Index) -> float:
    root: Node = planner.estimate(statement(f"SELECT * FROM people WHERE {condition}"), indexes).plan.root
    return root.plan_rows


def test_values_that_become_the_same_count_together(people: Database) -> None:
    wanted = over("lower(kind)")
    with asked(people, wanted) as planner:
        assert rows(planner, "lower(kind) = 'a'", wanted) == pytest.approx(EVERY * 2 / 3, rel=0.02)
        assert rows(planner, "lower(kind) = 'b'", wanted) == pytest.approx(EVERY / 3, rel=0.02)


def test_different_values_stay_as_rare_as_they_were(people: Database) -> None:
    wanted = over("lower(mail)")
    with asked(people, wanted) as planner:
        assert rows(planner, "lower(mail) = 'mail7@x.org'", wanted) == 1


@pytest.mark.parametrize(
    ("expression", "condition", "expected"),
    [
        ("EXTRACT(year FROM born)", "EXTRACT(year FROM born) = 1971", 365),
        ("date_trunc('month', born::timestamp)", "date_trunc('month', born::timestamp) = '1971-05-01'", 31),
        ("(born - date '1950-01-01') / 100", "(born - date '1950-01-01') / 100 = 7", 100),
        ("-id", "-id < -19000", 1000),
        ("id % 7", "id % 7 = 3", EVERY / 7),
        ("height * 2", "height * 2 >= 80", EVERY / 5),
    ],
)
def test_a_histogram_is_mapped(people: Database, expression: str, condition: str, expected: float) -> None:
    with asked(people, over(expression)) as planner:
        assert rows(planner, condition) == pytest.approx(expected, rel=0.25)


def test_a_statement_reads_as_many_rows_without_the_index(people: Database) -> None:
    wanted, other = over("lower(kind)"), Index("public", "people", (Key("born"),))
    with asked(people, wanted, other) as planner:
        alone = rows(planner, "lower(kind) = 'b'")
        assert alone == rows(planner, "lower(kind) = 'b'", wanted) == rows(planner, "lower(kind) = 'b'", other)


def test_an_index_that_is_not_read_changes_no_cost(people: Database) -> None:
    wanted = over("lower(kind)")
    question = statement("SELECT a.id FROM people AS a JOIN people AS b ON b.id = a.id + 1 WHERE lower(a.kind) <> 'x'")
    with asked(people, wanted) as planner:
        with_it = planner.estimate(question, [wanted])
        assert with_it.used == frozenset()
        assert with_it.cost == planner.estimate(question).cost


def test_statistics_that_the_source_has_win(people: Database) -> None:
    people.session.script(
        "CREATE STATISTICS of_two ON (mail || kind) FROM people; ANALYZE people;"
        "INSERT INTO people SELECT n, 'same', 'k' FROM generate_series(20001, 40000) AS n; ANALYZE people;"
    )
    wanted = over("(mail || kind)")
    with asked(people, wanted) as planner:
        assert rows(planner, "(mail || kind) = 'samek'", wanted) == pytest.approx(20_000, rel=0.05)


def test_statistics_of_an_index_on_the_same_expression_win(people: Database) -> None:
    people.session.script("CREATE INDEX known ON people (length(value || kind)); ANALYZE people")
    wanted = Index("public", "people", (Key("length(value || kind)", is_expression=True), Key("id")))
    with asked(people, wanted) as planner:
        known = rows(planner, "length(value || kind) = 5")
        assert known == rows(planner, "length(value || kind) = 5", wanted) == pytest.approx(EVERY / 2, rel=0.05)
        question = statement("SELECT * FROM people WHERE length(value || kind) = 5")
        assert planner.estimate(question, hidden=["public.known"]).plan.root.plan_rows == known


def test_a_function_of_the_source_is_not_run(people: Database) -> None:
    wanted = over("folded(kind)")
    with asked(people, wanted) as planner:
        assert rows(planner, "folded(kind) = 'b'", wanted) == EVERY / 200


def test_values_that_the_expression_cannot_take_are_left_out(people: Database) -> None:
    """An index may be over those rows alone that it can take."""
    wanted = over("value::integer", predicate="value <> 'none'")
    with asked(people, wanted, over("value::integer")) as planner:
        assert rows(planner, "value::integer = 8") == pytest.approx(EVERY / 250, rel=0.3)
        assert planner.size_bytes(wanted) > 8 * 8192


def test_the_statistics_of_a_partial_index_are_not_the_planners(people: Database) -> None:
    wanted = over("lower(kind)", predicate="id > 5")
    with asked(people, wanted) as planner:
        assert rows(planner, "lower(kind) = 'b' AND id > 5", wanted) == pytest.approx(EVERY / 200, rel=0.01)


def test_a_table_that_was_never_analysed_has_none_to_map(people: Database) -> None:
    people.session.script("CREATE TABLE fresh AS SELECT * FROM people")
    wanted = Index("public", "fresh", (Key("lower(kind)", is_expression=True),))
    with asked(people, wanted) as planner:
        question = statement("SELECT * FROM fresh WHERE lower(kind) = 'b'")
        assert planner.estimate(question, [wanted]).used == {wanted}


def test_each_partition_has_its_own(people: Database) -> None:
    people.session.script(
        """CREATE TABLE log (day int, who text) PARTITION BY RANGE (day);
           CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10);
           CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (10) TO (20);
           INSERT INTO log SELECT n % 20, CASE WHEN n % 20 < 10 THEN 'One' ELSE 'U' || n END
           FROM generate_series(1, 20000) AS n; ANALYZE log"""
    )
    wanted = Index("public", "log", (Key("lower(who)", is_expression=True),))
    with asked(people, wanted) as planner:
        for day, expected in ((5, 10_000), (15, 1)):
            question = statement(f"SELECT * FROM log WHERE lower(who) = 'one' AND day BETWEEN {day} - 5 AND {day} + 4")
            assert planner.estimate(question, [wanted]).plan.root.plan_rows == pytest.approx(expected, rel=0.01)


def test_candidates_of_later_rounds_share_them(people: Database) -> None:
    first, second = over("lower(kind)"), Index("public", "people", (Key("lower(kind)", is_expression=True), Key("id")))
    with asked(people, first) as planner:
        before = rows(planner, "lower(kind) = 'b'")
        assert planner.prepare([second]) == {}
        assert rows(planner, "lower(kind) = 'b'", second) == before
