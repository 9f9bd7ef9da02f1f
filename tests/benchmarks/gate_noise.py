"""500 comparisons of identical code on a machine under load: how many of them each gate calls a regression.

TPC-H's queries, over and over, while every core is kept busy. `dbopt check` looks at plans, blocks and rows: once as a
database with data has them, once as a shadow of its snapshot. With `--timing` it times the quick ones among them too,
on two connections in turns. pgplan and dataxplan get EXPLAIN (ANALYZE, BUFFERS) of the same queries, made in the same
rounds, of one round and the next. Whatever is not "the same" is a false alarm.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import cycle, islice, pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

from tabulate import tabulate

from dbopt import documents
from dbopt.postgres.session import connect
from dbopt.workload.model import Statement, Workload
from tests import tpch
from tests.benchmarks.load import busy_machine
from tests.benchmarks.peers import PEERS, Opinion, Peer
from tests.benchmarks.servers import embedded_18

COMPARISONS = int(os.environ.get("GATE_COMPARISONS", "500"))
ROUNDS = 5
PER_ROUND = COMPARISONS // ROUNDS
BELOW_MS = 50.0
TIMED_BELOW_MS = 10.0
"""Only queries quicker than this are compared, and timed: so that 500 of each take minutes."""
SCALE = 0.01
TITLES = ("gate", "compared", "regression", "improvement", "inconclusive", "error", "same")

Verdicts = Counter[str]
_OPINIONS: dict[Opinion, str] = {"regressed": "regression", "improved": "improvement", "same": "pass"}


@dataclass
class Gate:
    """`dbopt check` of a workload with the same options again and again."""

    name: str
    folder: Path
    workload: Workload
    options: Sequence[str | Path]
    verdicts: Verdicts = field(default_factory=Counter)

    def accept(self) -> None:
        documents.write_atomically(self._file("workload"), documents.dump(self.workload))
        self._dbopt("--update")

    def compare(self, *more: str) -> None:
        """Compare every statement with itself."""
        self._dbopt(*more)
        found = json.loads(self._file("check").read_text("utf-8"))["statements"]
        self.verdicts.update(one["verdict"] for one in found)
        print(f"{self.name}: {dict(self.verdicts)}", file=sys.stderr, flush=True)

    def _file(self, name: str) -> Path:
        return self.folder / f"{self.name.replace(' ', '-')}-{name}.json"

    def _dbopt(self, *more: str | Path) -> None:
        self._file("check").unlink(missing_ok=True)
        options = ["--baseline", self._file("baseline"), *self.options, *more, "--format", "json", "--quiet"]
        program = Path(sys.executable).with_name("dbopt")
        subprocess.run([program, "check", self._file("workload"), *options, "-o", self._file("check")], check=False)
        if not self._file("check").exists() and "--update" not in more:
            raise SystemExit(f"{self.name}: no answer")


def run() -> None:
    started = perf_counter()
    with tempfile.TemporaryDirectory() as name, embedded_18() as server:
        folder, dsn = Path(name), server.dsn(server.create_database())
        tpch.load(dsn, SCALE)
        times = _times(dsn, folder)
        workload, quick = _repeated(times, BELOW_MS, PER_ROUND), _repeated(times, TIMED_BELOW_MS, PER_ROUND)
        gates = _gates(folder, dsn, workload, quick)
        for gate in gates:
            gate.accept()
        plans = [_explain(dsn, folder, workload, 0)]
        with busy_machine():
            for number in range(1, ROUNDS + 1):
                plans.append(_explain(dsn, folder, workload, number))
                for gate in gates[:-1]:
                    gate.compare()
        peers = [[peer.name, *_figures(_asked(peer, plans))] for peer in PEERS]
        with busy_machine():
            for _ in range(ROUNDS):
                gates[-1].compare("--timing", "--old-dsn", dsn)
        rows = [[gate.name, *_figures(gate.verdicts)] for gate in gates] + peers
    print(tabulate(rows, TITLES, colalign=("left", *["right"] * 6)))
    print(f"TPC-H scale {SCALE:g}, {_distinct(workload)} queries, {_distinct(quick)} of them timed; ", end="")
    print(f"{os.cpu_count()} cores, all busy; {perf_counter() - started:.0f} s in all")


def _times(dsn: str, folder: Path) -> dict[Statement, float]:
    """The queries with their execution times in ms, warm."""
    workload = tpch.workload()
    _explain(dsn, folder, workload, 0)
    return dict(zip(workload.statements, map(_ms, _explain(dsn, folder, workload, 0)), strict=True))


def _repeated(times: Mapping[Statement, float], below_ms: float, count: int) -> Workload:
    """The queries that are quick enough, repeated up to `count`, each under a name of its own."""
    quick = [one for one, ms in times.items() if ms < below_ms]
    named = (replace(one, name=f"{one.name} no. {n}") for n, one in enumerate(islice(cycle(quick), count)))
    return replace(tpch.workload(), statements=tuple(named))


def _distinct(workload: Workload) -> int:
    return len({one.sql for one in workload.statements})


def _gates(folder: Path, dsn: str, workload: Workload, quick: Workload) -> list[Gate]:
    snapshot = folder / "prod.dbsnap"
    subprocess.run([Path(sys.executable).with_name("dbopt"), "snapshot", "-q", "-d", dsn, "-o", snapshot], check=True)
    return [
        Gate("dbopt on a database", folder, workload, ["-d", dsn]),
        Gate("dbopt on a snapshot", folder, workload, ["--snapshot", snapshot]),
        Gate("dbopt with timing", folder, quick, ["-d", dsn]),
    ]


def _explain(dsn: str, folder: Path, workload: Workload, number: int) -> list[Path]:
    """A plan of each query, as the peers take them."""
    paths = []
    with connect(dsn) as session:
        for place, statement in enumerate(workload.statements):
            row = session.fetch_workload(statement.sql, prefix="EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ")[0]
            paths.append(folder / f"plan-{number}-{place}.json")
            paths[-1].write_text(json.dumps(row["QUERY PLAN"]))
    return paths


def _ms(plan: Path) -> float:
    answer: Any = json.loads(plan.read_text("utf-8"))
    return float(answer[0]["Execution Time"])


def _asked(peer: Peer, plans: Sequence[Sequence[Path]]) -> Verdicts:
    """The peer's opinions of each round and the next, asked when the load is over: they only read files."""
    files = [pair for earlier, later in pairwise(plans) for pair in zip(earlier, later, strict=True)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = Counter(_OPINIONS[one] for one in pool.map(lambda pair: peer.opinion(*pair), files[:COMPARISONS]))
    print(f"{peer.name}: {dict(found)}", file=sys.stderr, flush=True)
    return found


def _figures(found: Verdicts) -> list[int]:
    return [found.total(), *(found[name] for name in ("regression", "improvement", "inconclusive", "error", "pass"))]
