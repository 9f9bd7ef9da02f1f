"""A workload from pg_stat_activity, on each server: what is seen and what is left out. Sessions wait for an advisory
lock, so that what runs while it is sampled does not depend on the speed of the machine.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from dbopt.errors import PrivilegeMissing
from dbopt.postgres.session import connect
from dbopt.workload.activity import capture
from dbopt.workload.captured import Captured
from dbopt.workload.fingerprint import fingerprint
from tests.servers import Database, Server

Dbopt = Callable[..., tuple[int, str, str]]
LOCKED = "SELECT count(*), pg_advisory_xact_lock(42) FROM orders WHERE status = 'open' AND total > 12.5"


@contextmanager
def running(dsn: str, *statements: str, before: str = "SELECT") -> Iterator[None]:
    """Each statement waits in a session of its own for as long as this lasts."""
    with psycopg.connect(dsn, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(42)")
        connections = [psycopg.connect(dsn, autocommit=True) for _ in statements]
        threads = []
        for connection, statement in zip(connections, statements, strict=True):
            connection.execute(before.encode())
            threads.append(threading.Thread(target=connection.execute, args=(statement.encode(),)))
            threads[-1].start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY (%s) AND wait_event = 'advisory'"
        pids = [connection.info.backend_pid for connection in connections]
        while holder.execute(waiting, [pids]).fetchone() != (len(statements),):
            time.sleep(0.01)
        try:
            yield
        finally:
            holder.execute("SELECT pg_advisory_unlock_all()")
            for thread, connection in zip(threads, connections, strict=True):
                thread.join()
                connection.close()


def sampled(database: Database, **options: object) -> Captured:
    return capture(database.session, for_ms=100, every_ms=10, **options)  # type: ignore[arg-type]


def test_a_pg_stat_statements_that_may_not_be_used_is_done_without(shop: Database) -> None:
    role = f"outside_{shop.name}"
    shop.session.script(
        "CREATE SCHEMA stats; ALTER EXTENSION pg_stat_statements SET SCHEMA stats;"
        f"CREATE ROLE {role} LOGIN IN ROLE pg_read_all_stats"
    )
    try:
        with running(shop.dsn, LOCKED), connect(f"{shop.dsn} user={role}") as session:
            captured = capture(session, for_ms=100, every_ms=10)
        [one] = captured.workload.statements
        assert (one.id, one.parameters) == (fingerprint(LOCKED), (("42", "open", "12.5"),))
        assert (
            f"texts are as pg_stat_activity has them: {role} may not use pg_stat_statements in schema stats"
            f" (GRANT USAGE ON SCHEMA stats TO {role})"
        ) in captured.notes
    finally:
        shop.session.script(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_what_runs_is_seen_with_its_waits_and_values(shop: Database) -> None:
    with running(shop.dsn, LOCKED):
        captured = sampled(shop)
    [one] = captured.workload.statements
    sampling = captured.workload.source.sampling
    assert sampling is not None
    assert (one.id, one.tables, one.kind) == (fingerprint(LOCKED), ("orders",), "select")
    assert (one.samples, one.executions, one.calls, one.missed) == (sampling.samples, 1, 1, 0)
    assert one.total_ms == pytest.approx(sampling.samples * sampling.interval_ms)
    assert one.error_ms is not None
    assert 0 < one.error_ms <= sampling.interval_ms
    assert [(wait.event, wait.share) for wait in one.waits] == [("Lock:advisory", 1.0)]
    assert "estimates, with standard errors" in captured.notes[0]
    assert captured.workload.source.kind == "activity"


def test_pg_stat_statements_gives_the_whole_text_and_so_the_values(shop: Database) -> None:
    with running(shop.dsn, LOCKED):
        pass  # pg_stat_statements enters what has ended
    with running(shop.dsn, LOCKED.replace("open", "it''s")):
        [one] = sampled(shop).workload.statements
    assert one.sql == "SELECT count(*), pg_advisory_xact_lock($1) FROM orders WHERE status = $2 AND total > $3"
    assert one.parameters == (("42", "it's", "12.5"),)
    assert one.parameters_from == "captured"


def test_without_pg_stat_statements_literals_are_values_all_the_same(database: Database) -> None:
    rows = "(VALUES ('it''s', -5, true)) AS s (a, b, c)"
    sql = f"SELECT s.a, pg_advisory_xact_lock(42) FROM {rows} WHERE s.b < 1.5 ORDER BY 1"
    with running(database.dsn, sql, sql.replace("1.5", "7")):
        [one] = sampled(database).workload.statements
    assert one.sql == (
        "SELECT s.a, pg_advisory_xact_lock($1) FROM (VALUES ($2, $3, $4)) AS s (a, b, c) WHERE s.b < $5 ORDER BY 1"
    )
    assert set(one.parameters) == {("42", "it's", "-5", "true", "1.5"), ("42", "it's", "-5", "true", "7")}
    assert (one.parameters_from, one.id) == ("captured", fingerprint(sql))


def test_a_truncated_text_is_told_unless_pg_stat_statements_knows_it(shop: Database) -> None:
    sql = LOCKED + " AND status <> '" + "é" * 2000 + "'"
    with running(shop.dsn, sql):
        captured = sampled(shop)
    [one] = captured.workload.statements
    assert one.truncated
    assert "without a plan: 1 x only the beginning" in " ".join(captured.notes)
    with running(shop.dsn, sql):
        captured = sampled(shop)
    [one] = captured.workload.statements
    assert not one.truncated
    assert one.id == fingerprint(sql)


def test_what_does_not_run_or_is_elsewhere_is_left_out(shop: Database, new_database: Callable[..., Database]) -> None:
    other = new_database(shop.server)
    sql = "SELECT pg_advisory_xact_lock(42), now() FROM generate_series(1, 1)"
    with (
        psycopg.connect(shop.dsn) as idle,
        running(other.dsn, sql),
        running(shop.dsn, "SELECT pg_advisory_xact_lock(42)"),
    ):
        idle.execute("SELECT count(*) FROM orders")  # in a transaction, and idle
        captured = sampled(shop)
        assert captured.workload.statements == ()
        assert "left out: 1 x ping" in captured.notes
        assert sampled(shop, databases=[other.name]).workload.statements[0].id == fingerprint(sql)
        assert len(sampled(shop, everywhere=True).workload.statements) == 1


def test_the_same_statement_in_two_sessions_is_two_executions(shop: Database) -> None:
    with running(shop.dsn, LOCKED, LOCKED.replace("12.5", "7")):
        [one] = sampled(shop).workload.statements
    assert one.executions == 2


def test_without_the_privilege_only_own_sessions_are_seen(shop: Database) -> None:
    role = f"nobody_{shop.name}"
    shop.session.script(f"CREATE ROLE {role} LOGIN; GRANT SELECT ON orders TO {role}")
    try:
        with running(shop.dsn, LOCKED), connect(f"{shop.dsn} user={role}") as session:
            with pytest.raises(PrivilegeMissing) as failure:
                capture(session, for_ms=20, every_ms=10)
            assert failure.value.hint == f"GRANT pg_read_all_stats TO {role}"
            shop.session.script(f"GRANT pg_read_all_stats TO {role}")
            assert len(capture(session, for_ms=20, every_ms=10).workload.statements) == 1
    finally:
        shop.session.script(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_sessions_that_report_nothing_are_told(shop: Database) -> None:
    with running(shop.dsn, LOCKED, before="SET track_activities = off"):
        captured = sampled(shop)
    assert "not seen: 1 x session with track_activities off" in captured.notes


def test_it_ends_when_it_is_asked_to(shop: Database) -> None:
    stop = threading.Event()
    seen = []

    def on_progress(done: int, total: int, _label: str) -> None:
        seen.append((done, total))
        if done >= 3:
            stop.set()

    with running(shop.dsn, LOCKED):
        captured = capture(shop.session, for_ms=3_600_000, every_ms=10, stop=stop, on_progress=on_progress)
    assert captured.workload.statements
    assert seen[-1][1] == 360_000
    assert "ended early" in captured.notes[1]


# -- the command ------------------------------------------------------------------------------------------------------


def test_as_a_document(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "w.json"
    with running(shop.dsn, LOCKED):
        code, _, err = dbopt("capture", "activity", "--for", "50ms", "--every", "10ms", "-d", shop.dsn, "-o", file)
    document = json.loads(file.read_text("utf-8"))
    [one] = document["statements"]
    assert (code, document["schema"], document["source"]["kind"]) == (0, "dbopt.workload/1", "activity")
    assert one["waits"] == [{"event": "Lock:advisory", "share": 1.0}]
    assert {"samples", "executions", "missed", "error_ms", "mean_error_ms"} <= set(one)
    assert "estimates" in err
    assert dbopt("explain", file, "-d", shop.dsn)[0] == 0


def test_as_a_table(shop: Database, dbopt: Dbopt) -> None:
    with running(shop.dsn, LOCKED):
        code, out, _ = dbopt("capture", "activity", "--for", "50ms", "--every", "10ms", "-d", shop.dsn)
    assert code == 0
    assert "Lock:advisory 100 %" in out
    assert "±: standard error" in out


def test_ctrl_c_ends_it_with_what_it_has(pg18: Server, new_database: Callable[..., Database], tmp_path: Path) -> None:
    database = new_database(pg18, "CREATE TABLE orders (status text, total numeric)")
    file = tmp_path / "w.json"
    command = [sys.executable, "-m", "dbopt", "capture", "activity", "--for", "1h", "--every", "10ms", "-o", str(file)]
    with running(database.dsn, LOCKED):
        process = subprocess.Popen([*command, "-d", database.dsn], stderr=subprocess.PIPE, text=True, env=os.environ)
        sampling = "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '/* dbopt */ -- What the sessions%'"
        while database.session.fetch_workload(sampling)[0]["n"] == 0:
            time.sleep(0.02)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 0, err
    assert "ended early" in err
    assert len(json.loads(file.read_text("utf-8"))["statements"]) == 1


@pytest.mark.parametrize(
    "options", [["--every", "0ms"], ["--for", "1ms", "--every", "1s"], ["--for", "soon"], ["--for", "0s"]]
)
def test_wrong_times_are_usage_errors(dbopt: Dbopt, options: list[str]) -> None:
    assert dbopt("capture", "activity", *options)[0] == 2


def test_one_database_or_all(dbopt: Dbopt) -> None:
    assert dbopt("capture", "activity", "--all-databases", "--database", "x")[0] == 2


def test_nothing_seen_is_an_error(database: Database, dbopt: Dbopt) -> None:
    code, _, err = dbopt("capture", "activity", "--for", "20ms", "--every", "10ms", "-d", database.dsn)
    assert code == 3
    assert "sample longer" in err
