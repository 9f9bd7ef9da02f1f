"""Logs that a real PostgreSQL writes in three formats at once, against its own pg_stat_statements."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dbopt.postgres import embedded
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.logs.build import Limits, workload
from dbopt.workload.logs.processes import Filter
from dbopt.workload.logs.reading import Reading
from dbopt.workload.logs.sources import found, in_order
from dbopt.workload.model import Logged, Statement
from tests.servers import SETTINGS
from tests.workload.logs.reads import is_whole, sums

LOGGING = {
    "shared_preload_libraries": "pg_stat_statements,auto_explain",
    "logging_collector": "on",
    "log_destination": "stderr,csvlog,jsonlog",
    "log_filename": "server.log",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_messages": "warning",
    "log_min_duration_statement": "0",
    "log_temp_files": "0",
    "log_lock_waits": "on",
    "deadlock_timeout": "50ms",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_format": "json",
    "pg_stat_statements.track_utility": "off",
}
BY_ID = "SELECT name FROM people WHERE id = %s"
IN_WORKERS = "SELECT sum(1 / (id - id)) FROM people"
SPILLING = "SELECT count(*) FROM (SELECT g FROM generate_series(1, 50000) g ORDER BY g DESC OFFSET 0) s"
UPDATED = "UPDATE people SET name = %s WHERE id = %s"


@dataclass(frozen=True)
class Run:
    """The files of one run, and what pg_stat_statements counted: calls and total time by fingerprint."""

    folder: Path
    counted: dict[str, tuple[int, float]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("log")
    with embedded.start(settings={**SETTINGS, **LOGGING}) as server:
        dsn = f"host={server.directory} user={embedded.SUPERUSER} dbname=postgres"
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
            connection.execute("CREATE TABLE people (id int PRIMARY KEY, name text)")
            connection.execute("SELECT pg_stat_statements_reset()")
            _work(dsn, connection)
            counted = _counted(connection)
        for file in (server.data / "log").iterdir():
            shutil.copy(file, folder)
    return Run(folder, counted)


def _work(dsn: str, connection: psycopg.Connection[Any]) -> None:
    """Both protocols, values of all sorts, a cursor, errors, a wait, a spill."""
    for number in range(20):
        connection.execute(f"INSERT INTO people VALUES ({number}, 'O''Neill {number}\n--')".encode())
        connection.execute(BY_ID, (number,), prepare=True)
    connection.execute(UPDATED, ("it's\t\u00e9 \\ \n", 3), prepare=False)
    with connection.transaction(), connection.cursor("c") as cursor:
        cursor.execute("SELECT id FROM people WHERE id > 2")
        cursor.itersize = 5
        assert len(list(cursor)) == 17
    for wrong in ("SELECT 1/0 FROM people", "SELECT count(*) FROM people, pg_sleep(5)"):
        connection.execute("SET statement_timeout = '100ms'")
        with pytest.raises(psycopg.Error):
            connection.execute(wrong.encode())
        connection.execute("RESET statement_timeout")
    _fail_in_a_worker(connection)
    with contextlib.suppress(InterruptedError), connection.cursor().copy("COPY people FROM STDIN"):
        raise InterruptedError  # the client gives up
    connection.execute("SET work_mem = '64kB'")
    connection.execute(SPILLING.encode())
    with psycopg.connect(dsn) as other:
        other.execute("UPDATE people SET name = 'locked' WHERE id = 1")
        release = threading.Timer(0.3, other.commit)
        release.start()
        connection.execute("UPDATE people SET name = 'waited' WHERE id = 1")
        release.join()


def _fail_in_a_worker(connection: psycopg.Connection[Any]) -> None:
    """Where the leader takes no part, it says again what a worker said; the other workers are ended."""
    connection.execute(
        "SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
        "SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off"
    )
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute(IN_WORKERS.encode())
    connection.execute("RESET ALL")


def _counted(connection: psycopg.Connection[Any]) -> dict[str, tuple[int, float]]:
    found: dict[str, tuple[int, float]] = {}
    for query, calls, total in connection.execute("SELECT query, calls, total_exec_time FROM pg_stat_statements"):
        known = found.get(fingerprint(query), (0, 0.0))
        found[fingerprint(query)] = (known[0] + calls, known[1] + total)
    time.sleep(0.3)  # the logger writes a moment later
    return found


def reading_of(run: Run, suffix: str, jobs: int = 1) -> Reading:
    with Reading(Filter(), jobs=jobs) as reading:
        reading.read(in_order(found([str(run.folder / f"server{suffix}")])), lambda _: None)
    return reading


def statements(reading: Reading, limits: Limits | None = None) -> dict[str, Statement]:
    made = workload(reading.assembler.totals, [file.account for file in reading.files], limits or Limits()).workload
    return {one.id: one for one in (*made.statements, *made.failed)}


@pytest.mark.parametrize("suffix", [".log", ".csv", ".json"])
def test_counts_are_those_of_pg_stat_statements(run: Run, suffix: str) -> None:
    reading = reading_of(run, suffix)
    made = statements(reading)
    assert is_whole(reading.files[0].account)
    assert reading.files[0].account.skipped == 0
    ours = {key: one.calls for key, one in made.items() if one.calls}
    theirs = {key: calls for key, (calls, _) in run.counted.items() if key in ours}
    assert ours == theirs
    assert fingerprint(BY_ID.replace("%s", "$1")) in ours
    for key in ours:  # the log's time is that of the whole command, with the way to it
        assert (made[key].total_ms or 0.0) >= 0.9 * run.counted[key][1]


def test_the_formats_tell_the_same(run: Run) -> None:
    told = [sums(reading_of(run, suffix).assembler) for suffix in (".log", ".csv", ".json")]
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize("suffix", [".log", ".json"])
def test_several_processes_read_the_same(run: Run, suffix: str) -> None:
    assert sums(reading_of(run, suffix, jobs=2).assembler) == sums(reading_of(run, suffix).assembler)


def log_of(made: dict[str, Statement], sql: str) -> Logged:
    found = made[fingerprint(sql)].log
    assert found is not None
    return found


def test_what_happened_to_a_statement(run: Run) -> None:
    made = statements(reading_of(run, ".log"))
    failed = log_of(made, "SELECT 1/0 FROM people")
    cancelled = log_of(made, "SELECT count(*) FROM people, pg_sleep(5)")
    spilled = log_of(made, SPILLING)
    waited = log_of(made, "UPDATE people SET name = 'waited' WHERE id = 1")
    assert (failed.errors, failed.cancelled, failed.errors_by_state[0].message) == (1, 0, "division by zero")
    assert (cancelled.errors, cancelled.cancelled) == (0, 1)
    assert log_of(made, IN_WORKERS).errors == 1
    assert log_of(made, "COPY people FROM STDIN").cancelled == 1
    assert spilled.temp_files >= 1
    assert spilled.temp_bytes > 100_000
    assert waited.lock_waits == 1
    assert waited.lock_wait_ms > 50


def test_the_plan_of_the_slowest_execution_is_kept(run: Run) -> None:
    plan = log_of(statements(reading_of(run, ".csv")), BY_ID.replace("%s", "$1")).plan
    assert plan is not None
    assert plan.plan["Plan"]["Relation Name"] == "people"


def test_values_come_back_as_they_were(run: Run) -> None:
    made = statements(reading_of(run, ".json"), Limits(parameters=5))
    updated = made[fingerprint("UPDATE people SET name = $1 WHERE id = $2")]
    inserted = made[fingerprint("INSERT INTO people VALUES (1, 'x')")]
    assert ("it's\t\u00e9 \\ \n", "3") in updated.parameters
    assert all(values[1] == f"O'Neill {values[0]}\n--" for values in inserted.parameters)
    assert len(inserted.parameters) == 5


def test_nothing_of_the_values_stays_when_redacted(run: Run) -> None:
    made = statements(reading_of(run, ".log"), Limits(is_redacted=True))
    assert "Neill" not in repr(made)
    assert "locked" not in repr(made)
    assert not any(one.parameters for one in made.values())
