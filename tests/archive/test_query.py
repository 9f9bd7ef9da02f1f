"""`dbopt archive query`: what it reads, what it refuses, and what it says when something is wrong."""

from __future__ import annotations

import csv
import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dbopt.archive import restore
from dbopt.archive.query.run import Asked, Result, query
from dbopt.errors import ArchiveDamaged, FeatureMissing, FileMissing, PrivilegeMissing, QueryFailed, UsageError
from dbopt.postgres.arrow import ArrowSession
from dbopt.postgres.session import Session
from tests.archive.archiving import EVENTS, archive, count, files, policies, section
from tests.servers import Database, Server

Dbopt = Callable[..., tuple[int, str, str]]
Events = tuple[Session, dict[str, Any]]
HOT_FROM = date(2024, 6, 1)
KINDS = (Path(__file__).parent / "types.sql").read_text("utf-8")


@pytest.fixture
def events(database: Database, tmp_path: Path) -> Events:
    """5,000 events, one every hour of 2024; those before June are archived."""
    database.session.script(EVENTS)
    policy = section(tmp_path, keep_hot=f"{(date.today() - HOT_FROM).days} days")
    archive(database.session, policy, batch_rows=700)
    return database.session, policy


def ask(session: Session, policy: dict[str, Any], text: str, **asked: Any) -> list[tuple[str | None, ...]]:
    return list(query(session, policies(policy), text, Asked(**asked)).rows)


def test_every_type_is_printed_as_the_server_prints_it(database: Database, tmp_path: Path) -> None:
    session = database.session
    session.script(KINDS)
    session.script("SET timezone = 'UTC'; SET lc_monetary = 'C'; SET extra_float_digits = 3")
    columns, before = session.texts_of_workload("SELECT * FROM kinds ORDER BY id")
    policy = section(tmp_path, table="public.kinds", method="move")
    archive(session, policy)
    assert count(session, "kinds") == 1
    found = query(session, policies(policy), "SELECT * FROM kinds ORDER BY id")
    wrong = [
        (name, here, there)
        for ours, theirs in zip(found.rows, before, strict=True)
        for (name, _), here, there in zip(columns, ours, theirs, strict=True)
        if here != there
    ]
    assert wrong == []
    assert "kinds.a_numeric: values that are no numbers: computed with as floating numbers" in found.notes
    assert ask(session, policy, 'SELECT "odd ""NAME""", "Odd ""name""" FROM kinds WHERE id = 1') == [("ODD", "odd")]
    assert ask(session, policy, "SELECT id FROM kinds WHERE at = '-infinity' OR a_date = 'infinity'") == [("2",)]
    assert ask(session, policy, "SELECT id FROM kinds WHERE an_inet <> '192.168.0.1/24' ORDER BY id") == [
        ("2",),
        ("4",),
    ]


def test_cold_is_the_archive_alone(events: Events) -> None:
    session, policy = events
    hot = count(session, "events")
    assert 0 < hot < 5000
    assert ask(session, policy, "SELECT count(*), min(id) FROM events") == [("5000", "1")]
    assert ask(session, policy, "SELECT count(*) FROM events", is_cold=True) == [(str(5000 - hot),)]
    assert ask(session, policy, "SELECT max(at) < '2024-06-02' FROM events", is_cold=True) == [("t",)]


def test_only_needed_columns_and_matching_rows_are_fetched(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    session, policy = events
    fetched: list[tuple[str, int]] = []
    batches = ArrowSession.batches

    def counted(self: ArrowSession, text: str) -> Iterator[Any]:
        fetched.append((text, 0))
        for batch in batches(self, text):
            fetched[-1] = (text, fetched[-1][1] + len(batch))
            yield batch

    monkeypatch.setattr(ArrowSession, "batches", counted)
    assert ask(session, policy, "SELECT sum(id) FROM events WHERE at < '2024-01-02' AND kind = 'k1'") == [("46",)]
    ((text, rows),) = fetched
    assert rows == 0
    assert "amount" not in text
    fetched.clear()
    assert ask(session, policy, "SELECT count(*) FROM events WHERE at >= '2024-07-20' AND id % 2 = 0") == [("89",)]
    assert fetched == []  # no file can match: the server's own answer
    several = "SELECT count(*) FROM events a LEFT JOIN events b ON b.id = a.id + 1 AND b.kind = 'k1' WHERE b.id IS NULL"
    assert ask(session, policy, several) == [("4286",)]
    assert all("IS NULL)" not in text.partition("WHERE")[2] for text, _ in fetched)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("at < '2024-01-02Z'", 23),
        ("'2024-01-02Z' > at", 23),
        ("at BETWEEN '2024-05-30Z' AND '2024-06-03Z'", 97),
        ("at >= date '2024-05-30' AND at < date '2024-05-30' + interval '5 days'", 120),
        ("at IN ('2024-01-02Z', '2024-07-02Z')", 2),
        ("at > now() - interval '100 years' AND NOT (at > '2024-01-02Z')", 24),
        ("at = '2024-01-02 03:00+03'", 1),
        ("at > 'infinity' OR at IS NULL", 0),
    ],
)
def test_conditions_on_the_control_column_lose_no_row(
    pg18: Server, new_database: Callable[..., Database], tmp_path: Path, condition: str, rows: int
) -> None:
    session = new_database(pg18, EVENTS).session
    policy = section(tmp_path, keep_hot=f"{(date.today() - HOT_FROM).days} days")
    archive(session, policy, batch_rows=700)
    assert ask(session, policy, f"SELECT count(*) FROM events WHERE {condition}") == [(str(rows),)]


