"""Archive runs: rows per second beside COPY and a hand-written loop, memory, and what they take from pgbench.

PostgreSQL 15 with fsync on. Rows of some 138 bytes with a primary key and an index on the control column.

- A partition of ARCHIVE_ROWS (2,000,000) rows is exported, verified, detached and dropped, beside the server's own
  COPY ... TO a csv file of the same rows, in turns.
- A quarter of these rows leave a plain table in batches of 10,000, beside a loop that does by hand what a careful DBA
  would: COPY a range to a file, fsync, DELETE the range, commit.
- The peak memory of a run of a tenth of the rows and of all.
- Transactions per second of pgbench, with and without a run at the default restraint, in turns.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from tabulate import tabulate

from dbopt.postgres.session import Session, connect
from tests.benchmarks.servers import SETTINGS, debian_15
from tests.servers import DEBIAN_PG_CTL, Server

ROWS = int(os.environ.get("ARCHIVE_ROWS", "2000000"))
ROUNDS = int(os.environ.get("ARCHIVE_ROUNDS", "3"))
SECONDS = int(os.environ.get("ARCHIVE_SECONDS", "30"))
BATCH = 10_000
_QUIET_SECONDS = 2  # in which a run sees that the database is idle
COLUMNS = "id bigint, at timestamptz NOT NULL, account integer, kind text, note text"
FILL = """
INSERT INTO {table} SELECT n, timestamptz '2024-01-01Z' + n * interval '1 second', n % 1000, 'kind ' || n % 7,
    repeat(md5(n::text), 2) || md5((n + 1)::text) FROM generate_series(1, {rows}) AS n
"""
RUN = """
import json, resource, sys, time
from pathlib import Path
from dbopt.archive import policy
from dbopt.archive.run import Asked, Hooks, run
from dbopt.config import Config
from dbopt.postgres.session import connect
dsn, section = sys.argv[1], json.loads(sys.argv[2])
found = policy.read(Config(Path("dbopt.toml"), {"archive": [section]}))
with connect(dsn) as session:
    begun = time.monotonic()
    (done,) = run(session, found, found, Asked(), Hooks())
    seconds = time.monotonic() - begun
assert done.error is None, done.error
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"rows": done.rows, "seconds": seconds, "peak_kb": peak}))
"""


def run() -> None:
    settings = {**SETTINGS, "fsync": "on", "synchronous_commit": "on", "TimeZone": "UTC"}
    with debian_15(settings) as server, tempfile.TemporaryDirectory() as folder, _writable(folder):
        with connect(server.dsn(server.create_database())) as session:
            _partition(session, server, Path(folder))
            _plain(session, server, Path(folder))
            _memory(session, server, Path(folder))
            _foreground(session, server, Path(folder))


@contextmanager
def _writable(folder: str) -> Iterator[None]:
    """The server's own user writes there, too."""
    Path(folder).chmod(0o777)
    yield


def _partition(session: Session, server: Server, folder: Path) -> None:
    ours, theirs = [], []
    for number in range(ROUNDS):
        _make_partitioned(session, ROWS)
        begun = monotonic()
        session.script(f"COPY part_1 TO '{folder}/copy.csv' (FORMAT csv)")
        theirs.append(monotonic() - begun)
        sleep(_QUIET_SECONDS)
        ours.append(_archived(server, session, folder / f"part{number}", "part", ROWS)["seconds"])
    _print("archive and verify a partition", "COPY TO a csv file", ROWS, ours, theirs, 0.5)


def _plain(session: Session, server: Server, folder: Path) -> None:
    rows, ours, theirs = ROWS // 4, [], []
    for number in range(ROUNDS):
        _make_plain(session, rows)
        begun = monotonic()
        _by_hand(server.dsn(session.database), folder)
        theirs.append(monotonic() - begun)
        _make_plain(session, rows)
        sleep(_QUIET_SECONDS)
        ours.append(_archived(server, session, folder / f"plain{number}", "plain", rows)["seconds"])
    _print(f"move in batches of {BATCH:,}", "COPY and DELETE by hand", rows, ours, theirs, 0.8)


def _by_hand(dsn: str, folder: Path) -> None:
    """Ranges of the control column, each to a file of its own that is on disk before its rows are deleted."""
    numbers = itertools.count()
    upto: str | None = ""
    with psycopg.connect(dsn, autocommit=True) as connection:
        while upto is not None:
            found = connection.execute(f"SELECT at::text FROM plain ORDER BY at OFFSET {BATCH - 1} LIMIT 1").fetchone()
            upto = found[0] if found else None
            below = "true" if upto is None else f"at <= '{upto}'"
            with connection.transaction():
                _copy(connection, f"COPY (SELECT * FROM plain WHERE {below}) TO STDOUT (FORMAT csv)", folder, numbers)
                connection.execute(f"DELETE FROM plain WHERE {below}")


