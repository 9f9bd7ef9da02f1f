"""`dbopt partition convert` and `undo` of a large table under load: how long others wait, and whether a row is lost.

PARTITION_ROWS (5,000,000) rows on PostgreSQL 15, changed by pgbench all the time (tests/partition/load.sql: inserts,
updates, deletes, moves to other months), at PARTITION_RATE statements per second. Converted and undone, then both
again, killed (SIGKILL) once at each stage and started again. Each time the rows are compared with the audit trail of
the load; the longest statement is told beside what pgbench sees without a conversion.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from tabulate import tabulate

from dbopt.partition.convert import ledger
from dbopt.partition.model import Name
from tests.benchmarks.servers import SETTINGS, debian_15
from tests.partition.load import compared, dbopt, load, make_table
from tests.servers import Database

ROWS = int(os.environ.get("PARTITION_ROWS", "5000000"))
RATE = int(os.environ.get("PARTITION_RATE", "500"))
QUIET_SECONDS = 20
EV = Name("public", "ev")
CONVERT = ("partition", "convert", "ev", "--control", "created_at", "--interval", "1 month", "--widen-keys", "--yes")
UNDO = ("partition", "undo", "ev", "--yes", "--drop-old")
TITLES = ("", "seconds", "killed", "statements", "longest (ms)", "over 1 s", "rows due", "rows there", "the same")


def run() -> None:
    with debian_15({**SETTINGS, "max_wal_size": "16GB"}) as server:
        name = server.create_database()
        with server.connect(name) as session:
            database = Database(server, name, session)
            make_table(session, ROWS)
            session.script("VACUUM ANALYZE ev")
            session.script("CHECKPOINT")
            rows = [_measured(database, "load alone", _nothing)]
            rows.append(_measured(database, "convert", lambda: _whole(database, CONVERT)))
            rows.append(_measured(database, "undo", lambda: _whole(database, UNDO)))
            session.script("DROP TABLE IF EXISTS ev_dbopt_old")
            rows.append(_measured(database, "convert, killed", lambda: _killed(database, CONVERT)))
            rows.append(_measured(database, "undo, killed", lambda: _killed(database, UNDO)))
    print(f"{ROWS:,} rows, {RATE} statements per second")
    print(tabulate(rows, TITLES, floatfmt=",.1f", intfmt=","), flush=True)


def _measured(database: Database, label: str, work: Callable[[], int]) -> list[object]:
    with load(database, ROWS, rate=RATE) as running:
        time.sleep(2)
        started = time.monotonic()
        killed = work()
        seconds = time.monotonic() - started
        time.sleep(2)
    due, there, same = compared(database.session)
    return [label, seconds, killed, running.statements, running.longest_ms, running.over(1000), due, there, same]


def _nothing() -> int:
    time.sleep(QUIET_SECONDS)
    return 0


def _whole(database: Database, arguments: tuple[str, ...]) -> int:
    process = dbopt(database, *arguments)
    output = process.communicate()[0]
    if process.returncode != 0:
        raise SystemExit(output)
    return 0


def _killed(database: Database, arguments: tuple[str, ...]) -> int:
    """Once at each stage; how often it was killed."""
    before, kills = ledger.newest(database.session, EV), 0
    for stage in ledger.STAGES[:-1]:
        process = dbopt(database, *arguments)
        while process.poll() is None:
            found = ledger.newest(database.session, EV)
            is_begun = found is not None and (before is None or found.id != before.id)
            if found is not None and is_begun and ledger.STAGES.index(found.stage) >= ledger.STAGES.index(stage):
                time.sleep(0.3)  # into the stage
                process.kill()
                kills += 1
                break
            time.sleep(0.01)
        process.communicate()
    _whole(database, arguments)
    return kills
