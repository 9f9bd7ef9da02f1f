"""Rows leave the default partition while others read and write."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dbopt.errors import LockNotAvailable, QueryFailed
from dbopt.partition.maintain import Wishes, maintain, plan
from dbopt.partition.maintained import Kept
from dbopt.partition.move import Manner, Mover, left_over, move
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import Session
from tests.background import working
from tests.partition.disk import small_disk
from tests.partition.sets import EVENTS, days, left_behind, partitions, rows, value
from tests.servers import Database, Server

HURRIED = Limits(lock_timeout_ms=100, retries=1, pause_ms=10)
FILLED = (
    EVENTS
    + """
CREATE TABLE events_default PARTITION OF events DEFAULT;
INSERT INTO events (at, note) SELECT now() - n * interval '100 seconds', repeat('x', n % 7)
FROM generate_series(1, 3000) AS n;
"""
)


def filled(database: Database, script: str = FILLED) -> Session:
    """A set whose default partition holds some four days."""
    database.session.script(script)
    days(database.session, -9, -8, -7)
    return database.session


def mover_of(session: Session) -> tuple[Mover, int]:
    (one,) = plan(session, Wishes())
    assert one.mover is not None
    return one.mover, one.held.rows


def kept(session: Session, **wishes: object) -> Kept:
    (one,) = maintain(session, Wishes(**wishes)).sets  # type: ignore[arg-type]
    return one


@pytest.mark.parametrize("key", ["PRIMARY KEY (id, at)", "CHECK (id > 0)"], ids=["with-a-key", "without-a-key"])
def test_writers_and_readers_notice_nothing(database: Database, key: str) -> None:
    session = filled(database, FILLED.replace("PRIMARY KEY (id, at)", key))
    session.script("UPDATE events SET note = 'kept' WHERE id % 2 = 0")
    expected = {row["id"]: row["note"] for row in session.fetch_workload("SELECT id, note FROM events")}
    chance = random.Random(1)
    with database.server.connect(database.name) as writer, database.server.connect(database.name) as reader:

        def write() -> None:
            number = chance.choice([one for one, note in expected.items() if note != "kept"])
            action = chance.choice(["insert", "update", "move", "delete"])
            if action == "insert":
                ago = chance.randrange(400_000)
                (row,) = writer.fetch_workload(
                    f"INSERT INTO events (at, note) VALUES (now() - interval '{ago} s', 'new') RETURNING id"
                )
                expected[row["id"]] = "new"
            elif action == "delete":
                writer.script(f"DELETE FROM events WHERE id = {number}")
                del expected[number]
            else:
                back = f", at = at - interval '{chance.randrange(90_000)} s'" if action == "move" else ""
                writer.script(f"UPDATE events SET note = note || 'y'{back} WHERE id = {number}")
                expected[number] += "y"

        def read() -> None:
            assert value(reader, "SELECT count(*) FROM events WHERE note = 'kept'") == 1500

        with working(write, read):
            done = kept(session, manner=Manner(batch_rows=100, sleep_ms=20))
    assert (done.state, done.error) == ("done", None)
    found = session.fetch_workload("SELECT id, note FROM events")
    assert {row["id"]: row["note"] for row in found} == expected
    assert len(found) == len(expected)
    assert done.moved_rows > 2000
    assert left_behind(session) == []


def test_rows_that_are_alike_stay_as_many(database: Database) -> None:
    session = database.session
    session.script(
        "CREATE TABLE events (at timestamptz, what json) PARTITION BY RANGE (at);"
        "CREATE TABLE events_default PARTITION OF events DEFAULT;"
        "INSERT INTO events SELECT date_trunc('day', now()) - interval '3 days', '{}' FROM generate_series(1, 100);"
        "INSERT INTO events SELECT NULL, '{}' FROM generate_series(1, 10)"
    )
    days(session, -1)
    mover, number = mover_of(session)
    ran = []

    def meanwhile(_done: int, _of: int) -> None:
        with database.server.connect(database.name) as other:
            other.script("DELETE FROM events WHERE ctid IN (SELECT ctid FROM events WHERE at IS NOT NULL LIMIT 3)")
            other.script("DELETE FROM events WHERE ctid IN (SELECT ctid FROM events WHERE at IS NULL LIMIT 2)")
            other.script("INSERT INTO events SELECT at, what FROM events WHERE at IS NOT NULL LIMIT 1")
            other.script("INSERT INTO events VALUES ('infinity', '[]')")
        ran.append(1)

    moved = move(session, mover, number, Manner(on_batch=meanwhile))
    assert ran == [1]
    assert value(session, "SELECT count(*) FROM events WHERE at < now()") == 98
    assert value(session, "SELECT count(*) FROM ONLY events_default WHERE at IS NULL") == 8
    assert value(session, "SELECT count(*) FROM ONLY events_default") == 9
    assert (moved.rows, moved.staying) == (98, 9)


def test_null_keys_infinity_and_rows_from_another_age_stay(database: Database) -> None:
    session = filled(database, FILLED.replace("PRIMARY KEY (id, at)", "UNIQUE (id, at)"))
    session.script(
        "INSERT INTO events (at, note) VALUES (NULL, ''), ('infinity', ''), ('-infinity', ''), ('0300-01-01', ''), "
        "('9999-01-01', '')"
    )
    before = rows(database)
    done = kept(session)
    assert rows(database) == before
    assert done.staying_rows == 5
    assert sorted(done.notes) == [
        "1 rows without a key stay in public.events_default",
        "4 rows far from now or infinite stay in public.events_default",
    ]
    assert kept(session).created == ()


def test_triggers_fire_for_writers_and_not_for_the_move(database: Database) -> None:
    session = filled(database)
    session.script(
        """CREATE TABLE fired (what text);
        CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO fired VALUES (TG_OP); RETURN NULL; END $$;
        CREATE TRIGGER watch AFTER INSERT OR UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION fire();
        CREATE TRIGGER emptied AFTER TRUNCATE ON events_default FOR EACH STATEMENT EXECUTE FUNCTION fire();
        ALTER TABLE events_default ENABLE ALWAYS TRIGGER emptied;
        INSERT INTO events (at, note) VALUES ('infinity', '')"""
    )
    before = session.fetch_workload("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2")
    done = kept(session)
    assert done.staying_rows == 1
    assert value(session, "SELECT string_agg(what, ',') FROM fired") == "INSERT"
    after = session.fetch_workload(
        "SELECT DISTINCT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
    )
    assert after == [row for number, row in enumerate(before) if row not in before[:number]]
    session.script("INSERT INTO events (at, note) VALUES (now(), '')")
    assert value(session, "SELECT count(*) FROM fired") == 2


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_killed_and_run_again_every_row_is_there_once(database: Database, batches: int) -> None:
    session = filled(database)
    before = rows(database)
    command = ["partition", "maintain", "-d", database.dsn, "--yes", "--batch-rows", "200", "--sleep", "300ms"]
    process = subprocess.Popen([sys.executable, "-m", "dbopt", *command], env={**os.environ, "NO_COLOR": "1"})
    oid = value(session, "SELECT 'events'::regclass::oid::bigint")
    copied = f"public.dbopt_copied_{oid}"
    while value(session, f"SELECT to_regclass('{copied}') IS NULL"):
        assert process.poll() is None
    while value(session, f"SELECT count(*) FROM {copied}") < batches:
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert rows(database) == before
    session.script("UPDATE events SET note = 'after the end' WHERE id = 7")
    before = rows(database)
    assert left_over(session) == [("public", oid)]
    done = kept(session)
    assert (done.state, done.staying_rows) == ("done", 0)
    assert rows(database) == before
    assert left_behind(session) == []


@pytest.mark.parametrize("table", ["events", "events_default"])
def test_a_lock_that_is_not_given_leaves_nothing(database: Database, table: str) -> None:
    session = filled(database)
    before, bounds = rows(database), partitions(session)
    with database.server.connect(database.name) as other:
        with other.transaction():
            other.script(f"LOCK TABLE ONLY {table} IN ROW EXCLUSIVE MODE")
            done = kept(session, manner=Manner(limits=HURRIED))
            assert done.state == "failed"
            assert "lock timeout" in str(done.error)
    assert (rows(database), partitions(session), left_behind(session)) == (before, bounds, [])


def test_who_still_looks_at_an_older_state_is_waited_for(database: Database) -> None:
    session = filled(database)
    mover, number = mover_of(session)
    before = rows(database)
    with database.server.connect(database.name) as other:
        with other.rolled_back(one_snapshot=True):
            other.fetch_workload("SELECT 1")
            with pytest.raises(LockNotAvailable, match="REPEATABLE READ"):
                move(session, mover, number, Manner(limits=HURRIED))
            assert value(other, "SELECT count(*) FROM events") == 3000
    assert (rows(database), left_behind(session)) == (before, [])


def test_a_default_that_is_emptied_meanwhile_stays_empty(database: Database) -> None:
    session = filled(database)
    mover, number = mover_of(session)
    emptied = []

    def empty(_done: int, _of: int) -> None:
        with database.server.connect(database.name) as other:
            other.script("TRUNCATE events")
        emptied.append(True)

    with pytest.raises(QueryFailed, match="was emptied"):
        move(session, mover, number, Manner(on_batch=empty))
    assert emptied
    assert (sum(rows(database).values()), left_behind(session)) == (0, [])


def test_changes_that_nobody_noted_end_the_move(database: Database) -> None:
    session = filled(database)
    mover, number = mover_of(session)

    def load(_done: int, _of: int) -> None:
        with database.server.connect(database.name) as other:
            other.script("ALTER TABLE events_default DISABLE TRIGGER ALL; DELETE FROM events_default WHERE id % 2 = 0")
            other.script("ALTER TABLE events_default ENABLE TRIGGER ALL")

    with pytest.raises(QueryFailed, match="were disabled"):
        move(session, mover, number, Manner(on_batch=load))
    assert left_behind(session) == []
    assert kept(session).state == "done"
    assert sum(rows(database).values()) == value(session, "SELECT count(*) FROM events")


def test_a_full_disk_leaves_everything_as_it_was(
    pg15: Server, new_database: Callable[..., Database], tmp_path: Path
) -> None:
    database = new_database(pg15)
    with small_disk(database, tmp_path, "events") as tablespace:
        session = filled(database)
        session.script(f"ALTER TABLE {max(set(partitions(session)) - {'events_default'})} SET TABLESPACE {tablespace}")
        session.script(
            "INSERT INTO events (at, note) SELECT now() - n * interval '1 second', repeat(md5(n::text), 20) "
            "FROM generate_series(1, 8000) AS n"
        )
        before, bounds = rows(database), partitions(session)
        done = kept(session, manner=Manner(batch_rows=1000))
        assert done.state == "failed"
        assert "No space left on device" in str(done.error)
        assert (rows(database), partitions(session), left_behind(session)) == (before, bounds, [])
        session.script(f"ALTER TABLE {max(set(bounds) - {'events_default'})} SET TABLESPACE pg_default")
        assert kept(session).state == "done"
        assert rows(database) == before


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "CREATE TABLE clicks (event bigint, at timestamptz, FOREIGN KEY (event, at) REFERENCES events);"
            "INSERT INTO clicks SELECT id, at FROM events LIMIT 5",
            "foreign keys of clicks",
        ),
        ("CREATE PUBLICATION all_of_it FOR TABLE events", "publication all_of_it"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_the_move_would_harm_is_left_alone(database: Database, script: str, reason: str) -> None:
    session = filled(database)
    session.script(script)
    before = rows(database)
    done = kept(session)
    assert any(reason in note for note in done.notes)
    assert rows(database) == before
    assert value(session, "SELECT count(*) FROM ONLY events_default") == 3000
    assert done.created  # what holds no rows of the default is made all the same


def test_an_owner_without_privileges_moves_and_writers_need_none_of_its_own(database: Database) -> None:
    session = filled(database)
    session.script(
        """CREATE ROLE keeper; CREATE ROLE writer; ALTER TABLE events OWNER TO keeper;
        GRANT ALL ON SCHEMA public TO keeper; GRANT INSERT ON events TO writer;
        ALTER ROLE keeper SET statement_timeout = '1ms'"""
    )
    try:
        for partition in partitions(session):
            session.script(f"ALTER TABLE {partition} OWNER TO keeper")
        before = sum(rows(database).values())
        wrote = []
        with database.server.connect(database.name) as own, database.server.connect(database.name) as other:
            own.script("SET ROLE keeper")
            other.script("SET ROLE writer")

            def meanwhile(_done: int, _of: int) -> None:
                other.script("INSERT INTO events (at, note) VALUES (now() - interval '1 day', 'late')")
                wrote.append(1)

            done = kept(own, manner=Manner(batch_rows=500, on_batch=meanwhile))
        assert (done.state, done.staying_rows) == ("done", 0)
        assert len(wrote) > 3
        assert sum(rows(database).values()) == before + len(wrote)
    finally:
        session.script(
            "RESET ROLE; DROP TABLE events; REVOKE ALL ON SCHEMA public FROM keeper; DROP ROLE keeper; DROP ROLE writer"
        )


def test_foreign_keys_of_the_set_are_kept_even_deferred_ones(database: Database) -> None:
    session = filled(database)
    session.script(
        """CREATE TABLE notes (note text PRIMARY KEY); INSERT INTO notes SELECT repeat('x', n)
            FROM generate_series(0, 9) AS n;
        ALTER TABLE events ADD CONSTRAINT noted FOREIGN KEY (note) REFERENCES notes ON UPDATE CASCADE
            DEFERRABLE INITIALLY DEFERRED;
        CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER watch AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION nothing();
        INSERT INTO events (at, note) VALUES ('infinity', 'x')"""
    )
    before = sum(rows(database).values())
    changed: list[int] = []

    def meanwhile(_done: int, _of: int) -> None:
        if not changed:
            with database.server.connect(database.name) as other:
                other.script("UPDATE notes SET note = 'changed' WHERE note = 'xx'")
            changed.append(1)

    done = kept(session, manner=Manner(batch_rows=500, on_batch=meanwhile))
    assert done.error is None
    assert (done.state, done.staying_rows) == ("done", 1)
    assert sum(rows(database).values()) == before
    assert value(session, "SELECT count(*) FROM events WHERE note = 'xx'") == 0
    assert value(session, "SELECT count(*) FROM events WHERE note = 'changed'") > 400
    with pytest.raises(QueryFailed, match="noted"):
        session.script("INSERT INTO events (at, note) VALUES (now() - interval '1 day', 'unknown')")


def test_a_column_that_is_added_meanwhile_costs_no_row(database: Database) -> None:
    session = filled(database)
    mover, number = mover_of(session)

    def alter(_done: int, _of: int) -> None:
        with database.server.connect(database.name) as other:
            other.script("ALTER TABLE events ADD extra integer DEFAULT 7")

    with pytest.raises(QueryFailed, match="extra"):
        move(session, mover, number, Manner(batch_rows=9000, on_batch=alter))
    assert value(session, "SELECT sum(extra) FROM events") == 3000 * 7
    assert left_behind(session) == []
    assert kept(session).state == "done"
    assert value(session, "SELECT sum(extra) FROM events") == 3000 * 7
