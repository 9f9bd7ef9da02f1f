"""TPC-H: its data, tables and 22 queries with the validation parameters, for tests (scale 0.1) and benchmarks (1)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.sql import tables_of

HERE = Path(__file__).parent
TABLES = ("region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem")


def load(dsn: str, scale: float) -> None:
    """Make the tables in an empty database, fill them, add the keys, and ANALYZE."""
    folder = generated(scale)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute((HERE / "schema.sql").read_bytes())
        for table in TABLES:
            _copy(connection, table, folder / f"{table}.csv")
        connection.execute((HERE / "keys.sql").read_bytes())


def generated(scale: float) -> Path:
    """The folder with the data as CSV: made once, kept in the temporary directory."""
    folder = Path(tempfile.gettempdir()) / f"dbopt-tpch-{os.getuid()}" / f"scale-{scale:g}"
    if not folder.exists():
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent))
        program = Path(sys.executable).with_name("tpchgen-cli")
        subprocess.run([program, "csv", "-q", "-s", f"{scale:g}", f"--output-dir={scratch}"], check=True)
        try:
            scratch.rename(folder)
        except OSError:  # another run was first
            subprocess.run(["rm", "-rf", scratch], check=True)
    return folder


def workload() -> Workload:
    """The 22 queries."""
    statements = []
    for path in sorted((HERE / "queries").glob("*.sql")):
        text = path.read_text("utf-8").strip()
        statements.append(
            Statement(
                id=fingerprint(text), name=f"Q{int(path.stem)}", sql=text, kind=kind_of(text), tables=tables_of(text)
            )
        )
    return Workload(Source("sql", None, None, None), tuple(statements))


def _copy(connection: psycopg.Connection, table: str, path: Path) -> None:
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER)").format(sql.Identifier(table))
    with connection.cursor().copy(statement) as copy, path.open("rb") as file:
        while block := file.read(1 << 20):
            copy.write(block)
