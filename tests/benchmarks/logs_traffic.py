"""The logs of a real run: pgbench (simple, extended and prepared) and TPC-H on one PostgreSQL 15 that writes stderr,
csvlog and jsonlog at once, and what the server and pgbench themselves counted.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from tests import tpch
from tests.servers import Server
from tests.workload.logs.server import SILENT, LoggingServer, logging_server

# What pgBadger's documentation recommends; it detects it by itself.
PREFIX = "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h "
SETTINGS = {
    "shared_buffers": "512MB",
    "work_mem": "1MB",
    "max_wal_size": "4GB",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "jit": "off",
    "log_temp_files": "0",
    "log_lock_waits": "on",
    "log_parameter_max_length": "-1",
    "log_min_duration_statement": "0",
    "log_connections": "on",
    "log_disconnections": "on",
}
TPCH_SCALE, TPCH_TURNS = 0.01, 3
CLIENTS, TRANSACTIONS = 4, 500  # of one round of each kind, per client
ROUNDS: tuple[tuple[str, ...], ...] = (
    ("-M", "simple"),
    ("-M", "extended"),
    ("-M", "prepared"),
    ("-M", "prepared", "-S"),
    ("-M", "extended", "-N"),
)


@dataclass(frozen=True)
class Logs:
    """The files by format, and the oracles: of pg_stat_statements calls and milliseconds of execution by fingerprint
    (without pgbench's questions to the catalog, and without utility commands: PostgreSQL 15 counts prepared ones once
    only), of pgbench the transactions that it processed, those of them that write, and those in its own log.
    """

    files: dict[str, Path]
    calls: Counter[str]
    executed_ms: dict[str, float]
    transactions: int
    writing: int
    transactions_logged: int


def written(folder: Path, megabytes: float) -> Logs:
    """Run until each log has so many megabytes (10^6 bytes)."""
    with logging_server(SETTINGS) as logging:
        server = logging.server
        database = server.create_database("CREATE EXTENSION pg_stat_statements")
        dsn = server.dsn(database)
        tpch.load(dsn, TPCH_SCALE)
        _pgbench(server, database, folder, "-i", "-q", "-s", "2")
        logging.set(log_line_prefix=PREFIX)
        logging.log_as("run")
        with psycopg.connect(f"{dsn} {SILENT}", autocommit=True) as session:
            session.execute("SELECT pg_stat_statements_reset()")
        transactions = writing = 0
        while min(path.stat().st_size for path in logging.files("run")) < megabytes * 1e6:
            for options in ROUNDS:
                processed = _transactions(_pgbench(server, database, folder, *_load(options)))
                transactions += processed
                writing += 0 if "-S" in options else processed
            _tpch(dsn)
        logging.log_as("after")
        files = dict(zip(("stderr", "csvlog", "jsonlog"), _copied(logging, folder), strict=True))
        calls, executed = _pg_stat_statements(dsn)
    logged = sum(len(path.read_bytes().splitlines()) for path in folder.glob("pgbench.*"))
    return Logs(files, calls, executed, transactions, writing, logged)


def _load(options: tuple[str, ...]) -> list[str]:
    return ["-n", "-l", "--log-prefix=pgbench", "-c", str(CLIENTS), "-j", "2", "-t", str(TRANSACTIONS), *options]


def _pgbench(server: Server, database: str, folder: Path, *options: str) -> str:
    where = dict(part.split("=", 1) for part in server.conninfo.split())
    program = Path("/usr/lib/postgresql/15/bin/pgbench")
    connection = ["-h", where["host"], "-p", where["port"], "-U", where["user"]]
    done = subprocess.run(
        [program, *options, *connection, database], cwd=folder, check=True, text=True, capture_output=True
    )
    return done.stdout


def _transactions(report: str) -> int:
    match = re.search(r"number of transactions actually processed: (\d+)", report)
    if match is None:
        raise ValueError(f"pgbench does not say how many transactions it processed:\n{report}")
    return int(match[1])


def _tpch(dsn: str) -> None:
    """The 22 queries, some times over."""
    with psycopg.connect(dsn, autocommit=True, application_name="tpch") as session:
        for one in tpch.workload().statements * TPCH_TURNS:
            session.execute(one.sql.encode())


def _copied(logging: LoggingServer, folder: Path) -> Iterator[Path]:
    """The run's logs, moved to where they outlive the server."""
    for path in logging.files("run"):
        yield Path(shutil.move(path, folder / path.name))


def _pg_stat_statements(dsn: str) -> tuple[Counter[str], dict[str, float]]:
    """Calls and milliseconds of execution by fingerprint."""
    calls: Counter[str] = Counter()
    executed: defaultdict[str, float] = defaultdict(float)
    with psycopg.connect(f"{dsn} {SILENT}") as session:
        for text, count, total_ms in session.execute("SELECT query, calls, total_exec_time FROM pg_stat_statements"):
            if kind_of(text) != "utility" and "pg_catalog." not in text:
                calls[fingerprint(text)] += count
                executed[fingerprint(text)] += total_ms
    return calls, executed
