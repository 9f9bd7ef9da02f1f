"""dbopt partition create, as a person or a script calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from psycopg.sql import SQL

from dbopt.partition.read import name_of
from dbopt.postgres.exclusive import exclusive, key_of
from tests.partition.create.scripts import Command, partitions, run, script_of
from tests.servers import Database

LINE = ("partition", "create", "public.events", "--control", "created_at", "--interval", "1 month", "--premake", "4")


@pytest.fixture
def events(database: Database) -> Database:
    database.session.script(
        "CREATE TABLE events (id int, created_at timestamptz NOT NULL) PARTITION BY RANGE (created_at)"
    )
    return database


def test_the_call_that_scripts_make(events: Database) -> None:
    line = [sys.executable, "-m", "dbopt", *LINE, "--dry-run", "-d", events.dsn]
    made = subprocess.run(line, capture_output=True, text=True, check=True)
    assert made.stdout.startswith("-- Partitions of public.events: made by dbopt ")
    assert "--control created_at --interval '1 month' --premake 4" in made.stdout
    subprocess.run(["psql", "-X", "-v", "ON_ERROR_STOP=1", events.dsn], input=made.stdout, text=True, check=True)
    assert len(partitions(events.session, "events")) == 6


def test_nothing_is_changed_without_a_yes(events: Database, dbopt: Command) -> None:
    code, _, err = dbopt(*LINE, "-d", events.dsn)
    assert code == 2
    assert "--yes" in err
    assert "CREATE TABLE public.events_p" in err
    assert partitions(events.session, "events") == []


def test_the_result_says_what_was_made(events: Database, dbopt: Command) -> None:
    code, out, _ = dbopt(*LINE, "-d", events.dsn, "--yes", "--format", "json")
    assert code == 0
    result = json.loads(out)
    assert result["schema"] == "dbopt.partitions-created/1"
    assert [one["name"] for one in result["partitions"]] == [
        *partitions(events.session, "events")[1:],
        "events_default",
    ]
    assert result["partitions"][0]["bound"].endswith("-01 00:00:00+00')")
    code, out, err = dbopt(*LINE, "-d", events.dsn, "--format", "json")
    assert code == 0
    assert json.loads(out)["partitions"] == []
    assert "nothing to do" in err


def test_the_undo_is_a_script_of_its_own_too(events: Database, dbopt: Command, tmp_path: Path) -> None:
    file = tmp_path / "undo.sql"
    code, _, err = dbopt(*LINE, "-d", events.dsn, "--yes", "--undo-script", str(file))
    assert code == 0
    assert str(file) in err
    run(events, file.read_text("utf-8"))
    assert partitions(events.session, "events") == []
    code, _, err = dbopt(*LINE, "-d", events.dsn, "--yes", "--undo-script", str(tmp_path / "no" / "undo.sql"))
    assert code == 3


def test_what_is_left_out_stands_in_the_configuration(events: Database, dbopt: Command, tmp_path: Path) -> None:
    file = tmp_path / "dbopt.toml"
    section = 'table = "events"\ncontrol = "created_at"\ninterval = "1 day"\npremake = 2\n'
    file.write_text(f"[[partition]]\n{section}", "utf-8")
    script = script_of(dbopt, events, "public.events", "--config", str(file))
    assert script.count("PARTITION OF") == 4
    script = script_of(dbopt, events, "public.events", "--config", str(file), "--premake", "0", "--no-default")
    assert script.count("PARTITION OF") == 1


def test_two_at_once_are_one_too_many(events: Database, dbopt: Command) -> None:
    name = name_of(events.session, "events")
    with events.server.connect(events.name) as other, exclusive(other, key_of("partition", name.schema, name.name)):
        code, _, err = dbopt(*LINE, "-d", events.dsn, "--yes")
    assert code == 75
    assert "public.events" in err


def test_a_lock_that_is_held_leaves_nothing_half_done(events: Database, dbopt: Command) -> None:
    with events.server.connect(events.name) as other, other.transaction():
        other.execute(SQL("LOCK TABLE events IN ACCESS SHARE MODE"))
        code, _, err = dbopt(*LINE, "-d", events.dsn, "--yes", "--lock-timeout", "50ms", "--retries", "1")
    assert code == 3
    assert "trying again" in err
    assert partitions(events.session, "events") == []
    assert dbopt(*LINE, "-d", events.dsn, "--yes")[0] == 0


def test_a_tablespace_that_is_missing_leaves_nothing_half_done(events: Database, dbopt: Command) -> None:
    code, _, err = dbopt(*LINE, "-d", events.dsn, "--yes", "--tablespace", "Nowhere")
    assert code == 3
    assert "Nowhere" in err
    assert partitions(events.session, "events") == []


def test_partitions_lie_in_their_tablespace(events: Database, dbopt: Command) -> None:
    session = events.session
    space = f"space_{events.name}"
    session.execute(SQL("SET allow_in_place_tablespaces = on"))
    session.execute(SQL(f"CREATE TABLESPACE {space} LOCATION ''"))
    try:
        run(
            events, script_of(dbopt, events, "events", "--interval", "1 month", "--tablespace", space, "--premake", "1")
        )
        query = SQL("""
            SELECT DISTINCT s.spcname FROM pg_class AS c JOIN pg_tablespace AS s ON s.oid = c.reltablespace
            WHERE c.relispartition AND c.relkind = 'r'
        """)
        assert session.fetch(query) == [{"spcname": space}]
    finally:
        session.script("DROP TABLE events")
        session.execute(SQL(f"DROP TABLESPACE {space}"))


def test_a_view_is_no_table(events: Database, dbopt: Command) -> None:
    events.session.script("CREATE VIEW v AS SELECT now() AS created_at")
    code, _, err = dbopt("partition", "create", "v", "--control", "created_at", "--dry-run", "-d", events.dsn)
    assert code == 3
    assert "public.v is not a table" in err


def test_values_of_a_list_are_compared_as_the_server_writes_them(database: Database, dbopt: Command) -> None:
    database.session.script("CREATE TABLE t (k numeric(6,2)) PARTITION BY LIST (k)")
    line = ("partition", "create", "t", "--values", "a:1,2.5", "--no-default", "--yes", "-d", database.dsn)
    assert dbopt(*line)[0] == 0
    code, _, err = dbopt(*line[:4], "a:2.50,1.0;b:3", *line[5:])
    assert code == 0, err
    assert partitions(database.session, "t") == ["t_p_a", "t_p_b"]
    code, _, err = dbopt(*line[:4], "a:1,7", *line[5:])
    assert code == 3
    assert "t_p_a holds 1.00 already" in err
    code, _, err = dbopt(*line[:4], "a:x", *line[5:])
    assert code == 3


def test_a_hash_of_another_modulus_is_refused(database: Database, dbopt: Command) -> None:
    database.session.script("CREATE TABLE t (k int) PARTITION BY HASH (k)")
    assert dbopt("partition", "create", "t", "--modulus", "2", "--yes", "-d", database.dsn)[0] == 0
    code, _, err = dbopt("partition", "create", "t", "--modulus", "4", "--yes", "-d", database.dsn)
    assert code == 2
    assert "--modulus 2" in err
    database.session.script("DROP TABLE t_p1")
    assert dbopt("partition", "create", "t", "--strategy", "hash", "--yes", "-d", database.dsn)[0] == 0
    assert partitions(database.session, "t") == ["t_p0", "t_p1"]
