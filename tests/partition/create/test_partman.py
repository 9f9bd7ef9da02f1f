"""Sets for pg_partman 4.7.2, on the real one of PostgreSQL 15: it accepts them and makes the next partitions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from psycopg.sql import SQL

from dbopt.postgres.session import Session
from tests.partition.create.scripts import Command, home, partitions, psql, run, script_of, shape, undo_of
from tests.servers import Database, Server

EXTENSION = "CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman"


@pytest.fixture
def partman(pg15: Server, new_database: Callable[..., Database]) -> Database:
    return new_database(pg15, EXTENSION)


def maintain(database: Database, zone: str = "UTC") -> None:
    run(database, "SELECT partman.run_maintenance(p_analyze := false);", zone)


def config(database: Database) -> list[dict[str, object]]:
    return database.session.fetch(SQL("SELECT * FROM partman.part_config"))


# The column's type, options, the step as SQL adds it to a value, a value at the end of what was premade, what the
# names look like (to LIKE).
TIMES = {
    "a year": ("timestamptz", ("--interval", "1 year"), "now() + interval '4 years'", "t_p____"),
    "a quarter": ("timestamptz", ("--interval", "3 months"), "now() + interval '9 months'", "t_p____q_"),
    "a month": ("timestamptz", ("--interval", "1 month"), "now() + interval '3 months'", "t_p____\\___"),
    "a week": ("timestamptz", ("--interval", "7 days"), "now() + interval '3 weeks'", "t_p____w__"),
    "a day": ("timestamp", ("--interval", "1 day"), "now() + interval '3 days'", "t_p____\\___\\___"),
    "dates": ("date", ("--interval", "1 month"), "now() + interval '3 months'", "t_p____\\___"),
    "an hour": ("timestamptz", ("--interval", "1 hour"), "now() + interval '3 hours'", "t_p____\\___\\___\\_____"),
    "minutes": ("timestamptz", ("--interval", "15 min"), "now() + interval '45 min'", "t_p____\\___\\___\\_____"),
    "ten days": ("timestamptz", ("--interval", "10 days"), "now() + interval '30 days'", "t_p____\\___\\___"),
    "seconds": (
        "bigint",
        ("--interval", "1 month", "--key", "epoch-s"),
        "extract(epoch FROM now() + interval '3 months')::bigint",
        "t_p____\\___",
    ),
    "milliseconds": (
        "bigint",
        ("--interval", "1 month", "--key", "epoch-ms"),
        "extract(epoch FROM now() + interval '3 months')::bigint * 1000",
        "t_p____\\___",
    ),
    "numbers": ("bigint", ("--interval", "1000"), "3999", "t_p%"),
}
TAKE_OVER = {name: case for name, case in TIMES.items() if name != "minutes"}


def likes(session: Session, names: list[str], pattern: str) -> bool:
    query = SQL("SELECT bool_and(name LIKE {}) AS fits FROM unnest({}::text[]) AS name").format(pattern, names)
    return bool(session.fetch(query)[0]["fits"])


@pytest.mark.parametrize("name", TIMES)
def test_pg_partman_makes_the_set_and_keeps_it(name: str, partman: Database, dbopt: Command) -> None:
    type_name, options, late, pattern = TIMES[name]
    session = partman.session
    session.script(f"CREATE TABLE t (k {type_name} NOT NULL) PARTITION BY RANGE (k)")
    before = shape(session)
    script = script_of(dbopt, partman, "t", "--control", "k", *options, "--flavour", "pg_partman")
    run(partman, script)
    made = partitions(session, "t")
    assert likes(session, [one for one in made if one != "t_default"], pattern), made
    assert "t_default" in made
    assert home(session, "t", "k", late) != "t_default"
    maintain(partman)
    after = partitions(session, "t")
    assert len(after) >= len(made) + 3, after
    assert psql(partman, undo_of(script)).returncode == 3
    session.script("TRUNCATE t")
    run(partman, undo_of(script))
    assert shape(session) == before
    assert config(partman) == []


@pytest.mark.parametrize("name", TAKE_OVER)
def test_a_native_set_is_taken_over(name: str, partman: Database, dbopt: Command) -> None:
    type_name, options, late, _ = TIMES[name]
    session = partman.session
    session.script(f"CREATE TABLE t (k {type_name} NOT NULL) PARTITION BY RANGE (k)")
    run(partman, script_of(dbopt, partman, "t", "--control", "k", *options))
    native, before = partitions(session, "t"), shape(session)
    key = options[2:]
    script = script_of(dbopt, partman, "t", *key, "--flavour", "pg_partman", "--take-over")
    run(partman, script)
    handed = set(partitions(session, "t"))
    assert len(handed) == len(native)
    assert home(session, "t", "k", late) != "t_default"
    maintain(partman)
    after = partitions(session, "t")
    assert len(after) >= len(native) + 3, after
    maintain(partman)
    assert partitions(session, "t") == after
    session.script("TRUNCATE t")
    for one in set(after) - handed:
        session.script(f"DROP TABLE {one}")
    run(partman, undo_of(script))
    assert config(partman) == []
    assert shape(session) == before


def test_a_set_goes_on_after_what_pg_partman_made_of_it(partman: Database, dbopt: Command) -> None:
    session = partman.session
    session.script("CREATE TABLE t (k timestamptz NOT NULL) PARTITION BY RANGE (k)")
    line = ("partition", "create", "t", "--interval", "1 month", "--flavour", "pg_partman", "-d", partman.dsn)
    code, out, err = dbopt(*line, "--yes")
    assert code == 0, err
    assert "t_default" in out
    assert "time zone" not in out
    code, _, err = dbopt(*line)
    assert code == 0
    assert "there is nothing to do" in err
    code, _, err = dbopt("partition", "create", "t", "-d", partman.dsn, "--yes")
    assert code == 3
    assert "kept by pg_partman" in err


def test_an_empty_table_becomes_a_set_of_pg_partman(partman: Database, dbopt: Command) -> None:
    session = partman.session
    session.script("CREATE TABLE t (id int, k timestamptz NOT NULL, PRIMARY KEY (id, k)) WITH (fillfactor = 60)")
    before = shape(session)
    script = script_of(dbopt, partman, "t", "--control", "k", "--interval", "1 month", "--flavour", "pg_partman")
    run(partman, script)
    options = session.fetch(
        SQL("SELECT DISTINCT reloptions FROM pg_class WHERE relname LIKE 't\\_p%' AND relkind = 'r'")
    )
    assert [row["reloptions"] for row in options] == [["fillfactor=60"]]
    run(partman, undo_of(script))
    assert shape(session) == before


REFUSED = {
    "a hash": ("PARTITION BY HASH (k)", ("--modulus", "4"), "partitioned by hash"),
    "a list": ("PARTITION BY LIST (k)", ("--strategy", "list", "--values", "1;2"), "partitioned by list"),
    "uuidv7": ("PARTITION BY RANGE (u)", ("--control", "u", "--interval", "1 day"), "kind uuidv7"),
    "microseconds": ("PARTITION BY RANGE (k)", ("--interval", "1 day", "--key", "epoch-us"), "kind epoch-us"),
    "sub-partitions": ("PARTITION BY RANGE (k)", ("--interval", "10", "--sub", "hash:k:2"), "sub-partitions"),
    "no default": ("PARTITION BY RANGE (k)", ("--interval", "10", "--no-default"), "default partition"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_version_4_cannot_do_is_refused(name: str, partman: Database, dbopt: Command) -> None:
    how, options, said = REFUSED[name]
    partman.session.script(f"CREATE TABLE t (k bigint NOT NULL, u uuid NOT NULL) {how}")
    code, out, err = dbopt(
        "partition", "create", "t", *options, "--flavour", "pg_partman", "--dry-run", "-d", partman.dsn
    )
    assert code == 3, out
    assert "pg_partman 4.7 cannot" in err
    assert said in err
    assert "--flavour native" in err


def test_partitions_that_exist_are_not_handed_over_unasked(partman: Database, dbopt: Command) -> None:
    partman.session.script("CREATE TABLE t (k bigint NOT NULL) PARTITION BY RANGE (k)")
    partman.session.script("CREATE TABLE t_p0 PARTITION OF t FOR VALUES FROM (0) TO (10)")
    code, _, err = dbopt("partition", "create", "t", "--flavour", "pg_partman", "--yes", "-d", partman.dsn)
    assert code == 3
    assert "--take-over" in err


def test_partitions_with_other_names_are_renamed_at_the_take_over(partman: Database, dbopt: Command) -> None:
    session = partman.session
    session.script("CREATE TABLE t (k bigint NOT NULL) PARTITION BY RANGE (k)")
    for number in range(3):
        bounds = f"FROM ({number * 10}) TO ({number * 10 + 10})"
        session.script(f"CREATE TABLE part_{number} PARTITION OF t FOR VALUES {bounds}")
    script = script_of(dbopt, partman, "t", "--flavour", "pg_partman", "--take-over", "--premake", "2")
    run(partman, script)
    assert partitions(session, "t") == ["t_p0", "t_p10", "t_p20"]
    session.script("INSERT INTO t VALUES (25)")
    maintain(partman)
    assert partitions(session, "t") == ["t_p0", "t_p10", "t_p20", "t_p30", "t_p40"]
    session.script("TRUNCATE t; DROP TABLE t_p30, t_p40")
    run(partman, undo_of(script))
    assert partitions(session, "t") == ["part_0", "part_1", "part_2"]


def test_names_that_pg_partman_takes_apart_are_refused(partman: Database, dbopt: Command) -> None:
    partman.session.script('CREATE TABLE "a.b" (k bigint NOT NULL) PARTITION BY RANGE (k)')
    partman.session.script(f'CREATE TABLE "{"é" * 28}" (k bigint NOT NULL) PARTITION BY RANGE (k)')
    options = ("--interval", "10", "--flavour", "pg_partman", "--dry-run", "-d", partman.dsn)
    code, _, err = dbopt("partition", "create", '"a.b"', *options)
    assert code == 3
    assert "periods" in err
    code, _, err = dbopt("partition", "create", f'"{"é" * 28}"', *options)
    assert code == 3
    assert "characters" in err


def test_a_long_name_is_cut_by_pg_partman(partman: Database, dbopt: Command) -> None:
    name = '"' + "Long Name " * 6 + 'x"'
    partman.session.script(
        f'CREATE SCHEMA "Other"; CREATE TABLE "Other".{name} ("Key col" bigint) PARTITION BY RANGE ("Key col")'
    )
    options = ("--interval", "10", "--flavour", "pg_partman")
    run(partman, script_of(dbopt, partman, f'"Other".{name}', "--control", "Key col", *options))
    partman.session.script(f'INSERT INTO "Other".{name} VALUES (35)')
    maintain(partman)
    made = partitions(partman.session, f'"Other".{name}')
    assert len(made) == 9
    assert any(one.endswith('_p70"') for one in made)


def test_without_the_extension_only_a_script_is_made(
    pg15: Server, new_database: Callable[..., Database], dbopt: Command
) -> None:
    database = new_database(pg15)
    database.session.script("CREATE TABLE t (k bigint NOT NULL) PARTITION BY RANGE (k)")
    line = ("partition", "create", "t", "--interval", "10", "--flavour", "pg_partman", "-d", database.dsn)
    code, _, err = dbopt(*line, "--yes", "--partman-version", "4.7")
    assert code == 3
    assert "CREATE EXTENSION pg_partman" in err
    code, out, _ = dbopt(*line, "--dry-run", "--partman-version", "4.7")
    assert code == 0
    assert "partman.create_parent" in out
    assert "'native'" in out
