"""Rows moved out of a default partition per second: `partition maintain`, and pg_partman's partition_data_proc().

PostgreSQL 15 with pg_partman 4.7.2, one server and the same settings for both. A default partition of a daily set
holds PARTITION_ROWS (1,000,000) rows of some 140 bytes over ten days, with a primary key; each mover gets a copy of
its own, in three rounds that take turns. pg_partman moves at least a whole partition at once, so both move a tenth of
the rows per batch; p_wait is 0. The time of a plain INSERT ... SELECT of all rows into the same partitions is printed
beside them, and the CPU seconds of the server's process. With p_wait = 1, the pause of pg_partman's default, a tenth
of the rows is moved once. Then ours again at batches of 10,000 rows, its default. Its time counts from plan to end;
the statistics of the set are left to after it for both.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic

from tabulate import tabulate

from dbopt.partition.maintain import Wishes, maintain
from dbopt.partition.move import Manner
from dbopt.postgres.session import Session, connect
from tests.benchmarks.servers import SETTINGS, debian_15
from tests.servers import Server

ROWS = int(os.environ.get("PARTITION_ROWS", "1000000"))
DAYS = 10
ROUNDS = 3
TABLE = """
CREATE TABLE {name} (id bigint, at timestamptz NOT NULL, account integer, note text, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
SELECT partman.create_parent('public.{name}', 'at', 'native', 'daily', p_premake := 1,
    p_start_partition := to_char(date_trunc('day', now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD'));
INSERT INTO {name}
    SELECT n, date_trunc('day', now()) - interval '1 day' * {days} * (1 - (n - 1)::float8 / {rows}), n % 1000,
        repeat(md5(n::text), 3)
    FROM generate_series(1, {rows}) AS n;
"""


@dataclass(frozen=True)
class Timed:
    seconds: float
    cpu: float
    locked_ms: float | None = None


def run() -> None:
    with debian_15({**SETTINGS, "TimeZone": "UTC", "synchronous_commit": "on"}) as server:
        with connect(server.dsn(server.create_database())) as session:
            session.script("SET client_min_messages = error")
            session.script("CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman")
            _measure(session, server)


def _measure(session: Session, server: Server) -> None:
    movers: dict[str, Callable[[Session, int], float | None]] = {
        "dbopt": lambda own, rows: _ours(own, rows // DAYS),
        "pg_partman, p_wait = 0": lambda own, _: _theirs(own, 0),
        "INSERT ... SELECT": _plain,
        "dbopt, batches of 10,000": lambda own, _: _ours(own, 10_000),
    }
    timed: dict[str, list[Timed]] = {name: [] for name in movers}
    for _ in range(ROUNDS):
        for name, mover in movers.items():
            timed[name].append(_timed(session, server, mover, ROWS))
    rates = {name: ROWS / median(one.seconds for one in found) for name, found in timed.items()}
    print(tabulate([_row(name, found, rates[name]) for name, found in timed.items()], _TITLES, disable_numparse=True))
    ratio = rates["dbopt"] / rates["pg_partman, p_wait = 0"]
    print(
        f"{ROWS:,} rows, batches of {ROWS // DAYS:,}: dbopt moves {ratio:.2f} times as many rows/s as pg_partman 4.7.2"
    )
    few = ROWS // 10
    ours, theirs = (_timed(session, server, mover, few) for mover in (movers["dbopt"], lambda own, _: _theirs(own, 1)))
    print(
        f"{few:,} rows: dbopt {few / ours.seconds:,.0f} rows/s, pg_partman with p_wait = 1 "
        f"{few / theirs.seconds:,.0f} rows/s ({theirs.seconds / ours.seconds:.1f} times)"
    )


_TITLES = ("mover", "rows/s", "seconds of each round", "server CPU s", "locked ms")


def _row(name: str, found: list[Timed], rate: float) -> list[str]:
    locks = [one.locked_ms for one in found if one.locked_ms is not None]
    return [
        name,
        f"{rate:,.0f}",
        ", ".join(f"{one.seconds:.2f}" for one in found),
        f"{median(one.cpu for one in found):.2f}",
        f"{median(locks):.0f}" if locks else "",
    ]


def _timed(session: Session, server: Server, mover: Callable[[Session, int], float | None], rows: int) -> Timed:
    """One move of a set that is made for it, in a connection of its own."""
    session.script(TABLE.format(name="moved", days=DAYS, rows=rows))
    session.script("VACUUM ANALYZE moved")
    session.script("CHECKPOINT")
    with connect(server.dsn(session.database)) as own:
        own.script("SET client_min_messages = error")
        cpu, begun = _cpu(own), monotonic()
        locked_ms = mover(own, rows)
        found = Timed(monotonic() - begun, _cpu(own) - cpu, locked_ms)
    _check(session, rows)
    session.script(
        "DROP TABLE moved; DELETE FROM partman.part_config; DROP TABLE IF EXISTS partman.template_public_moved"
    )
    return found


def _ours(session: Session, batch_rows: int) -> float | None:
    done = maintain(session, Wishes(("moved",), analyzes=False, manner=Manner(batch_rows=batch_rows)))
    assert not done.failed, done.failed
    return done.sets[0].locked_ms


def _theirs(session: Session, wait: int) -> None:
    session.script(f"CALL partman.partition_data_proc('public.moved', p_wait => {wait}, p_quiet => true)")


def _plain(session: Session, _rows: int) -> None:
    session.script(
        f"""CREATE TABLE plain (LIKE moved INCLUDING ALL) PARTITION BY RANGE (at);
        DO $$ BEGIN FOR n IN 0..{DAYS} LOOP EXECUTE format('CREATE TABLE plain_%s PARTITION OF plain FOR VALUES '
            'FROM (%L) TO (%L)', n, date_trunc('day', now()) - n * interval '1 day',
            date_trunc('day', now()) - (n - 1) * interval '1 day'); END LOOP; END $$;
        INSERT INTO plain SELECT * FROM moved_default; DROP TABLE plain"""
    )


def _check(session: Session, rows: int) -> None:
    (row,) = session.fetch_workload("SELECT count(*) AS rows FROM moved")
    assert row["rows"] == rows, row


def _cpu(session: Session) -> float:
    """Seconds of CPU that the session's backend has used."""
    fields = Path(f"/proc/{session.backend_pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