def test_no_row_is_missing_or_there_twice_while_a_run_is_at_work(database: Database, tmp_path: Path) -> None:
    database.session.script(EVENTS)
    policy = section(tmp_path)
    archive(database.session, policy, limit=100, batch_rows=50)
    with database.server.connect(database.name) as other:
        running = threading.Thread(target=lambda: archive(other, policy, batch_rows=60))
        running.start()
        found: list[tuple[str | None, ...]] = []
        while running.is_alive() or len(found) < 3:
            found += ask(database.session, policy, "SELECT count(*), sum(id), count(DISTINCT id) FROM events")
        running.join()
    assert set(found) == {("5000", "12502500", "5000")}
    assert len(found) >= 3
    assert count(database.session, "events") == 0


def test_detached_partitions_are_read(database: Database, tmp_path: Path) -> None:
    database.session.script(
        "CREATE TABLE events (id bigint, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
        "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');"
        "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2024-02-01') TO ('2124-02-01');"
        "INSERT INTO events SELECT n, date '2024-01-01' + n FROM generate_series(0, 59) AS n"
    )
    policy = section(tmp_path, method="detach")
    archive(database.session, policy)
    assert count(database.session, "events") == 29
    assert ask(database.session, policy, "SELECT count(*), min(at) FROM events") == [("60", "2024-01-01")]


def test_what_was_put_back_is_not_read_twice(events: Events) -> None:
    session, policy = events
    (known,) = policies(policy)
    restore.restore(session, known, restore.Asked("2024-01-10 12:30", "2024-02-20"))
    query_text = "SELECT count(*), sum(id) FROM events"
    assert ask(session, policy, query_text) == [("5000", "12502500")]
    cold = "SELECT count(*) FROM events WHERE at >= '2024-01-10 12:30' AND at < '2024-02-20'"
    assert ask(session, policy, cold, is_cold=True) == [("0",)]
    assert ask(session, policy, cold) == [("971",)]
    archive(session, policy, batch_rows=300)
    assert ask(session, policy, query_text) == [("5000", "12502500")]


@pytest.mark.parametrize(
    ("definition", "value", "key"),
    [
        ("bigint", "n", None),
        ("numeric", "n + 0.5", None),
        ("bigint", "1700000000 + n * 3600", "epoch-s"),
        ("bigint", "(1700000000 + n::bigint * 3600) * 1000000000", "epoch-ns"),
        ("date", "date '2024-01-01' + n", None),
        ("timestamp", "timestamp '2024-01-01' + n * interval '1 hour'", None),
        ("uuid", "(lpad(to_hex(1700000000000 + n * 3600000), 12, '0') || '7' || repeat('a', 19))::uuid", None),
    ],
)
def test_ranges_of_every_kind_of_control_column(
    pg18: Server, new_database: Callable[..., Database], tmp_path: Path, definition: str, value: str, key: str | None
) -> None:
    session = new_database(pg18).session
    session.script(
        f"CREATE TABLE events (id int PRIMARY KEY, c {definition} NOT NULL);"
        f"INSERT INTO events SELECT n, {value} FROM generate_series(1, 400) AS n"
    )
    is_number = definition in ("bigint", "numeric") and key is None
    policy = section(tmp_path, control="c", keep_hot=100 if is_number else "1 day", **({"key": key} if key else {}))
    archive(session, policy, batch_rows=90)
    policy_now = policies(policy)
    (known,) = policy_now
    lower, upper = (ask(session, policy, f"SELECT c FROM events WHERE id = {n}")[0][0] for n in (40, 120))
    assert count(session, "events") < 200
    edges = f"SELECT count(*) FROM events WHERE c >= '{lower}' AND c < '{upper}'"
    assert ask(session, policy, edges) == [("80",)]
    assert ask(session, policy, f"SELECT count(*) FROM events WHERE c = '{lower}'") == [("1",)]
    if definition not in ("uuid", "numeric"):
        restore.restore(session, known, restore.Asked(lower, upper))
        assert ask(session, policy, "SELECT count(*), sum(id) FROM events") == [("400", "80200")]
        assert ask(session, policy, edges, is_cold=True) == [("0",)]


