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
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

from tabulate import tabulate

from dbopt import documents
from dbopt.postgres.session import connect
from dbopt.workload.model import Workload
from tests import tpch
from tests.benchmarks.load import busy_machine
from tests.benchmarks.peers import PEERS, Opinion, Peer
from tests.benchmarks.servers import embedded_18

COMPARISONS = int(os.environ.get("GATE_COMPARISONS", "500"))
TIMED_BELOW_MS = float(os.environ.get("GATE_TIMED_BELOW_MS", "8"))
"""Queries of up to this time are timed, so that 500 comparisons take minutes."""
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
        self._write(self.workload)
        self._dbopt("--update")

    def compare(self, count: int) -> None:
        """Compare the first `count` statements with themselves."""
        self._write(replace(self.workload, statements=self.workload.statements[:count]))
        self._dbopt(*(["--timing", "--old-dsn", self.options[1]] if "timing" in self.name else []))
        found = json.loads(self._file("check").read_text("utf-8"))["statements"]
        self.verdicts.update(one["verdict"] for one in found if one["verdict"] != "removed")

    def _file(self, name: str) -> Path:
        return self.folder / f"{self.name.replace(' ', '-')}-{name}.json"

    def _write(self, workload: Workload) -> None:
        documents.write_atomically(self._file("workload"), documents.dump(workload))

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
        workload, plans = tpch.workload(), [_explain(dsn, folder, tpch.workload(), 0)]
        quick = tuple(
            one for one, plan in zip(workload.statements, plans[0], strict=True) if _ms(plan) < TIMED_BELOW_MS
        )
        gates = _gates(folder, dsn, workload, replace(workload, statements=quick))
        for gate in gates:
            gate.accept()
        with busy_machine():
            for number, count in enumerate(_counts(len(workload.statements)), 1):
                plans.append(_explain(dsn, folder, workload, number))
                for gate in gates[:-1]:
                    gate.compare(count)
            for count in _counts(len(quick)):
                gates[-1].compare(count)
        rows = [[gate.name, *_figures(gate.verdicts)] for gate in gates]
        rows += [[peer.name, *_figures(_asked(peer, plans))] for peer in PEERS]
    print(tabulate(rows, TITLES, colalign=("left", *["right"] * 6)))
    print(f"TPC-H scale {SCALE:g}, timed: {len(quick)} queries; {os.cpu_count()} busy cores; ", end="")
    print(f"{perf_counter() - started:.0f} s in all")


def _gates(folder: Path, dsn: str, workload: Workload, quick: Workload) -> list[Gate]:
    snapshot = folder / "prod.dbsnap"
    subprocess.run([Path(sys.executable).with_name("dbopt"), "snapshot", "-q", "-d", dsn, "-o", snapshot], check=True)
    return [
        Gate("dbopt on a database", folder, workload, ["-d", dsn]),
        Gate("dbopt on a snapshot", folder, workload, ["--snapshot", snapshot]),
        Gate("dbopt with timing", folder, quick, ["-d", dsn]),
    ]


def _counts(statements: int) -> Iterator[int]:
    """How many statements each round compares, so that there are COMPARISONS in the end."""
    for start in range(0, COMPARISONS, statements):
        yield min(statements, COMPARISONS - start)


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
        return Counter(_OPINIONS[one] for one in pool.map(lambda pair: peer.opinion(*pair), files[:COMPARISONS]))


def _figures(found: Verdicts) -> list[int]:
    return [found.total(), *(found[name] for name in ("regression", "improvement", "inconclusive", "error", "pass"))]
