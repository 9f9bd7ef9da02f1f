"""What others do to a run while it lasts: it ends with an error that says so, or waits, and never loses a row."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from dbopt.archive import ledger, move
from dbopt.archive import run as running
from dbopt.archive.policy import Destination
from dbopt.archive.run import Asked, Hooks, run
from dbopt.archive.work import CHECKED, DELETED, SNAPSHOT, STEPS, WATCHED, WRITTEN
from dbopt.errors import (
    AlreadyRunning,
    FileError,
    LockNotAvailable,
    Obstructed,
    QueryFailed,
    ServerError,
)
from dbopt.postgres import embedded
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import connect
from tests.archive.archiving import all_of
from tests.archive.killed import UNSTALL, Happening, ended, started
from tests.archive.world import LIMITS, WAYS, archived, cold, due, hot, make_table, policy, wrong
from tests.disk import mounted, remount
from tests.servers import SETTINGS, Database, Server

ROWS = 600
IMPATIENT = Limits(lock_timeout_ms=50, retries=1, pause_ms=10)


class At:
    """Does something at the n-th occurrence of a step; `seen` are all."""

    def __init__(self, step: str, act: Callable[[], object], nth: int = 1) -> None:
        self._step, self._act, self._nth = step, act, nth
        self.seen: Counter[str] = Counter()

    def __call__(self, step: str) -> None:
        self.seen[step] += 1
        if step == self._step and self.seen[step] == self._nth:
            self._act()


@pytest.fixture
def ev(pg18: Server, new_database: Callable[..., Database]) -> Callable[[str], Database]:
    """A database with the table for a way of archiving."""

    def make(way: str) -> Database:
        database = new_database(pg18)
        make_table(database.session, way, ROWS)
        return database

    return make


def elsewhere(database: Database, statement: str) -> None:
    """In a session of somebody else."""
    with connect(database.dsn, application_name="somebody") as session:
        session.script(statement)


def finished(database: Database, folder: Path, way: str) -> None:
    archived(database.session, folder, way)
    assert wrong(database.session, folder) == []
    assert not cold(database.session, folder) & hot(database.session)
    assert cold(database.session, folder)


# -- sessions and files that fail --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "step"), [(way, step) for way in ("move", "detach") for step in STEPS if (way, step) != ("move", WATCHED)]
)
def test_a_session_that_is_terminated_at_any_step(
    ev: Callable[[str], Database], tmp_path: Path, way: str, step: str
) -> None:
    database = ev(way)
    with database.server.connect(database.name) as session:
        end = f"SELECT pg_terminate_backend({session.backend_pid}, 5000)"
        with pytest.raises(ServerError, match="connection"):
            archived(session, tmp_path, way, At(step, lambda: elsewhere(database, end)))
    finished(database, tmp_path, way)


@pytest.mark.parametrize("which", [1, 2], ids=["of the ledger", "that reads"])
@pytest.mark.parametrize("way", ["move", "detach"])
def test_another_session_of_the_run_that_is_terminated(
    ev: Callable[[str], Database], tmp_path: Path, way: str, which: int
) -> None:
    database = ev(way)
    end = f"""SELECT pg_terminate_backend(pid, 5000) FROM (SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'dbopt' AND pid <> {database.session.backend_pid}
        ORDER BY backend_start OFFSET {which - 1} LIMIT 1) AS x"""
    with suppress(ServerError):
        archived(database.session, tmp_path, way, At(SNAPSHOT, lambda: elsewhere(database, end), nth=2))
    finished(database, tmp_path, way)


@pytest.mark.parametrize("act", ["cut", "flipped", "vanished"])
@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_is_damaged_before_it_is_read_again(
    ev: Callable[[str], Database], tmp_path: Path, way: str, act: str
) -> None:
    database = ev(way)
    with pytest.raises(FileError):
        archived(database.session, tmp_path, way, Happening(database.dsn, tmp_path, act, WRITTEN))
    assert hot(database.session) == due(database.session)
    assert wrong(database.session, tmp_path) == []
    finished(database, tmp_path, way)


@pytest.mark.parametrize("way", ["move", "detach"])
def test_a_full_disk(ev: Callable[[str], Database], tmp_path: Path, way: str) -> None:
    database = ev(way)
    with mounted(tmp_path / "small", 1) as folder:
        (folder / "ballast").write_bytes(bytes(2**20 * 98 // 100))
        with pytest.raises(FileError, match="No space left on device"):
            archived(database.session, folder, way)
        (folder / "ballast").unlink()
        assert wrong(database.session, folder) == []
        finished(database, folder, way)


@pytest.mark.parametrize("way", ["move", "detach"])
def test_a_destination_that_becomes_unwritable(ev: Callable[[str], Database], tmp_path: Path, way: str) -> None:
    database = ev(way)
    with mounted(tmp_path / "small", 4) as folder:
        with pytest.raises(FileError, match="Read-only"):
            archived(database.session, folder, way, At(WRITTEN, lambda: remount(folder, "ro"), nth=2))
        assert hot(database.session) + cold(database.session, folder) == due(database.session)
        with pytest.raises(FileError, match="Read-only"):
            archived(database.session, folder, way)
        remount(folder, "rw")
        finished(database, folder, way)


@pytest.mark.parametrize("way", ["move", "detach"])
def test_a_destination_that_vanishes(ev: Callable[[str], Database], tmp_path: Path, way: str) -> None:
    database, folder = ev(way), tmp_path / "there"
    with pytest.raises(FileError):
        archived(database.session, folder, way, At(WRITTEN, lambda: shutil.rmtree(folder)))
    assert hot(database.session) == due(database.session)
    finished(database, folder, way)


def test_an_exported_partition_whose_files_were_lost_is_exported_anew(
    ev: Callable[[str], Database], tmp_path: Path
) -> None:
    database = ev("detach")
    ended(started(database.dsn, tmp_path, "detach", "killed", DELETED))
    next(tmp_path.rglob("*.parquet")).unlink()
    finished(database, tmp_path, "detach")


def test_a_destination_that_the_policy_names_no_more_is_tidied(ev: Callable[[str], Database], tmp_path: Path) -> None:
    database = ev("move")
    (tmp_path / "new").mkdir()
    ended(started(database.dsn, tmp_path / "old", "move", "killed", CHECKED))
    finished(database, tmp_path / "new", "move")
    assert not [path for path in (tmp_path / "old").rglob("*") if path.is_file()]


def test_an_empty_partition_leaves(ev: Callable[[str], Database], tmp_path: Path) -> None:
    database = ev("detach")
    elsewhere(database, "CREATE TABLE ev_0 PARTITION OF ev FOR VALUES FROM ('2000-01-01') TO ('2001-01-01')")
    finished(database, tmp_path, "detach")
    assert database.session.fetch_workload("SELECT to_regclass('ev_0') IS NULL AS gone") == [{"gone": True}]


def test_files_of_another_database_are_not_written_over(ev: Callable[[str], Database], tmp_path: Path) -> None:
    one, other = ev("move"), ev("move")
    finished(one, tmp_path, "move")
    with pytest.raises(FileError, match="is there already"):
        archived(other.session, tmp_path, "move")
    assert hot(other.session) == due(other.session)
    assert wrong(one.session, tmp_path) == []


# -- others at work ----------------------------------------------------------------------------------------------------


def test_two_runs_at_once(ev: Callable[[str], Database], tmp_path: Path) -> None:
    database = ev("move")

    def second() -> None:
        with database.server.connect(database.name) as session, pytest.raises(AlreadyRunning) as refused:
            archived(session, tmp_path, "move")
        assert refused.value.exit_code == 75

    archived(database.session, tmp_path, "move", At(WRITTEN, second))
    assert wrong(database.session, tmp_path) == []


def test_two_policies_of_one_table(ev: Callable[[str], Database], tmp_path: Path) -> None:
    """The one begins to watch a partition that the other exported, and has not dropped yet."""
    database = ev("detach")
    first = policy(tmp_path / "a", "detach")
    second = replace(first, name="second", destination=Destination("folder", str(tmp_path / "b")))

    def change_and_watch() -> None:
        elsewhere(database, "UPDATE ev SET amount = -5 WHERE id = (SELECT id FROM ev ORDER BY at LIMIT 1)")
        with database.server.connect(database.name) as session, suppress(Stopped):
            all_of(run(session, [second], [second], Asked(limits=LIMITS), Hooks(step=At(WATCHED, stop))))

    all_of(run(database.session, [first], [first], Asked(), Hooks(step=At(CHECKED, change_and_watch))))
    found = hot(database.session) + cold(database.session, tmp_path / "a")
    assert found == due(database.session)


class Stopped(BaseException):
    """A run that ends as if it were killed."""


def stop() -> None:
    raise Stopped


@pytest.mark.parametrize("way", ["move", "blocks"])
def test_a_row_that_a_long_transaction_holds(
    ev: Callable[[str], Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(move, "_ATTEMPTS", 3)
    database = ev(way)
    with connect(database.dsn, application_name="somebody") as other:
        with other.transaction():
            other.script("UPDATE ev SET amount = -1 WHERE id = (SELECT max(id) - 200 FROM ev)")
            with pytest.raises(LockNotAvailable, match="lock timeout"):
                archived(database.session, tmp_path, way, limits=IMPATIENT)
            left = due(database.session) - hot(database.session) - cold(database.session, tmp_path)
            assert not left
    finished(database, tmp_path, way)


def test_a_partition_that_a_long_transaction_reads(ev: Callable[[str], Database], tmp_path: Path) -> None:
    database = ev("detach")
    with database.server.connect(database.name) as other:
        with other.transaction():
            other.script("SELECT FROM ev LIMIT 1")
            with pytest.raises(LockNotAvailable):
                archived(database.session, tmp_path, "detach", limits=IMPATIENT)
        assert hot(database.session) == due(database.session)
        with other.transaction():  # from when it is exported
            read = At(CHECKED, lambda: other.script("SELECT FROM ev LIMIT 1"))
            with pytest.raises(LockNotAvailable):
                archived(database.session, tmp_path, "detach", read, limits=IMPATIENT)
    finished(database, tmp_path, "detach")


def test_a_trigger_that_keeps_rows(ev: Callable[[str], Database], tmp_path: Path) -> None:
    database = ev("move")
    database.session.script("""
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RETURN CASE WHEN OLD.id % 100 = 0 THEN NULL ELSE OLD END; END $$;
        CREATE TRIGGER keep BEFORE DELETE ON ev FOR EACH ROW EXECUTE FUNCTION keep();""")
    with pytest.raises(Obstructed, match="could be deleted"):
        archived(database.session, tmp_path, "move")
    assert wrong(database.session, tmp_path) == []
    database.session.script("DROP TRIGGER keep ON ev")
    finished(database, tmp_path, "move")


@pytest.mark.parametrize("table", ["archive_batch", "archive_run", "archive_path"])
def test_a_locked_ledger(
    ev: Callable[[str], Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setattr(running, "_LEDGER_LOCK_TIMEOUT_MS", 100)
    monkeypatch.setattr(move, "_ATTEMPTS", 2)
    database = ev("move")
    ledger.make(database.session)
    with database.server.connect(database.name) as other, other.transaction():
        other.script(f"LOCK TABLE dbopt.{table} IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LockNotAvailable):
            archived(database.session, tmp_path, "move")
    assert hot(database.session) == due(database.session)
    finished(database, tmp_path, "move")


ALTERED = {
    "unwatched": "ALTER TABLE ev_{n} DISABLE TRIGGER ALL; {change}; ALTER TABLE ev_{n} ENABLE TRIGGER ALL",
    "rewritten": "ALTER TABLE ev ALTER amount TYPE int USING amount + 1",
    "truncated": "TRUNCATE ev_{n}",
    "moved": "UPDATE ev SET at = at + interval '60 days' WHERE tableoid = 'ev_{n}'::regclass AND id % 2 = 0",
    "replica": "SET session_replication_role = replica; {change}",
}
CHANGE = "UPDATE ev_{n} SET amount = -7 WHERE id % 3 = 0"


@pytest.mark.parametrize("how", ALTERED)
@pytest.mark.parametrize("way", ["detach", "killed"])
def test_a_partition_that_changes_behind_its_triggers(
    ev: Callable[[str], Database], tmp_path: Path, way: str, how: str
) -> None:
    """What is archived in the end is what was in the table, whether the run goes on or is killed and started again."""
    database = ev("detach")
    oldest = database.session.fetch_workload("SELECT tableoid::regclass::text AS t FROM ev ORDER BY at LIMIT 1")[0]["t"]
    n = oldest.removeprefix("ev_")
    script = ALTERED[how].format(n=n, change=CHANGE.format(n=n))
    must: list[Counter[str]] = []

    def change() -> None:
        elsewhere(database, script)
        must.append(hot(database.session if way == "killed" else other))

    with database.server.connect(database.name) as other:
        if way == "killed":
            ended(started(database.dsn, tmp_path, "detach", "killed", DELETED))
            change()
            archived(database.session, tmp_path, "detach")
        else:
            archived(database.session, tmp_path, "detach", At(CHECKED, change))
    assert hot(database.session) + cold(database.session, tmp_path) == must[0]


@pytest.mark.parametrize("way", WAYS[:3])
def test_a_column_that_is_added_meanwhile(ev: Callable[[str], Database], tmp_path: Path, way: str) -> None:
    database = ev(way)
    before = At(SNAPSHOT if way == "detach" else DELETED, lambda: None)
    add = "ALTER TABLE ev ADD extra int DEFAULT 5"

    def later(step: str) -> None:
        before(step)
        if step == "committed" and before.seen[step] == 1:
            elsewhere(database, add)

    with pytest.raises(Obstructed, match="altered"):
        archived(database.session, tmp_path, way, later)
    assert hot(database.session) + cold(database.session, tmp_path) == due(database.session)
    finished(database, tmp_path, way)


# -- settings and values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["move", "detach"])
def test_limits_that_a_role_has_end_no_run(
    server: Server, new_database: Callable[..., Database], tmp_path: Path, way: str
) -> None:
    database = new_database(server)
    make_table(database.session, way, ROWS)
    for setting in ("statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"):
        database.session.script(f"ALTER DATABASE {database.name} SET {setting} = '2s'")
    if server.major >= 17:
        database.session.script(f"ALTER DATABASE {database.name} SET transaction_timeout = '2s'")
    database.session.script(f"ALTER DATABASE {database.name} SET default_transaction_isolation = 'serializable'")
    with server.connect(database.name) as session:
        session.limit()
        archived(session, tmp_path, way, At(WRITTEN, lambda: time.sleep(2.5)))
    assert wrong(database.session, tmp_path) == []
    assert cold(database.session, tmp_path)


def test_a_role_that_only_reads_archives_nothing(ev: Callable[[str], Database], tmp_path: Path) -> None:
    database = ev("move")
    database.session.script(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    with database.server.connect(database.name) as session, pytest.raises(QueryFailed, match="read-only transaction"):
        archived(session, tmp_path, "move")
    assert hot(database.session) == due(database.session)


@pytest.mark.parametrize("way", ["move", "blocks"])
def test_rows_without_a_time_stay_and_endless_ones_go_where_they_belong(
    ev: Callable[[str], Database], tmp_path: Path, way: str
) -> None:
    database = ev(way)
    database.session.script("""
        ALTER TABLE ev ALTER at DROP NOT NULL; TRUNCATE ev; TRUNCATE audit;
        INSERT INTO ev (id, at) SELECT n, CASE n % 4 WHEN 1 THEN 'infinity'::timestamptz WHEN 2 THEN '-infinity'
            WHEN 3 THEN '2001-01-01' END FROM generate_series(1, 400) AS n;""")
    (ran,) = archived(database.session, tmp_path, way, batch_rows=30)
    assert ran.rows == 200
    left = database.session.fetch_workload("SELECT count(*) AS n, count(*) FILTER (WHERE at > now()) AS late FROM ev")
    assert left == [{"n": 200, "late": 100}]


@pytest.mark.parametrize("way", ["move", "blocks"])
def test_ties_over_many_batches(ev: Callable[[str], Database], tmp_path: Path, way: str) -> None:
    database = ev(way)
    elsewhere(database, "UPDATE ev SET at = '2020-02-02' WHERE id % 2 = 0")
    archived(database.session, tmp_path, way, batch_rows=17)
    finished(database, tmp_path, way)


# -- commits in flight -------------------------------------------------------------------------------------------------


def test_killed_while_the_commit_is_in_flight(tmp_path: Path) -> None:
    """The client is dead, and the server still waits for a standby before it says that the commit is done."""
    settings = {**SETTINGS, "wal_level": "replica", "max_wal_senders": "2", "max_prepared_transactions": "2"}
    with embedded.start(settings=settings) as started_server:
        server = Server(18, f"host={started_server.directory} user={embedded.SUPERUSER}")
        name = server.create_database()
        with server.connect(name) as session:
            database = Database(server, name, session)
            make_table(session, "move", ROWS)
            process = started(database.dsn, tmp_path, "move", "stalled", DELETED, 1)
            _waits_for_a_standby(database)
            process.kill()
            process.communicate()
            threading.Timer(1, _unstalled, (database,)).start()
            finished(database, tmp_path, "move")
            _prepared(database, tmp_path)


def _unstalled(database: Database) -> None:
    elsewhere(database, UNSTALL)
    elsewhere(database, "SELECT pg_reload_conf()")


def _waits_for_a_standby(database: Database) -> None:
    for _ in range(600):
        if database.session.fetch_workload("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"):
            return
        time.sleep(0.05)
    raise AssertionError("no commit waits")


def _prepared(database: Database, folder: Path) -> None:
    """A prepared transaction holds a row as any other does, and has no session."""
    late = "INSERT INTO ev (at, amount, note) VALUES (now() - interval '200 days', 1, 'late')"
    elsewhere(database, late)
    elsewhere(database, "BEGIN; UPDATE ev SET amount = 9 WHERE note = 'late'; PREPARE TRANSACTION 'p'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(move, "_ATTEMPTS", 2)
        with pytest.raises(LockNotAvailable):
            archived(database.session, folder, "move", limits=IMPATIENT)
    assert wrong(database.session, folder) == []
    elsewhere(database, "COMMIT PREPARED 'p'")
    finished(database, folder, "move")
