"""Expressions of which the planner knows nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dbopt.index.maintenance.context import Repeats
from dbopt.index.maintenance.expression_statistics import is_evident
from tests.index.advising import upkeep
from tests.servers import Database, Server

EVENTS = """
CREATE TABLE events (id bigint PRIMARY KEY, kind text, "Who" text, n int);
INSERT INTO events SELECT n, (ARRAY['Open', 'open', 'OPEN', 'Closed'])[1 + n % 4], 'who ' || n % 200, n
FROM generate_series(1, 60000) AS n;
"""
OPEN = "SELECT * FROM events WHERE lower(kind) = $1"


@pytest.fixture
def events(pg18: Server, new_database: Callable[..., Database]) -> Database:
    database = new_database(pg18, EVENTS)
    database.session.script("ANALYZE")
    return database


def test_an_expression_that_most_rows_have_in_common(events: Database) -> None:
    (advice,) = upkeep(events, "statistics", OPEN)
    assert advice.sql == (
        "CREATE STATISTICS public.events_expr_stat ON (lower(kind)) FROM public.events; ANALYZE public.events"
    )
    assert "300 rows; in a sample of" in advice.reason
    assert advice.reason.endswith("The index on it is advised on that guess: ask again after this.")
    assert (advice.cost_before, len(advice.statements)) == (None, 1)
    for statement in advice.sql.split("; "):
        events.session.script(statement)
    assert upkeep(events, "statistics", OPEN) == []
    events.session.script(advice.undo_sql)
    assert [one.sql for one in upkeep(events, "statistics", OPEN)] == [advice.sql]
    assert upkeep(events, "statistics", OPEN, counts=False) == []


def test_where_the_guess_is_right_nothing_is_said(events: Database) -> None:
    assert upkeep(events, "statistics", """SELECT * FROM events WHERE upper("Who") = 'WHO 7'""") == []


def test_an_index_has_statistics_of_its_own(events: Database) -> None:
    events.session.script("CREATE INDEX ON events (lower(kind)); ANALYZE events")
    assert upkeep(events, "statistics", OPEN) == []


def test_an_advised_index_will_have_them(events: Database) -> None:
    assert upkeep(events, "statistics", """SELECT * FROM events WHERE lower("Who" || n) = 'x'""") == []


def test_what_may_change_is_not_computed(events: Database) -> None:
    events.session.script(
        """CREATE TABLE called (n int);
           CREATE FUNCTION loud(text) RETURNS text LANGUAGE plpgsql AS $$
           BEGIN INSERT INTO called VALUES (1); RETURN $1; END $$"""
    )
    assert upkeep(events, "statistics", "SELECT * FROM events WHERE loud(kind) = 'open'") == []
    assert events.session.fetch_workload("SELECT count(*) AS n FROM called") == [{"n": 0}]


@pytest.mark.parametrize(
    ("found", "rows", "wanted"),
    [
        (Repeats(1000, 15_000, 1e6), 100_000, True),
        (Repeats(1000, 14_000, 1e6), 100_000, False),
        (Repeats(1000, 1_600, 1e6), 100_000, True),
        (Repeats(1000, 1_700, 1e6), 100_000, False),
        (Repeats(300, 90_000, 90_000), 100_000, False),
        (Repeats(1000, 15_000, 1e6), 4_999, False),
    ],
)
def test_only_what_matters_is_evident(found: Repeats, rows: float, wanted: bool) -> None:
    assert is_evident(found, rows) is wanted
