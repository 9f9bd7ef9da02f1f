"""The advisor on 10, 100 and 1,000 different statements over 300 tables: planner calls, CPU time and memory.

Tables and statements are made up, the same ones every time: lookups, ranges, top-N and joins of two tables. Each size
is advised by a process of its own, on one snapshot, so that its memory is its own too.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import process_time

from tabulate import tabulate

from dbopt import documents
from dbopt.index.advise import advise
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.session import connect
from dbopt.shadow import snapshot
from dbopt.shadow.take import take
from dbopt.shadow.what_if import what_if
from dbopt.workload.files import load, single
from dbopt.workload.model import Source, Workload
from tests.benchmarks.servers import embedded_18

SIZES = (10, 100, 1000)
TABLES = 300
ROWS = 2000
BUDGET_BYTES = 20 * 2**20
_COLUMNS = ("id", "parent_id", "kind", "state", "amount", "created_at")


def run() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_snapshot(folder / "made-up.dbsnap")
        rows = [_row(folder, size) for size in SIZES]
    titles = ("statements", "planner calls", "calls per statement", "CPU s", "memory MB", "indexes", "cost after")
    print(tabulate(rows, titles, disable_numparse=True, colalign=("right",) * 7))
    print("CPU time is this program's and, apart from it, its shadow's; memory is this program's largest.")


def save_snapshot(path: Path) -> None:
    """Of a database with the made-up tables."""
    with embedded_18() as server:
        dsn = server.dsn(server.create_database())
        with connect(dsn) as session:
            session.script("".join(_tables()))
            session.script("ANALYZE")
            snapshot.save(take(session), path)


def made_up(size: int) -> Workload:
    """So many statements on those tables."""
    return Workload(Source("made up", None, None, None), tuple(single(sql).statements[0] for sql in _texts(size)))


def _row(folder: Path, size: int) -> list[str]:
    documents.write_atomically(folder / "workload.json", documents.dump(made_up(size)))
    command = [sys.executable, "-m", "tests.benchmarks.advisor_growth", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return [
        f"{size:,}",
        f"{found['calls']:,}",
        f"{found['calls'] / size:.1f}",
        f"{found['cpu']:.1f} + {found['children']:.1f}",
        f"{found['memory_mb']:.0f}",
        str(found["indexes"]),
        f"{100 * found['after']:.1f} %",
    ]


def _tables() -> Iterator[str]:
    for number in range(TABLES):
        yield (
            f"CREATE TABLE t{number} (id integer PRIMARY KEY, parent_id integer, kind integer, state text,"
            f" amount numeric, created_at timestamptz);"
            f"INSERT INTO t{number} SELECT n, n * 7 % {ROWS}, n % {10 + number % 90}, 'state ' || n % 5, n * 1.5,"
            f" timestamptz '2024-01-01' + n * interval '1 minute' FROM generate_series(1, {ROWS}) AS n;"
        )


def _texts(count: int) -> list[str]:
    """Different statements, the first ones of a longer list."""
    draw = random.Random(1)
    found: dict[str, None] = {}
    while len(found) < count:
        found[_text(draw)] = None
    return list(found)


def _text(draw: random.Random) -> str:
    table, other = f"t{draw.randrange(TABLES)}", f"t{draw.randrange(TABLES)}"
    equal, bound, shown = draw.choice(("parent_id", "kind")), draw.choice(("amount", "id")), draw.choice(_COLUMNS)
    value = draw.randrange(ROWS)
    return draw.choice(
        (
            f"SELECT {shown} FROM {table} WHERE {equal} = {value}",
            f"SELECT * FROM {table} WHERE {equal} = {value} AND state = 'state 3'",
            f"SELECT {shown} FROM {table} WHERE {bound} > {value} AND kind = {value % 10}",
            f"SELECT * FROM {table} WHERE kind = {value % 10} ORDER BY created_at DESC LIMIT 10",
            f"SELECT a.{shown} FROM {table} a JOIN {other} b ON b.parent_id = a.id WHERE a.kind = {value % 10}",
            f"SELECT state, count(*) FROM {table} WHERE created_at > '2024-01-01' AND {equal} = {value} GROUP BY state",
        )
    )


def _advise(folder: Path) -> None:
    """What the process of one size does."""
    taken, workload = snapshot.load(folder / "made-up.dbsnap"), load(str(folder / "workload.json"))
    started = process_time()
    with what_if(taken) as asked:
        with asked.shadow.connect() as session:
            catalog = read_catalog(session)
        advice = advise(workload, catalog, asked, budget_bytes=BUDGET_BYTES)
    children = os.times()
    print(
        json.dumps(
            {
                "calls": advice.planner_calls,
                "cpu": process_time() - started,
                "children": children.children_user + children.children_system,
                "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "indexes": len(advice.create),
                "after": advice.cost_after / advice.cost_before,
            }
        )
    )


if __name__ == "__main__":
    _advise(Path(sys.argv[1]))
