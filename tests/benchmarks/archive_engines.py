"""Do engines that know nothing of dbopt see the same archive? Rows, a sum and times by four ways to read it.

PostgreSQL 18. ENGINE_ROWS (200,000) rows of many types are archived; then `dbopt archive query`, DuckDB on the Hive
folders, Spark on the same (local[1], in the environment of the peers), and pyiceberg's scan of the Iceberg table count
them, sum a numeric(14, 2) that is NULL in one row of ten, and say the least and the greatest timestamptz; the rows of
March they find by the columns of the folders, or by the time. PostgreSQL was asked before they left. Seconds are of
reading once, with the start of the engine.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import Any

from tabulate import tabulate

from dbopt.archive import iceberg, policy
from dbopt.archive import run as running
from dbopt.archive.policy import Policy
from dbopt.archive.query.run import Asked as Question
from dbopt.archive.query.run import query
from dbopt.config import Config
from dbopt.partition.interval import moment_of
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session
from tests.benchmarks.peers import DIRECTORY
from tests.benchmarks.servers import embedded_18

ROWS = int(os.environ.get("ENGINE_ROWS", "200000"))

_HERE = Path(__file__).parent
_TITLES = ("engine", "rows", "sum", "least", "greatest", "in March", "seconds")
_ASKED = """
SELECT count(*) AS rows, sum(amount) AS sum, min(at) AS least, max(at) AS greatest,
       count(*) FILTER (WHERE at >= '2024-03-01Z' AND at < '2024-04-01Z') AS march
FROM many
"""
_DUCKDB = """
SELECT count(*), sum(amount),
       epoch_us(min("at")), epoch_us(max("at")), count(*) FILTER (WHERE year = 2024 AND month = 3)
FROM read_parquet('{folder}/**/*.parquet', hive_partitioning = true)
"""


@dataclass(frozen=True)
class Answer:
    rows: int
    sum: Decimal
    least: datetime
    greatest: datetime
    march: int


Reader = Callable[[Session, Policy], Answer]


def run() -> None:
    script = (_HERE / "archive_engines.sql").read_text("utf-8").format(rows=ROWS)
    with embedded_18() as server, tempfile.TemporaryDirectory(prefix="dbopt-archive-") as folder:
        name = server.create_database(script)
        with server.connect(name) as session:
            found = [("PostgreSQL, before", _postgres(session), 0.0)]
            asked = _archived(session, folder)
            for engine, reader in _READERS.items():
                started = monotonic()
                found.append((engine, reader(session, asked), monotonic() - started))
    rows = [
        (engine, one.rows, f"{one.sum:,}", one.least, one.greatest, one.march, round(seconds, 1) or None)
        for engine, one, seconds in found
    ]
    print(tabulate(rows, _TITLES, intfmt=",", disable_numparse=[2]))
    print(f"\nall agree: {'yes' if len({one for _, one, _ in found}) == 1 else 'NO'}")


def _archived(session: Session, folder: str) -> Policy:
    section = {"name": "many", "table": "many", "control": "at", "keep_hot": "1 day", "destination": folder}
    (asked,) = policy.read(Config(Path("dbopt.toml"), {"archive": [section]}))
    options = running.Asked(batch_rows=50_000, busy_share=1.0)
    for done in running.run(session, [asked], [asked], options, running.Hooks(on_note=print)):
        if done.error is not None:
            raise done.error
        print(f"archived {done.rows:,} rows in {done.batches} batches, {done.bytes:,} bytes\n")
    return asked


def _postgres(session: Session) -> Answer:
    (row,) = session.fetch(SQL(_ASKED))
    return _answer(*row.values())


def _dbopt(session: Session, asked: Policy) -> Answer:
    found = query(session, [asked], _ASKED, Question())
    return _answer(*found.rows[0])


def _duckdb(session: Session, asked: Policy) -> Answer:
    import duckdb

    return _answer(*duckdb.connect().execute(_DUCKDB.format(folder=_data(asked))).fetchall()[0])


def _spark(session: Session, asked: Policy) -> Answer:
    python = DIRECTORY / "python"
    command: list[str | Path] = [python, _HERE / "archive_engines_spark.py", _data(asked)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"Spark failed: {done.stderr[-2000:]}\n(is it installed? make .venv-peers/stamp; and Java 17)")
    found = json.loads(done.stdout.splitlines()[-1])
    return _answer(*(found[name] for name in ("rows", "sum", "least", "greatest", "march")))


def _pyiceberg(session: Session, asked: Policy) -> Answer:
    import pyarrow.compute as pc

    with iceberg.catalog(Path(asked.destination.address)) as opened:
        table = opened.load_table(iceberg.identifier(asked))
        found = table.scan(selected_fields=("at", "amount")).to_arrow()
        march = table.scan("at >= '2024-03-01T00:00:00+00:00' AND at < '2024-04-01T00:00:00+00:00'").to_arrow()
    ends = pc.min_max(found["at"]).as_py()
    return _answer(len(found), pc.sum(found["amount"]).as_py(), ends["min"], ends["max"], len(march))


def _answer(rows: Any, total: Any, least: Any, greatest: Any, march: Any) -> Answer:
    return Answer(int(rows), Decimal(total), _moment(least), _moment(greatest), int(march))


def _moment(value: Any) -> datetime:
    if isinstance(value, int):
        return moment_of(value)
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    moment: datetime = found.astimezone(UTC)
    return moment


def _data(asked: Policy) -> Path:
    return Path(asked.destination.address) / asked.name / "data"


_READERS: dict[str, Reader] = {
    "dbopt archive query": _dbopt,
    "DuckDB, read_parquet": _duckdb,
    "Spark, read.parquet": _spark,
    "pyiceberg, scan": _pyiceberg,
}
