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


def test_dates_that_no_clock_shows_are_not_the_present(server: Server, new_database: Callable[..., Database]) -> None:
    odd = """
        CREATE TABLE odd (day date, at timestamp, due timestamptz);
        CREATE TABLE numbers AS SELECT n FROM generate_series(0, 300) AS n;
        INSERT INTO odd SELECT d, d::timestamp, d::timestamptz
        FROM unnest(ARRAY['infinity', '-infinity', '0044-03-15 BC', '12024-01-01', '2020-05-05']::date[]) AS d,
             generate_series(1, 20);
        INSERT INTO odd SELECT date '5874897-12-31' - n, '294276-12-31', '294276-12-30' FROM numbers;
        INSERT INTO odd SELECT date '4713-01-01 BC' + n, '4713-01-01 BC', '4713-01-02 BC' FROM numbers;
        ANALYZE odd
    """
    database = new_database(server, odd)
    database.session.script("SET DateStyle = 'German'; SET TimeZone = 'Pacific/Auckland'")
    assert (take(database.session).as_of or "").startswith("2020-05-0")
    assert (take(database.session, redact=True).as_of or "").startswith("2020-05-0")


@pytest.mark.parametrize(
    "condition",
    [
        "at > now() - interval '7 days'",
        "at > CURRENT_TIMESTAMP - interval '7 days'",
        "at > CURRENT_DATE - 7",
        "at > LOCALTIMESTAMP - interval '7 days'",
        "at > CURRENT_TIMESTAMP(3) - interval '7 days'",
        "at > LocalTimestamp ( 0 ) - interval '7 days'",
        "at > transaction_timestamp() - interval '7 days'",
        "at > statement_timestamp() - interval '7 days'",
        "at > 'now'::timestamptz - interval '7 days'",
        "at > 'today'::date - 7",
        "at > date 'Yesterday' - 6",
        "at > CAST(' tomorrow ' AS pg_catalog.date) - 8",
        "at > timestamp(3) with time zone 'now' - interval '7 days'",
        "at > CAST('now' AS timestamp (0) WITHOUT TIME ZONE) - interval '7 days'",
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


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'CURRENT_DATE' AS \"current_date\", t.current_dates FROM t -- CURRENT_DATE",
        "SELECT s.current_date, s.LocalTime FROM (SELECT a AS current_date, b AS /* x */ localtime FROM t) AS s",
        "SELECT 'today', 'now'::text, 'today'::daterange, CAST('now' AS text), t.date, 'date'::text FROM today",
        "SELECT E'to\\\\day'::date, 'today was'::date, interval 'now', 'now'::timestamptz_of_mine",
    ],
)
def test_words_that_only_look_like_the_present_stay(sql: str) -> None:
    assert clock.asked_of_shadow(sql) == sql


@pytest.mark.parametrize(
    ("sql", "asked"),
    [
        ("SELECT current_date+1", 'SELECT pg_catalog."current_date"()+1'),
        ("SELECT LOCALTIME(0)", 'SELECT pg_catalog."localtime"()::time(0)'),
        ("SELECT $$today$$ :: date -- x", "SELECT pg_catalog.dbopt_date('today') :: date -- x"),
        (
            "SELECT TIMESTAMP WITH TIME ZONE 'NOW', 1",
            "SELECT pg_catalog.dbopt_timestamptz('now')::timestamp with time zone, 1",
        ),
    ],
)
def test_the_present_is_asked_of_functions(sql: str, asked: str) -> None:
    assert clock.asked_of_shadow(sql) == asked


def test_columns_keep_the_names_of_the_words(pg18: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(pg18, EVENTS)
    sql = "SELECT 1 FROM (SELECT CURRENT_DATE, CURRENT_TIME(0)) AS s, events WHERE day < s.current_date"
    with Shadow.open(take(database.session)) as shadow, shadow.connect() as session:
        (facts,) = Observer(session, "18.0", as_of="2024-03-01").facts(single(sql).statements[0])
        assert facts.rows > 0


def test_special_words_are_constants_as_on_the_server(pg18: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(
        pg18,
        "CREATE TABLE days (day date) PARTITION BY RANGE (day);"
        "CREATE TABLE early PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2024-03-01');"
        "CREATE TABLE late PARTITION OF days FOR VALUES FROM ('2024-03-01') TO ('2050-01-01');"
        "INSERT INTO days SELECT date '2024-02-20' + n % 11 FROM generate_series(1, 1000) AS n; ANALYZE",
    )
    with Shadow.open(take(database.session)) as shadow, shadow.connect() as session:
        observer = Observer(session, "18.0", as_of="2024-02-29 12:00:00+00")
        (facts,) = observer.facts(single("SELECT * FROM days WHERE day = 'tomorrow'::date").statements[0])
        assert facts.outline == ("Seq Scan on public.days", "  Filter: (days.day = ?)")
        assert [(read.relation, read.partitions) for read in facts.reads] == [("public.days", 1)]
        (facts,) = observer.facts(single("SELECT timestamptz 'yesterday', 'now'::timestamp").statements[0])
        assert facts.outline == ("Result",)


def test_advice_on_a_snapshot_is_of_the_same_present(pg18: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(pg18, EVENTS)
    week = single("SELECT * FROM events WHERE at > CURRENT_DATE - 7").statements[0]
    with what_if(take(database.session)) as asked:
        assert 9000 < asked.estimate(week).plan.root.plan_rows < 11_000
    with what_if(database.session) as asked:
        assert asked.estimate(week).plan.root.plan_rows < 100