def _copy(connection: psycopg.Connection[Any], statement: str, folder: Path, numbers: Iterator[int]) -> None:
    with (
        (folder / f"{next(numbers)}.csv").open("wb") as file,
        connection.cursor() as cursor,
        cursor.copy(statement.encode()) as rows,
    ):
        for data in rows:
            file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _memory(session: Session, server: Server, folder: Path) -> None:
    peaks = []
    for rows in (ROWS // 10, ROWS):
        _make_partitioned(session, rows)
        peaks.append(_archived(server, session, folder / f"memory{rows}", "part", rows)["peak_kb"])
    print(
        f"peak memory: {peaks[0] / 1024:,.0f} MB for {ROWS // 10:,} rows, {peaks[1] / 1024:,.0f} MB for {ROWS:,}: "
        f"{peaks[1] / peaks[0]:.2f} times\n",
        flush=True,
    )


def _foreground(session: Session, server: Server, folder: Path) -> None:
    """pgbench alone and beside a run, in turns; the run has more rows than it can move in that time."""
    _pgbench(server, session.database, "-i", "-q", "-s", "20")
    alone, beside, moved = [], [], []
    for number in range(ROUNDS):
        _make_plain(session, ROWS // 2)
        alone.append(_tps(server, session.database))
        session.script("CHECKPOINT")  # as before the other one
        process = _begun(server, session, folder / f"busy{number}", "plain")
        beside.append(_tps(server, session.database))
        process.terminate()
        process.communicate()
        moved.append(ROWS // 2 - int(session.fetch_workload("SELECT count(*) AS rows FROM plain")[0]["rows"]))
    lost = 1 - median(beside) / median(alone)
    print(
        f"pgbench: {median(alone):,.0f} transactions/s alone, {median(beside):,.0f} beside a run at the default"
        f" restraint: {lost:.1%} lost (limit 10%); the run moved {median(moved) / SECONDS:,.0f} rows/s meanwhile",
        flush=True,
    )


def _tps(server: Server, database: str) -> float:
    out = _pgbench(server, database, "-c", "4", "-j", "1", "-T", str(SECONDS), "-n")
    return float(out.partition("tps = ")[2].split()[0])


def _pgbench(server: Server, database: str, *arguments: str) -> str:
    where = conninfo_to_dict(server.dsn(database))
    command = [
        str(DEBIAN_PG_CTL.with_name("pgbench")),
        *("-h", str(where["host"]), "-p", str(where["port"]), "-U", str(where["user"])),
        *arguments,
        database,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _make_partitioned(session: Session, rows: int) -> None:
    session.script(
        f"DROP TABLE IF EXISTS part; CREATE TABLE part ({COLUMNS}, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
        "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2024-01-01Z') TO ('2025-01-01Z')"
    )
    _fill(session, "part", rows)


def _make_plain(session: Session, rows: int) -> None:
    session.script(f"DROP TABLE IF EXISTS plain; CREATE TABLE plain ({COLUMNS}, PRIMARY KEY (id))")
    session.script("CREATE INDEX ON plain (at)")
    _fill(session, "plain", rows)


def _fill(session: Session, table: str, rows: int) -> None:
    session.script(FILL.format(table=table, rows=rows))
    session.script(f"VACUUM ANALYZE {table}")
    session.script("CHECKPOINT")


def _archived(server: Server, session: Session, folder: Path, table: str, rows: int) -> dict[str, float]:
    out, _ = _begun(server, session, folder, table).communicate()
    found: dict[str, float] = json.loads(out)
    assert found["rows"] == rows, found
    return found


def _begun(server: Server, session: Session, folder: Path, table: str) -> subprocess.Popen[str]:
    section = {
        "name": folder.name,
        "table": table,
        "control": "at",
        "keep_hot": "1 day",
        "destination": str(folder),
        "batch_rows": BATCH,
    }
    command = [sys.executable, "-c", RUN, server.dsn(session.database), json.dumps(section)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _print(
    ours: str, theirs: str, rows: int, our_seconds: list[float], their_seconds: list[float], least: float
) -> None:
    table = [
        (ours, f"{rows / median(our_seconds):,.0f}", ", ".join(f"{one:.2f}" for one in our_seconds)),
        (theirs, f"{rows / median(their_seconds):,.0f}", ", ".join(f"{one:.2f}" for one in their_seconds)),
    ]
    print(tabulate(table, ("what", "rows/s", "seconds of each round"), disable_numparse=True))
    ratio = median(their_seconds) / median(our_seconds)
    print(f"{rows:,} rows: {ratio:.2f} times the rows/s (at least {least})\n", flush=True)
