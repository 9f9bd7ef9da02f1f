"""500 comparisons of identical code on a machine under load: how many of them each gate calls a regression.

TPC-H's queries, over and over, while every core is kept busy. dbopt's default gate looks at plans, blocks and rows:
once as a database with data has them, once as a shadow of its snapshot. `--timing` times the quick ones among them on
two connections in turns. pgplan and dataxplan get EXPLAIN (ANALYZE, BUFFERS) of the same queries, made in the same
rounds, of one round and the next. Whatever is not "the same" is a false alarm.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import cycle, islice, pairwise
from math import ceil
from pathlib import Path
from time import perf_counter
from typing import Any

from tabulate import tabulate

from dbopt.check.baseline import Baseline
from dbopt.check.gate import Gate
from dbopt.check.sources import Source
from dbopt.check.timing import Pair, time_pairs
from dbopt.plan import execution
from dbopt.plan.execution import Limits
from dbopt.postgres.session import Session, connect
from dbopt.shadow.take import take
from dbopt.workload.model import Statement, Workload
from tests import tpch
from tests.benchmarks.load import busy_machine
from tests.benchmarks.peers import PEERS, Opinion, Peer
from tests.benchmarks.servers import embedded_18

COMPARISONS = int(os.environ.get("GATE_COMPARISONS", "500"))
TIMED_BELOW_MS = float(os.environ.get("GATE_TIMED_BELOW_MS", "5"))
"""Queries of up to this time are timed: so that 500 comparisons take minutes."""
SCALE = 0.01
TITLES = ("gate", "compared", "regression", "improvement", "inconclusive", "same")

Verdicts = Counter[str]
_OPINIONS: dict[Opinion, str] = {"regressed": "regression", "improved": "improvement", "same": "pass"}
_OUTCOMES = {"slower": "regression", "failed": "regression", "faster": "improvement", "same": "pass"}


@dataclass
class Rounds:
    """The gate's rounds over the workload, and the plans that came of them."""

    workload: Workload
    sources: dict[str, Source]
    session: Session
    folder: Path
    baselines: dict[str, Baseline] = field(default_factory=dict)
    verdicts: dict[str, Verdicts] = field(default_factory=dict)
    plans: list[list[Path]] = field(default_factory=list)

    def start(self) -> None:
        """The baselines, while the machine is quiet."""
        for name, source in self.sources.items():
            self.baselines[name] = self._observed(source, self.workload)
            self.verdicts[name] = Counter()
        self._explain()

    def round(self, count: int) -> None:
        """One comparison of each of the first `count` statements, by each source."""
        workload = replace(self.workload, statements=self.workload.statements[:count])
        for name, source in self.sources.items():
            found = Gate(workload).compare(self.baselines[name], self._observed(source, workload)).run()
            self.verdicts[name].update(one.verdict for one in found.statements if one.verdict != "removed")
        self._explain()

    def _observed(self, source: Source, workload: Workload) -> Baseline:
        with source.observer() as observer:
            return Gate(workload).observe(observer)

    def _explain(self) -> None:
        paths = []
        for number, statement in enumerate(self.workload.statements):
            paths.append(self.folder / f"{len(self.plans)}-{number}.json")
            paths[-1].write_text(json.dumps(_explained(self.session, statement)))
        self.plans.append(paths)


def run() -> None:
    started = perf_counter()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = stack.enter_context(embedded_18())
        dsn = server.dsn(server.create_database())
        tpch.load(dsn, SCALE)
        session, other = stack.enter_context(connect(dsn)), stack.enter_context(connect(dsn))
        with_data = Source(Limits(), None, session, session)
        shadow = Source(Limits(), take(session), None)
        sources = {"dbopt, on a database with data": with_data, "dbopt, on a shadow": shadow}
        rounds = Rounds(tpch.workload(), sources, session, Path(folder))
        rounds.start()
        with busy_machine():
            for count in _counts(len(rounds.workload.statements)):
                rounds.round(count)
            timed = _timed(session, other, rounds.workload.statements)
        rows = [[name, *_figures(found)] for name, found in rounds.verdicts.items()]
        rows.append(["dbopt --timing", *_figures(timed)])
        rows += [[peer.name, *_figures(_asked(peer, rounds.plans))] for peer in PEERS]
    print(tabulate(rows, TITLES, colalign=("left", *["right"] * 5)))
    print(f"TPC-H scale {SCALE:g}; {os.cpu_count()} cores, all busy; {perf_counter() - started:.0f} s in all")


def _counts(statements: int) -> Iterator[int]:
    """How many statements each round compares, so that there are COMPARISONS in the end."""
    for number in range(ceil(COMPARISONS / statements)):
        yield min(statements, COMPARISONS - number * statements)


def _timed(session: Session, other: Session, statements: Sequence[Statement]) -> Verdicts:
    """The quick statements against themselves, on two connections."""
    quick = [one for one in statements if _explained(session, one)[0]["Execution Time"] < TIMED_BELOW_MS]
    pairs = [Pair(str(number), one, one) for number, one in enumerate(islice(cycle(quick), COMPARISONS))]
    outcomes = time_pairs(session, other, pairs)
    return Counter(_OUTCOMES.get(one.outcome, one.outcome) for one in outcomes.values())


def _asked(peer: Peer, plans: Sequence[Sequence[Path]]) -> Verdicts:
    """The peer's opinions of each round and the next, asked when the load is over: they only read files."""
    files = [pair for earlier, later in pairwise(plans) for pair in zip(earlier, later, strict=True)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return Counter(_OPINIONS[one] for one in pool.map(lambda pair: peer.opinion(*pair), files[:COMPARISONS]))


def _explained(session: Session, statement: Statement) -> Any:
    planned = execution.plan(session, statement, Limits())
    return execution.run(session, planned, statement.first_values, Limits())


def _figures(found: Verdicts) -> list[int]:
    return [found.total(), *(found[name] for name in ("regression", "improvement", "inconclusive", "pass"))]