def test_columns_that_came_went_and_changed(events: Events) -> None:
    session, policy = events
    hot = count(session, "events")
    session.script(
        "ALTER TABLE events ADD note text; UPDATE events SET note = 'hot';"
        "ALTER TABLE events DROP kind; ALTER TABLE events ALTER amount TYPE numeric(14, 4);"
        "ALTER TABLE events ALTER id TYPE text"
    )
    assert ask(session, policy, "SELECT note, count(*) FROM events GROUP BY note ORDER BY note")[1] == (
        None,
        str(5000 - hot),
    )
    assert ask(session, policy, "SELECT id || '!', amount FROM events WHERE id = '2'") == [("2!", "0.6700")]
    with pytest.raises(QueryFailed, match='column "kind" does not exist'):
        ask(session, policy, "SELECT kind FROM events")


def test_a_dropped_table_is_still_readable(events: Events) -> None:
    session, policy = events
    cold = 5000 - count(session, "events")
    session.script("DROP TABLE events")
    text = (
        "SELECT kind, count(*), max(amount) FROM public.events AS e WHERE e.id <= 7 GROUP BY kind ORDER BY kind LIMIT 2"
    )
    assert ask(session, policy, text) == [("k0", "1", "2.33"), ("k1", "1", "0.33")]
    assert ask(session, policy, "SELECT count(*) FROM events") == [(str(cold),)]
    with pytest.raises(QueryFailed, match='column "nothing" does not exist'):
        ask(session, policy, "SELECT nothing FROM events")


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM events",
        "SELECT 1; SELECT 2",
        "WITH gone AS (DELETE FROM events RETURNING *) SELECT * FROM gone",
        "SELECT * INTO other FROM events",
        "SELECT * FROM events FOR UPDATE",
        "COPY events TO '/tmp/x'",
        "SET work_mem = '1GB'",
        "",
        "EXPLAIN SELECT 1",
        "CREATE TABLE x AS SELECT 1",
    ],
)
def test_only_a_single_select_is_taken(database: Database, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        query(database.session, (), text)
    assert "SELECT" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELECT nothing FROM events", 'column "nothing" does not exist'),
        ("SELECT * FROM events, read_csv('/etc/passwd')", "function read_csv"),
        ("SELECT * FROM '/etc/passwd'", "cannot be read|syntax error"),
        ('SELECT count(*) FROM events, "/etc/passwd"', 'relation "/etc/passwd" does not exist'),
        ("SELECT id, read_text('/etc/passwd') FROM events", "function read_text"),
        ("SELECT id / 0 FROM events", "[Dd]ivision by zero"),
        ("SELECT $1::int FROM events", "parameters"),
        ("SELECT ts_rank(to_tsvector(kind), 'x') FROM events", "ts_rank|to_tsvector"),
        ("SELECT id FROM events WHERE kind = 'x' AND at > 'never'", "never"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(events: Events, text: str, said: str) -> None:
    session, policy = events
    with pytest.raises(QueryFailed, match=said) as caught:
        ask(session, policy, text)
    assert "\n" not in caught.value.message


def test_the_engine_reads_nothing_but_what_it_is_given(tmp_path: Path) -> None:
    from dbopt.archive.query.engine import engine

    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with engine() as opened:
        for text in (
            f"SELECT * FROM read_csv('{secret}')",
            f"SELECT * FROM '{secret}'",
            f"ATTACH '{tmp_path}/x.db'",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            "INSTALL httpfs",
            "SET enable_external_access = true",
            "SELECT * FROM opened",
        ):
            with pytest.raises(QueryFailed):
                opened.execute(text)
    assert files(tmp_path) == [secret]


def test_a_missing_file_and_a_damaged_one_are_named(events: Events, tmp_path: Path) -> None:
    session, policy = events
    first, second = (next(tmp_path.rglob(f"*000{number}-0.parquet")) for number in (1, 2))
    whole = first.read_bytes()
    for position in range(200, len(whole) - 2000, len(whole) // 9):
        first.write_bytes(whole[:position] + bytes([whole[position] ^ 0x55]) + whole[position + 1 :])
        with pytest.raises(ArchiveDamaged, match=first.name):
            ask(session, policy, "SELECT sum(id), min(at), max(kind), sum(amount) FROM events")
    first.write_bytes(whole[:-1])
    with pytest.raises(ArchiveDamaged, match=first.name):
        ask(session, policy, "SELECT count(*) FROM events")
    first.write_bytes(whole)
    second.unlink()
    with pytest.raises(FileMissing, match=second.name):
        ask(session, policy, "SELECT count(*) FROM events")


def test_who_may_not_see_all_rows_sees_no_archived_ones(events: Events, database: Database) -> None:
    session, policy = events
    session.script(
        "DROP ROLE IF EXISTS dbopt_reader; CREATE ROLE dbopt_reader LOGIN; GRANT USAGE ON SCHEMA dbopt TO dbopt_reader;"
        "GRANT SELECT ON ALL TABLES IN SCHEMA dbopt TO dbopt_reader"
    )
    try:
        with session.another(user="dbopt_reader") as reader:
            with pytest.raises(PrivilegeMissing, match="permission denied"):
                ask(reader, policy, "SELECT count(*) FROM events", is_cold=True)
            session.script("GRANT SELECT ON events TO dbopt_reader")
            assert ask(reader, policy, "SELECT count(*) FROM events") == [("5000",)]
            session.script("ALTER TABLE events ENABLE ROW LEVEL SECURITY")
            with pytest.raises(PrivilegeMissing, match="row security"):
                ask(reader, policy, "SELECT count(*) FROM events")
    finally:
        session.script("DROP OWNED BY dbopt_reader; DROP ROLE dbopt_reader")


def test_a_view_of_an_archived_table_is_told_of(events: Events) -> None:
    session, policy = events
    session.script("CREATE VIEW recent AS SELECT * FROM events")
    found = query(session, policies(policy), "SELECT count(*) FROM recent")
    assert found.notes == ("public.recent is a view: it lacks the archived rows of public.events",)
    assert found.rows == ((str(count(session, "events")),),)


def test_without_its_libraries_it_says_what_to_install(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(FeatureMissing, match="duckdb") as caught:
        query(database.session, (), "SELECT 1")
    assert "dbopt[archive]" in str(caught.value.hint)


def test_a_query_without_archived_tables_is_the_servers(database: Database) -> None:
    found = query(database.session, (), "SELECT to_tsvector('simple', 'a b'), now() = now(), 1.50 AS n")
    assert found.rows == (("'a':1 'b':2", "t", "1.50"),)
    assert [column.name for column in found.columns] == ["to_tsvector", "?column?", "n"]


def test_the_command_prints_every_format(
    dbopt: Dbopt,
    events: Events,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, policy = events
    config = tmp_path / "dbopt.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in policy.items()]
    config.write_text("[[archive]]\n" + "\n".join(lines) + "\n")
    text = (
        "SELECT id, at, kind, nullif(amount, 0.67) AS amount, id > 1 AS later, ARRAY[kind, NULL, 'a,b'] AS list, id"
        " FROM events WHERE id < 3 ORDER BY id"
    )
    common = ("archive", "query", "-d", database.dsn, "--config", str(config))
    code, out, err = dbopt(*common, text, "--format", "json")
    assert code == 0, err
    found = json.loads(out)
    assert found["schema"] == "dbopt.rows/1"
    assert found["columns"][1] == {"name": "at", "type": "timestamp with time zone"}
    first, second = found["rows"]
    assert first == {
        "id": 1,
        "at": "2024-01-01 01:00:00+00",
        "kind": "k1",
        "amount": 0.33,
        "later": False,
        "list": ["k1", None, "a,b"],
        "id_2": 1,
    }
    assert (second["amount"], second["later"]) == (None, True)
    code, out, _ = dbopt(*common, text, "--format", "csv")
    assert list(csv.reader(io.StringIO(out)))[2] == [
        "2",
        "2024-01-01 02:00:00+00",
        "k2",
        "",
        "t",
        '{k2,NULL,"a,b"}',
        "2",
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT count(*) FROM events"))
    code, out, _ = dbopt(*common, "-")
    assert out.split() == ["count", "-------", "5000", "(1", "row)"]
    code, out, err = dbopt(*common, "SELECT id FROM events ORDER BY 1", "--max-rows", "3", "--format", "csv")
    assert (code, out) == (0, "id\n1\n2\n3\n")
    assert "more rows than the 3 shown" in err
    code, out, err = dbopt(*common, "--cold", "DROP TABLE events")
    assert (code, out) == (2, "")
    assert "hint: one SELECT" in err


def test_text_is_sorted_by_bytes_and_that_is_said(
    pg18: Server, new_database: Callable[..., Database], tmp_path: Path
) -> None:
    session = new_database(pg18, EVENTS).session
    sorts_bytes = session.row("archive/moment")["sorts_bytes"]
    policy = section(tmp_path)
    archive(session, policy, limit=100)
    found: Result = query(session, policies(policy), "SELECT kind FROM events ORDER BY kind LIMIT 1")
    assert bool(found.notes) is not sorts_bytes
