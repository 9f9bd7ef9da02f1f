"""Every strategy, as a script in psql: rows stand where their bounds say, and the undo leaves what was before."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from psycopg.sql import SQL

from tests.partition.create.scripts import FAR_ZONES, Command, home, partitions, psql, run, script_of, shape, undo_of
from tests.servers import Database


@dataclass(frozen=True)
class Case:
    """Options for a table `t` with a column `k` of a type, and where values, expressions of SQL, must go."""

    type: str
    options: tuple[str, ...]
    homes: dict[str, str]


def case(type_name: str, options: str, homes: dict[str, str], *more: str) -> Case:
    return Case(type_name, (*options.split(), *more), homes)


YEARS = {
    "'2023-12-31 23:59:59.999999+00'": "t_p20230101",
    "'2024-01-01 00:00:00+00'": "t_p20240101",
    "'2024-01-01 05:29:59+05:30'": "t_p20230101",
    "'2019-01-01 00:00:00+00'": "t_default",
    "'-infinity'": "t_default",
    "NULL": "t_default",
}
MONTHS = {"'2024-02-29 23:59:59.999999+00'": "t_p20240201", "'2024-03-01 00:00:00+00'": "t_p20240301"}
# The clock turns in New York on 2024-03-10, in the middle of this one.
NEW_YEAR = 1704067200

CASES = {
    "a year": case("timestamptz", "--start 2023-01-01", YEARS, "--interval", "1 year"),
    "a quarter": case(
        "timestamptz",
        "--start 2024-01-01 --interval quarterly",
        {"'2024-03-31 23:59:59.999999+00'": "t_p20240101", "'2024-04-01 00:00:00+00'": "t_p20240401"},
    ),
    "a month": case("timestamptz", "--start 2024-01-01", MONTHS, "--interval", "1 month"),
    "a month of timestamps": case(
        "timestamp",
        "--start 2024-01-01 --interval monthly",
        {"'2024-02-29 23:59:59.999999'": "t_p20240201", "'2024-03-01 00:00:00'": "t_p20240301"},
    ),
    "a month of dates": case(
        "date", "--start 2024-01-01 --interval P1M", {"'2024-02-29'": "t_p20240201", "'2024-03-01'": "t_p20240301"}
    ),
    "a week": case(
        "timestamptz",
        "--start 2024-01-03 --interval weekly",
        {"'2024-01-07 23:59:59.9+00'": "t_p20240101", "'2024-01-08 00:00:00+00'": "t_p20240108"},
    ),
    "any number of days": case("timestamptz", "--start 2024-01-01", {"now()": "t_p________"}, "--interval", "10 days"),
    "a day": case(
        "timestamptz",
        "--interval daily",
        {
            "date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'": "t_p________",
            "now() - interval '2 days'": "t_default",
            "now() + interval '4 days'": "t_p________",
        },
    ),
    "an hour": case(
        "timestamptz", "--interval hourly", {"now()": "t_p________\\_______", "now() - interval '1 hour'": "t_default"}
    ),
    "minutes": case("timestamptz", "--start", {"now()": "t_p________\\_____00"}, "2 hours", "--interval", "15 minutes"),
    "numbers": case(
        "bigint",
        "--interval 1000 --start -1000",
        {"-1001": "t_default", "-1": "t_pm1000", "0": "t_p0", "999": "t_p0", "1000": "t_p1000", "5000": "t_default"},
    ),
    "seconds": case(
        "bigint",
        "--interval monthly --key epoch-s --start 2023-12-01",
        {f"{NEW_YEAR - 1}": "t_p20231201", f"{NEW_YEAR}": "t_p20240101"},
    ),
    "milliseconds": case(
        "bigint",
        "--interval monthly --key epoch-ms --start 2023-12-01",
        {f"{NEW_YEAR}000 - 1": "t_p20231201", f"{NEW_YEAR}000": "t_p20240101"},
    ),
    "microseconds": case(
        "bigint",
        "--interval monthly --key epoch-us --start 2023-12-01",
        {f"{NEW_YEAR}000000 - 1": "t_p20231201", f"{NEW_YEAR}000000": "t_p20240101"},
    ),
    "nanoseconds": case(
        "numeric",
        "--interval monthly --key epoch-ns --start 2023-12-01",
        {f"{NEW_YEAR}000000000 - 0.5": "t_p20231201", f"{NEW_YEAR}000000000": "t_p20240101"},
    ),
    "uuidv7": case(
        "uuid",
        "--interval monthly --start 2023-12-01",
        {
            "'018cc251-f3ff-7fff-bfff-ffffffffffff'": "t_p20231201",
            "'018cc251-f400-7000-8000-000000000000'": "t_p20240101",
        },
    ),
    "ulid": case(
        "text",
        "--interval monthly --start 2023-12-01",
        {"'01HK153WZZZZZZZZZZZZZZZZZZ'": "t_p20231201", "'01HK153X000000000000000000'": "t_p20240101"},
    ),
    "a list": case(
        "text",
        "--strategy list --values eu:de,fr;us:us;none:NULL",
        {"'fr'": "t_p_eu", "'us'": "t_p_us", "NULL": "t_p_none", "'jp'": "t_default"},
    ),
    "a list of odd texts": case(
        "varchar(20)",
        "--strategy list --no-default --values",
        {"'a,b'": "t_p_a_b", "'it''s'": "t_p_a_b", "''": "t_p_empty", "'NULL'": "t_p_odd"},
        "'a,b','it''s';'';odd:'NULL'",
    ),
    "a list of numbers": case("integer", "--strategy list --values 1,02;3", {"2": "t_p_1", "3": "t_p_3"}),
    "a list of truths": case("boolean", "--strategy list --values yes:on;no:f", {"true": "t_p_yes", "false": "t_p_no"}),
    "a hash": case("bigint", "--modulus 4", {str(number): "t_p_" for number in range(8)}),
    "by month, then by hash": case(
        "timestamptz", "--interval monthly --start 2024-01-01 --sub hash:n:4", dict.fromkeys(MONTHS, "t_p2024____\\_p_")
    ),
    "by month, then by list": case(
        "timestamptz",
        "--interval monthly --start 2024-01-01 --sub list:region:eu:de,fr",
        {value: f"{name}_default" for value, name in MONTHS.items()},
    ),
    "by month, then by day": case(
        "timestamptz", "--interval monthly", {"now()": "t_p________\\_p________"}, "--sub", "range:k:1 day"
    ),
    "by list, then by month, then by hash": case(
        "text",
        "--strategy list --values eu:de,fr --sub range:at:monthly --sub hash:n:2",
        {"'de'": "t_p_eu_p________\\_p_", "'jp'": "t_default"},
    ),
}
TABLE = "CREATE TABLE t (k {}, n integer DEFAULT 7, region text, at timestamptz DEFAULT now()) PARTITION BY {} (k)"


def strategy_of(options: tuple[str, ...]) -> str:
    return "HASH" if "--modulus" in options else "LIST" if "list" in options else "RANGE"


def fits(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern in which _ stands for a digit, or for itself."""
    plain = pattern.replace("\\_", "\0")
    return len(name) == len(plain) and all(
        mark in ("_", own) if mark != "\0" else own == "_" for mark, own in zip(plain, name, strict=True)
    )


