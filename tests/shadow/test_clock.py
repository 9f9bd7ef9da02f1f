"""The present of a shadow stands still."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dbopt.check.observe import Observer
from dbopt.shadow import clock
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.take import take
from dbopt.shadow.what_if import what_if
from dbopt.workload.files import single
from tests.servers import Database, Server

EVENTS = """
    CREATE TABLE events (at timestamptz NOT NULL, day date NOT NULL, due timestamptz);
    INSERT INTO events
    SELECT timestamptz '2024-03-01 12:00+00' - n * interval '1 minute', date '2024-02-20',
           timestamptz '2150-01-01' + n * interval '1 day'
    FROM generate_series(1, 40000) AS n;
    CREATE VIEW last_week AS SELECT * FROM events WHERE at > now() - interval '7 days';
    CREATE VIEW last_days AS SELECT *, 'CURRENT_DATE' AS word FROM events WHERE at > CURRENT_DATE - 7;
    ANALYZE events
"""


def test_a_snapshot_knows_the_newest_time_in_its_data(server: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(server, EVENTS)
    assert take(database.session).as_of == "2024-03-01 12:00:00+00"


def test_a_database_without_times_has_none(database: Database) -> None:
    assert take(database.session).as_of is None


@pytest.mark.parametrize(
    "condition",
    [
        "at > now() - interval '7 days'",
        "at > CURRENT_TIMESTAMP - interval '7 days'",
        "at > CURRENT_DATE - 7",
        "at > LOCALTIMESTAMP - interval '7 days'",
        "at > CURRENT_TIMESTAMP(3) - interval '7 days'",
        "at > LocalTimestamp ( 0 ) - interval '7 days'",
    ],
)
def test_a_week_is_the_last_week_of_the_data(
    pg18: Server, new_database: Callable[..., Database], condition: str
) -> None:
    database = new_database(pg18, EVENTS)
    snapshot = take(database.session)
    with Shadow.open(snapshot) as shadow, shadow.connect() as session:
        observer = Observer(session, "18.0", as_of=snapshot.as_of)
        for sql in (f"SELECT 1 FROM events WHERE {condition}", "SELECT 1 FROM last_week", "SELECT 1 FROM last_days"):
            (facts,) = observer.facts(single(sql).statements[0])
            assert 9000 < facts.rows < 11_000, facts.outline
        session.script("RESET dbopt.clock")
        (facts,) = Observer(session, "18.0").facts(single(f"SELECT 1 FROM events WHERE {condition}").statements[0])
        assert facts.rows < 100


def test_words_that_only_look_like_the_present_stay() -> None:
    sql = "SELECT 'CURRENT_DATE' AS \"current_date\", t.current_dates FROM t -- CURRENT_DATE"
    assert clock.asked_of_shadow(sql) == sql
    assert clock.asked_of_shadow("SELECT current_date+1") == "SELECT pg_catalog.dbopt_current_date()+1"


def test_advice_on_a_snapshot_is_of_the_same_present(pg18: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(pg18, EVENTS)
    week = single("SELECT * FROM events WHERE at > CURRENT_DATE - 7").statements[0]
    with what_if(take(database.session)) as asked:
        assert 9000 < asked.estimate(week).plan.root.plan_rows < 11_000
    with what_if(database.session) as asked:
        assert asked.estimate(week).plan.root.plan_rows < 100
