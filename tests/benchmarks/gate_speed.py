"""200 queries through the gate: CPU seconds of one `dbopt check` with a snapshot, and of 200 comparisons by each peer.

CPU time is user and system, of the program and all its children; for dbopt that is the interpreter, the start of the
shadow, its restore and its planning. The peers compare one query per call and need plans that somebody else has made
on a database with data; that work is not counted here.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter

from tabulate import tabulate

from dbopt import documents
from dbopt.postgres.session import connect
from dbopt.workload.model import Workload
from tests import tpch
from tests.benchmarks.peers import PEERS, Peer
from tests.benchmarks.servers import embedded_18

SCALE = 0.01
QUERIES = 200
PEER_CALLS = 40
"""Calls of each peer that are measured; their CPU time is scaled to QUERIES."""
_PR_SET_CHILD_SUBREAPER = 36


def run() -> None:
    _adopt_orphans()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workload = _workload()
        documents.write_atomically(folder / "workload.json", documents.dump(workload))
        plans = _prepare(folder)
        dbopt, seconds = _measured(lambda: _check(folder))
        rows = [["dbopt check", f"{QUERIES} in 1 call", f"{dbopt:.1f}", f"{seconds:.1f}", "1"]]
        rows += [_row(peer, plans, dbopt) for peer in PEERS]
    print(tabulate(rows, ("program", "calls", "CPU s", "elapsed s", "ratio of CPU"), disable_numparse=True))
    print(
        f"TPC-H scale {SCALE:g}, 22 queries repeated up to {QUERIES}. dbopt works in one batch, the peers file by file;"
    )
    print(
        f"theirs are {PEER_CALLS} calls scaled to {QUERIES}. Elapsed time is as it was, under whatever load there was."
    )


def _workload() -> Workload:
    everything = tpch.workload()
    repeated = islice(cycle(everything.statements), QUERIES)
    named = (replace(one, name=f"{one.name} no. {number}") for number, one in enumerate(repeated))
    return replace(everything, statements=tuple(named))


def _prepare(folder: Path) -> list[Path]:
    """The snapshot, the baseline, and for the peers a plan of each query."""
    with embedded_18() as server:
        dsn = server.dsn(server.create_database())
        tpch.load(dsn, SCALE)
        _dbopt("snapshot", "-d", dsn, "-o", folder / "prod.dbsnap")
        plans = []
        with connect(dsn) as session:
            for statement in tpch.workload().statements:
                row = session.fetch_workload(statement.sql, prefix="EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ")[0]
                plans.append(folder / f"{statement.name}.json")
                plans[-1].write_text(json.dumps(row["QUERY PLAN"]))
    _check(folder, "--update")
    return plans


def _check(folder: Path, *more: str) -> None:
    snapshot, baseline = folder / "prod.dbsnap", folder / "baseline.json"
    arguments: list[str | Path] = [
        "check",
        folder / "workload.json",
        "--baseline",
        baseline,
        "--snapshot",
        snapshot,
        *more,
    ]
    _dbopt(*arguments, "--format", "json", "-o", folder / "check.json")


def _dbopt(*arguments: str | Path) -> None:
    program = Path(sys.executable).with_name("dbopt")
    subprocess.run([program, *arguments, "--quiet"], check=True, env=_environment(), stdin=subprocess.DEVNULL)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DBOPT_"))}


def _row(peer: Peer, plans: Sequence[Path], dbopt: float) -> list[str]:
    def calls() -> None:
        for plan in islice(cycle(plans), PEER_CALLS):
            subprocess.run(peer.command(plan, plan), check=True, stdout=subprocess.DEVNULL)

    cpu, seconds = (figure * QUERIES / PEER_CALLS for figure in _measured(calls))
    return [peer.name, f"{QUERIES} calls", f"{cpu:.1f}", f"{seconds:.1f}", f"{cpu / dbopt:.1f}"]


# -- CPU time ---------------------------------------------------------------------------------------------------------


def _adopt_orphans() -> None:
    """pg_ctl leaves the shadow's server behind as an orphan; this process becomes its parent, and gets its CPU time."""
    if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise SystemExit("the CPU time of servers cannot be told here: prctl failed")


def _measured(work: Callable[[], None]) -> tuple[float, float]:
    """CPU seconds of all children of the work, and elapsed ones."""
    _reap()
    cpu, started = _children(), perf_counter()
    work()
    elapsed = perf_counter() - started
    _reap()
    return _children() - cpu, elapsed


def _reap() -> None:
    """Wait for every child: only then its CPU time counts."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