@pytest.mark.parametrize("name", CASES)
def test_a_script_makes_a_set_and_its_undo_takes_it_back(name: str, database: Database, dbopt: Command) -> None:
    asked, session = CASES[name], database.session
    session.script(TABLE.format(asked.type, strategy_of(asked.options)))
    before = shape(session)
    script = script_of(dbopt, database, "t", "--control", "k", *asked.options)
    run(database, script)
    for zone in FAR_ZONES:
        session.script(f"SET timezone = '{zone}'")
        for value, pattern in asked.homes.items():
            found = home(session, "t", "k", value)
            assert fits(found, pattern), (value, found)
    refused = psql(database, undo_of(script))
    assert refused.returncode == 3
    assert "holds rows" in refused.stderr
    session.script("TRUNCATE t")
    run(database, undo_of(script), FAR_ZONES[1])
    assert shape(session) == before


@pytest.mark.parametrize("name", CASES)
def test_a_second_run_has_nothing_to_do(name: str, database: Database, dbopt: Command) -> None:
    asked, session = CASES[name], database.session
    session.script(TABLE.format(asked.type, strategy_of(asked.options)))
    line = ("partition", "create", "t", "--control", "k", *asked.options, "-d", database.dsn)
    code, _, err = dbopt(*line, "--yes")
    assert code == 0, err
    made = partitions(session, "t")
    code, _, err = dbopt(*line)
    assert code == 0, err
    assert "there is nothing to do" in err
    code, out, _ = dbopt(*line, "--dry-run")
    assert code == 0
    run(database, out)
    assert partitions(session, "t") == made


