"""`dbopt partition maintain`: partitions ahead, gaps, and rows out of the default."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dbopt.errors import StatementTimeout
from dbopt.postgres.exclusive import exclusive, key_of
from tests.partition.sets import EVENTS, days, left_behind, partitions, rows, value
from tests.servers import Database, Server

Dbopt = Callable[..., tuple[int, str, str]]


def maintained(dbopt: Dbopt, database: Database, *arguments: str) -> dict[str, Any]:
    """The only set of the document."""
    code, out, err = dbopt("partition", "maintain", "-d", database.dsn, "--yes", "--format", "json", *arguments)
    assert code == 0, err
    (found,) = json.loads(out)["sets"]
    return dict(found)


def test_partitions_are_made_ahead_and_gaps_are_filled(dbopt: Dbopt, database: Database) -> None:
    database.session.script(EVENTS)
    days(database.session, -5, -4, -2, -1)
    done = maintained(dbopt, database, "events", "--premake", "2")
    assert [len(done["created"]), done["state"], done["notes"]] == [4, "done", []]
    offsets = database.session.fetch_workload(
        "SELECT (to_date(substr(c.relname, 9), 'YYYYMMDD') - current_date) AS day FROM pg_inherits AS i "
        "JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = 'events'::regclass ORDER BY 1"
    )
    assert [row["day"] for row in offsets] == [-5, -4, -3, -2, -1, 0, 1, 2]
    assert maintained(dbopt, database, "events", "--premake", "2")["created"] == []


def test_rows_of_the_default_get_partitions_of_their_own(dbopt: Dbopt, database: Database) -> None:
    session = database.session
    session.script(EVENTS + "CREATE TABLE events_default PARTITION OF events DEFAULT")
    days(session, -9, -8, -7)
    session.script(
        "INSERT INTO events (at, note) SELECT now() - n * interval '37 minutes', repeat('x', n % 7) "
        "FROM generate_series(1, 500) AS n"
    )
    before = rows(database)
    done = maintained(dbopt, database, "--premake", "1", "--batch-rows", "50")
    assert rows(database) == before
    assert value(session, "SELECT count(*) FROM ONLY events_default") == 0
    assert done["staying_rows"] == 0
    before_the_set = value(
        session, "SELECT count(*) FROM events WHERE at < date_trunc('day', now()) - interval '9 days'"
    )
    after_it = value(session, "SELECT count(*) FROM events WHERE at >= date_trunc('day', now()) - interval '6 days'")
    assert done["moved_rows"] == before_the_set + after_it
    assert min(before_the_set, after_it) > 100
    assert left_behind(session) == []
    made = done["created"][0]["partition"]
    assert value(session, f"SELECT count(*)::int FROM pg_index WHERE indrelid = '{made}'::regclass") == 2
    assert value(session, f"SELECT obj_description('{made}'::regclass)") is None


def test_the_script_of_a_dry_run_does_the_same_in_psql(dbopt: Dbopt, database: Database) -> None:
    session = database.session
    session.script(EVENTS + "CREATE TABLE events_default PARTITION OF events DEFAULT")
    days(session, -4, -3, -2)
    session.script(
        "INSERT INTO events (at, note) SELECT now() - n * interval '1 hour', 'x' FROM generate_series(1, 40) n"
    )
    session.script("INSERT INTO events (at, note) VALUES ('infinity', 'stays')")
    before, bounds = rows(database), partitions(session)
    code, script, err = dbopt("partition", "maintain", "-d", database.dsn, "--dry-run")
    assert code == 0, err
    assert (rows(database), partitions(session)) == (before, bounds)
    psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database.dsn]
    done = subprocess.run(psql, input=script, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (rows(database), left_behind(session)) == (before, [])
    assert value(session, "SELECT count(*) FROM ONLY events_default") == 1
    assert maintained(dbopt, database)["created"] == []


def test_off_a_terminal_it_needs_a_yes(dbopt: Dbopt, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    database.session.script(EVENTS)
    days(database.session, -1)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, out, err = dbopt("partition", "maintain", "-d", database.dsn)
    assert (code, out) == (2, "")
    assert "--yes" in err
    assert len(partitions(database.session)) == 1


def test_of_two_at_once_one_leaves(dbopt: Dbopt, database: Database) -> None:
    database.session.script(EVENTS)
    days(database.session, -1)
    with exclusive(database.session, key_of("partition maintain")):
        code, out, err = dbopt("partition", "maintain", "-d", database.dsn, "--yes")
    assert (code, out) == (75, "")
    assert "another dbopt maintains the partitions of database" in err
    assert len(partitions(database.session)) == 1


def test_two_processes_at_once_do_the_work_once(database: Database) -> None:
    session = database.session
    session.script(EVENTS + "CREATE TABLE events_default PARTITION OF events DEFAULT")
    days(session, -9, -8)
    session.script(
        "INSERT INTO events (at, note) SELECT now() - n * interval '1 hour', '' FROM generate_series(1, 900) n"
    )
    before = rows(database)
    command = [
        sys.executable,
        "-m",
        "dbopt",
        "partition",
        "maintain",
        "-d",
        database.dsn,
        "--yes",
        "--batch-rows",
        "20",
    ]
    both = [subprocess.Popen([*command, "--sleep", "1500ms"], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert sorted(one.wait() for one in both) == [0, 75]
    assert (rows(database), left_behind(session)) == (before, [])


def test_long_quoted_and_foreign_names_in_a_schema_off_the_path(dbopt: Dbopt, database: Database) -> None:
    session = database.session
    table = 'Größe "x" !' + "ü" * 25
    assert len(table.encode()) == 63
    name = '"Schéma"."' + table.replace('"', '""') + '"'
    session.script(
        f"""CREATE SCHEMA "Schéma"; CREATE TABLE {name} ("Key %" int, "wann?" timestamptz, "it's" text DEFAULT '%s',
            "gen" int GENERATED ALWAYS AS ("Key %" * 2) STORED, UNIQUE ("Key %", "wann?")) PARTITION BY RANGE ("wann?");
        CREATE INDEX ON {name} (lower("it's")) WHERE "it's" <> '{{}}';
        CREATE TABLE "Schéma"."übrig" PARTITION OF {name} DEFAULT"""
    )
    session.script(
        f"INSERT INTO {name} SELECT n, now() - n * interval '1 hour', '{{%s}}' || n FROM generate_series(1, 200) AS n"
    )
    before = rows(database, name)
    done = maintained(dbopt, database, name, "--interval", "1 day", "--premake", "2", "--batch-rows", "10")
    assert rows(database, name) == before
    assert value(session, 'SELECT count(*) FROM "Schéma"."übrig"') == 0
    assert done["moved_rows"] == 200
    names = partitions(session, name)
    assert all(len(one.encode()) <= 63 and one.startswith('Größe "x" !ü') for one in names if one != "übrig")
    assert len(names) == len(done["created"]) + 1
    assert left_behind(session) == []


@pytest.mark.parametrize(
    ("column", "values", "options"),
    [
        ("bigint", "n", ("--interval", "100")),
        (
            "uuid",
            "(lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || md5('' || n)::char(20))::uuid",
            ("--interval", "1 day"),
        ),
        ('text COLLATE "C"', "pg_temp.ulid(at) || upper(substr(md5('' || n), 1, 16))", ("--interval", "1 day")),
        ("date", "at::date", ("--interval", "1 day")),
        ("timestamp", "at AT TIME ZONE 'UTC'", ("--interval", "6 hours")),
    ],
    ids=["id", "uuidv7", "ulid", "date", "timestamp"],
)
def test_keys_of_every_kind(
    dbopt: Dbopt, database: Database, column: str, values: str, options: tuple[str, str]
) -> None:
    session = database.session
    session.script(
        """SET timezone = 'UTC'; CREATE FUNCTION pg_temp.ulid(at timestamptz) RETURNS text LANGUAGE sql AS $$
            SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ',
                (floor(extract(epoch from at) * 1000)::bigint >> (5 * (9 - n)) & 31)::int + 1, 1), '' ORDER BY n)
            FROM generate_series(0, 9) AS n $$"""
    )
    session.script(
        f"CREATE TABLE events (key {column}, note int) PARTITION BY RANGE (key);"
        "CREATE TABLE events_default PARTITION OF events DEFAULT;"
        f"INSERT INTO events SELECT {values}, n FROM generate_series(1, 300) AS n, "
        "LATERAL (SELECT now() - n * interval '20 minutes' AS at) AS t"
    )
    before = rows(database)
    done = maintained(dbopt, database, "events", *options)
    assert rows(database) == before
    assert value(session, "SELECT count(*) FROM ONLY events_default") == 0
    assert done["moved_rows"] == 300
    again = maintained(dbopt, database, "events")  # the interval is told by the bounds
    assert (again["created"], again["staying_rows"]) == ([], 0)


def test_seconds_since_1970_by_a_section(dbopt: Dbopt, database: Database, tmp_path: Path) -> None:
    session = database.session
    session.script(
        "CREATE TABLE events (at bigint, note int) PARTITION BY RANGE (at);"
        "CREATE TABLE events_default PARTITION OF events DEFAULT;"
        "INSERT INTO events SELECT extract(epoch from now())::bigint - n * 86400, n FROM generate_series(0, 40) AS n"
    )
    config = tmp_path / "dbopt.toml"
    section = 'table = "events"\ncontrol = "at"\nkey = "epoch-s"\ninterval = "1 month"\npremake = 1'
    config.write_text(f"[[partition]]\n{section}\n")
    done = maintained(dbopt, database, "--config", str(config))
    assert done["moved_rows"] == 41
    lower, upper = done["created"][0]["lower"], done["created"][0]["upper"]
    month = f"SELECT to_timestamp({lower}) + interval '1 month' = to_timestamp({upper})"
    assert value(session, month) is True
    assert value(session, "SELECT count(*) FROM ONLY events_default") == 0


def test_a_set_without_an_interval_is_skipped(dbopt: Dbopt, database: Database) -> None:
    database.session.script("CREATE TABLE events (at timestamptz) PARTITION BY RANGE (at)")
    done = maintained(dbopt, database)
    assert (done["state"], done["created"]) == ("skipped", [])
    assert "follow no interval" in done["notes"][0]


def test_no_default_move_leaves_the_rows_and_makes_the_rest(dbopt: Dbopt, database: Database) -> None:
    session = database.session
    session.script(EVENTS + "CREATE TABLE events_default PARTITION OF events DEFAULT")
    days(session, -3, -2, -1)
    session.script("INSERT INTO events (at, note) SELECT now(), '' FROM generate_series(1, 5)")
    done = maintained(dbopt, database, "--no-default-move", "--premake", "2")
    assert len(done["created"]) == 2
    assert done["staying_rows"] == 5
    assert "5 rows of public.events_default that could have 1 partitions stay there" in done["notes"][0]


def test_new_partitions_do_not_get_around_row_security(dbopt: Dbopt, database: Database) -> None:
    session = database.session
    session.script(EVENTS + "GRANT SELECT ON events TO PUBLIC; ALTER TABLE events ENABLE ROW LEVEL SECURITY")
    days(session, -1, 0)
    (made,) = maintained(dbopt, database, "events", "--premake", "1")["created"]
    granted = (
        "SELECT count(*) FROM pg_class, aclexplode(relacl) AS a WHERE oid = $1::regclass AND a.grantee <> relowner"
    )
    assert session.fetch_workload(granted, [made["partition"]]) == [{"count": 0}]


def test_new_partitions_are_like_their_newest_sibling(dbopt: Dbopt, database: Database) -> None:
    session = database.session
    session.script(
        """CREATE ROLE "Die Leser"; CREATE ROLE owner_of_events;
        CREATE TABLE events (id int, at timestamptz, region text, PRIMARY KEY (id, at, region)) PARTITION BY RANGE (at);
        GRANT SELECT ON events TO "Die Leser" WITH GRANT OPTION; GRANT UPDATE (region) ON events TO PUBLIC"""
    )
    try:
        session.script("ALTER TABLE events OWNER TO owner_of_events")
        for number, following in ((-1, 0), (0, 1)):
            session.script(
                f"""DO $$ DECLARE name text := 'events_p' || to_char(now() + '{number} days', 'YYYYMMDD'); BEGIN
                EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L) '
                    'PARTITION BY LIST (region)',
                    name, current_date + {number}, current_date + {following});
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES IN (''eu'') WITH (fillfactor = 70,
                    autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_enabled = off)', name || '_eu', name);
                EXECUTE format('CREATE UNLOGGED TABLE %I PARTITION OF %I DEFAULT', name || '_rest', name);
                EXECUTE format('ALTER TABLE %I REPLICA IDENTITY FULL', name || '_eu');
                END $$"""
            )
        done = maintained(dbopt, database, "events", "--premake", "1")
        (made,) = done["created"]
        name = made["partition"]
        found = session.fetch_workload(
            "SELECT relname::text AS name, relkind::text AS kind, relpersistence::text AS kept, reloptions, "
            "relacl::text, relreplident::text AS identity, pg_get_userbyid(relowner)::text AS owner, "
            "(SELECT reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid) AS toast FROM pg_class AS c "
            f"WHERE oid IN (SELECT relid FROM pg_partition_tree('{name}')) ORDER BY relname"
        )
        assert [row["name"].removeprefix(name.removeprefix("public.")) for row in found] == ["", "_eu", "_rest"]
        assert [(row["kind"], row["kept"], row["identity"]) for row in found] == [
            ("p", "p", "d"),
            ("r", "p", "f"),
            ("r", "u", "d"),
        ]
        assert found[1]["reloptions"] == ["fillfactor=70", "autovacuum_vacuum_scale_factor=0.05"]
        assert found[1]["toast"] == ["autovacuum_enabled=off"]
        assert {row["owner"] for row in found} == {"owner_of_events"}
        assert all('Die Leser\\"=r*/' in row["relacl"] for row in found)
    finally:
        session.script('DROP TABLE events; DROP ROLE "Die Leser"; DROP ROLE owner_of_events')


def test_rows_move_into_partitions_that_are_partitioned(dbopt: Dbopt, database: Database) -> None:
    session = database.session
    session.script(
        """CREATE TABLE events (id int, at timestamptz, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE events_default PARTITION OF events DEFAULT;
        CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2020-01-01 UTC') TO ('2020-01-02 UTC')
            PARTITION BY HASH (id);
        CREATE TABLE events_old_0 PARTITION OF events_old FOR VALUES WITH (modulus 2, remainder 0);
        CREATE TABLE events_old_1 PARTITION OF events_old FOR VALUES WITH (modulus 2, remainder 1);
        INSERT INTO events SELECT n, '2020-01-02 UTC'::timestamptz + n * interval '1 hour'
            FROM generate_series(1, 90) AS n"""
    )
    before = rows(database)
    done = maintained(dbopt, database, "events", "--batch-rows", "10")
    assert rows(database) == before
    assert (done["moved_rows"], len([made for made in done["created"] if made["rows"]])) == (90, 4)
    assert value(session, "SELECT count(*) FROM events_p20200103_1") > 5
    assert left_behind(session) == []


def test_an_interrupted_detach_is_finished(dbopt: Dbopt, database: Database) -> None:
    session = database.session
    session.script(EVENTS)
    days(session, -3, -2, -1)
    oldest = min(partitions(session))
    with database.server.connect(database.name) as reader, database.server.connect(database.name) as other:
        with reader.rolled_back():
            reader.fetch_workload("SELECT count(*) FROM events")
            other.limit(statement_timeout_ms=300)
            with pytest.raises(StatementTimeout):
                other.script(f"ALTER TABLE events DETACH PARTITION {oldest} CONCURRENTLY")
    done = maintained(dbopt, database)
    assert done["finalized"] == [f"public.{oldest}"]
    assert oldest not in partitions(session)
    assert done["notes"] == [f"the interrupted DETACH of public.{oldest} is finished"]


def test_a_failing_set_does_not_stop_the_others(dbopt: Dbopt, database: Database) -> None:
    session = database.session
    session.script(EVENTS + EVENTS.replace("events", "visits"))
    days(session, -1)
    days(session, -1, table="visits")
    with database.server.connect(database.name) as other, other.transaction():
        other.script("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        arguments = ("--yes", "--format", "json", "--lock-timeout", "50ms", "--retries", "0", "--premake", "0")
        code, out, err = dbopt("partition", "maintain", "-d", database.dsn, *arguments)
    assert code == 3
    assert [one["state"] for one in json.loads(out)["sets"]] == ["failed", "done"]
    assert "public.events: canceling statement due to lock timeout" in err
    assert (len(partitions(session)), len(partitions(session, "visits"))) == (1, 2)


def test_archive_is_told_of_what_is_old(dbopt: Dbopt, database: Database, tmp_path: Path) -> None:
    database.session.script(EVENTS)
    days(database.session, -5, -4, -3, -2, -1, 0)
    config = tmp_path / "dbopt.toml"
    config.write_text('[[archive]]\nname = "old ones"\ntable = "public.events"\nkeep_hot = "3 days"\n')
    done = maintained(dbopt, database, "--config", str(config))
    assert done["to_archive"] == 2
    assert done["notes"] == ["2 partitions are older than 3 days: dbopt archive run old ones takes them"]
    assert len(partitions(database.session)) == 6 + 4


def test_a_set_of_pg_partman_is_kept_up_with_it(
    dbopt: Dbopt, pg15: Server, new_database: Callable[..., Database]
) -> None:
    database = new_database(pg15, "CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman")
    session = database.session
    session.script("SET timezone = 'UTC'; SET client_min_messages = error")
    session.script(
        """CREATE TABLE events (id int NOT NULL, at timestamptz NOT NULL) PARTITION BY RANGE (at);
        CREATE TABLE template (id int PRIMARY KEY, at timestamptz);
        SELECT partman.create_parent('public.events', 'at', 'native', 'daily', p_premake := 1,
            p_template_table := 'public.template', p_start_partition := to_char(now(), 'YYYY-MM-DD'));
        UPDATE partman.part_config SET premake = 3, infinite_time_partitions = true;
        INSERT INTO events SELECT n, now() - n * interval '1 hour' FROM generate_series(1, 100) AS n"""
    )
    before = rows(database)
    done = maintained(dbopt, database, "events")
    assert done["notes"] == ["pg_partman's own run_maintenance() makes its partitions ahead"]
    assert rows(database) == before
    assert value(session, "SELECT count(*) FROM ONLY events_default") == 0
    for number in (-2, 3):
        name = value(session, f"SELECT to_char(now() + '{number} days', '\"events_p\"YYYY_MM_DD')")
        assert name in partitions(session)
        keys = f"SELECT count(*) FROM pg_index WHERE indisprimary AND indrelid = '{name}'::regclass"
        assert value(session, keys) == 1
    assert value(session, "SELECT count(*) FROM partman.check_default()") == 0
    session.script("SELECT partman.run_maintenance('public.events')")
    code, out, _ = dbopt("partition", "list", "events", "-d", database.dsn, "--format", "json")
    (listed,) = json.loads(out)["sets"]
    assert (code, listed["managed_by"], listed["interval"]) == (0, "pg_partman 4.7.2", "1 day")
    assert (listed["gaps"], listed["to_create"]) == ([], [])