def test_partitions_that_are_missing_are_made(database: Database, dbopt: Command) -> None:
    session = database.session
    session.script(TABLE.format("bigint", "RANGE"))
    session.script("CREATE TABLE t_p2000 PARTITION OF t FOR VALUES FROM (2000) TO (3000)")
    run(database, script_of(dbopt, database, "t", "--interval", "1000", "--premake", "3", "--start", "500"))
    assert partitions(session, "t") == ["t_p0", "t_p1000", "t_p2000", "t_p3000"]


def test_numbers_go_on_from_the_greatest(database: Database, dbopt: Command) -> None:
    session = database.session
    session.script(TABLE.format("bigint", "RANGE"))
    session.script("CREATE TABLE t_p2000 PARTITION OF t FOR VALUES FROM (2000) TO (3000); INSERT INTO t VALUES (2500)")
    run(database, script_of(dbopt, database, "t", "--premake", "1"))
    assert partitions(session, "t") == ["t_p2000", "t_p3000"]


def test_bounds_of_a_set_in_another_time_zone_go_on_there(database: Database, dbopt: Command) -> None:
    session = database.session
    session.script(f"ALTER DATABASE {database.name} SET timezone = 'Europe/Berlin'; SET timezone = 'Europe/Berlin'")
    session.script(TABLE.format("timestamptz", "RANGE"))
    for month in range(1, 4):
        lower, upper = f"2024-{month:02}-01", f"2024-{month + 1:02}-01"
        session.script(f"CREATE TABLE t_p2024{month:02}01 PARTITION OF t FOR VALUES FROM ('{lower}') TO ('{upper}')")
    run(database, script_of(dbopt, database, "t", "--start", "2024-05-15"))
    assert home(session, "t", "k", "'2024-04-30 22:00:00+00'") == "t_p20240501"


def test_more_than_a_hundred_partitions_are_made_in_several_transactions(database: Database, dbopt: Command) -> None:
    database.session.script(TABLE.format("bigint", "RANGE"))
    script = script_of(dbopt, database, "t", "--interval", "10", "--premake", "250")
    assert script.count("\nBEGIN;") == 3
    run(database, script)
    assert len(partitions(database.session, "t")) == 252
    run(database, undo_of(script))
    assert partitions(database.session, "t") == []


def test_rows_of_the_default_partition_are_not_left_behind(database: Database, dbopt: Command) -> None:
    session = database.session
    session.script(TABLE.format("timestamptz", "RANGE"))
    session.script("CREATE TABLE t_default PARTITION OF t DEFAULT; INSERT INTO t VALUES (now())")
    code, _, err = dbopt("partition", "create", "t", "--interval", "1 month", "--yes", "-d", database.dsn)
    assert code == 3
    assert "dbopt partition maintain" in err
    assert partitions(session, "t") == ["t_default"]
    assert session.fetch(SQL("SELECT count(*) AS n FROM t"))[0]["n"] == 1
