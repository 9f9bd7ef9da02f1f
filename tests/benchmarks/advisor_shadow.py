"""TPC-H, scale 1, 19 queries: advice through a shadow, from a snapshot alone, beside that of HypoPG on the server.

Both are judged on the server (hypothetical.py): cost relative to no indexes but the keys. The shadow is a PostgreSQL 18
with the statistics of a 15, and knows deduplication, which HypoPG does not: within the same budget it puts more
indexes. So it is asked a second time with HypoPG's sizes, as if the indexes took that much: then both choices are
within the same budget by the same measure. ADVISOR_REAL_SIZES=1 also builds the shadow's first choice and says what it
takes (some minutes).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tabulate import tabulate

from dbopt.index.advice import Advice
from dbopt.index.advise import advise
from dbopt.index.hypopg import HypoPGWhatIf
from dbopt.index.model import Index
from dbopt.index.what_if import Estimate, WhatIf
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.schema import Catalog
from dbopt.postgres.session import connect
from dbopt.shadow.snapshot import Snapshot
from dbopt.shadow.take import take
from dbopt.shadow.what_if import what_if
from dbopt.workload.model import Statement, Workload
from tests.benchmarks.advisor import VARIANTS, Variant
from tests.benchmarks.hypothetical import (
    BUDGETS_MB,
    SCALE,
    VACUUMED,
    budget_bytes,
    bytes_by_hypopg,
    cost,
    definitions,
    real_bytes,
    tpch19,
    tpch_15,
)

BUILT = os.environ.get("ADVISOR_REAL_SIZES", "0") != "0"
TITLES = ("indexes", "budget MB", "HypoPG", "shadow", "ratio", "shadow, HypoPG's sizes", "ratio")


def run() -> None:
    with tpch_15() as dsn:
        with connect(dsn) as session:
            benchmark = _Benchmark(dsn, take(session), tpch19(), cost(dsn, tpch19(), ()))
        rows = [benchmark.row(variant, budget) for variant in VARIANTS[1:3] for budget in BUDGETS_MB]
    print(tabulate(rows, TITLES, disable_numparse=True, colalign=("left", *["right"] * 6)))
    print(f"TPC-H scale {SCALE:g}, {'' if VACUUMED else 'not '}vacuumed, base cost {benchmark.base:,.0f}; ", end="")
    print("each: relative cost on the server (planner calls; MB by HypoPG); of the shadow also MB", end="")
    print(" by its own estimate" + (" and MB as built" if BUILT else ""))


@dataclass(frozen=True)
class _Benchmark:
    dsn: str
    snapshot: Snapshot
    workload: Workload
    base: float

    def row(self, variant: Variant, budget: float) -> list[str]:
        with connect(self.dsn) as session:
            hypopg = HypoPGWhatIf(session)
            there = self._advise(hypopg, read_catalog(session), variant, budget)
            with what_if(self.snapshot) as shadow:
                with shadow.shadow.connect() as inside:
                    catalog = read_catalog(inside)
                alone = self._advise(shadow, catalog, variant, budget)
            with what_if(self.snapshot) as shadow:
                alike = self._advise(_Sized(shadow, hypopg), catalog, variant, budget)
        costs = [cost(self.dsn, self.workload, definitions(one)) / self.base for one in (there, alone, alike)]
        sizes = [bytes_by_hypopg(self.dsn, definitions(one)) / 1e6 for one in (there, alone, alike)]
        own = f"; {alone.storage_bytes / 1e6:.0f}"
        built = f"; {real_bytes(self.dsn, definitions(alone)) / 1e6:.0f}" if BUILT else ""
        return [
            variant.label,
            str(budget),
            f"{costs[0]:.4f} ({there.planner_calls}; {sizes[0]:.0f})",
            f"{costs[1]:.4f} ({alone.planner_calls}; {sizes[1]:.0f}{own}{built})",
            f"{costs[1] / costs[0]:.4f}",
            f"{costs[2]:.4f} ({alike.planner_calls}; {sizes[2]:.0f})",
            f"{costs[2] / costs[0]:.4f}",
        ]

    def _advise(self, asked: WhatIf, catalog: Catalog, variant: Variant, budget: float) -> Advice:
        return advise(
            self.workload,
            catalog,
            asked,
            budget_bytes=budget_bytes(budget),
            max_columns=variant.columns,
            max_included=variant.included,
            repeat_keys=variant.repeat_keys,
            drop=False,
        )


class _Sized:
    """A what-if that has its costs from one and its sizes from another."""

    def __init__(self, costs: WhatIf, sizes: WhatIf) -> None:
        self._costs, self._sizes = costs, sizes
        self.name, self.server_version = costs.name, costs.server_version

    @property
    def planner_calls(self) -> int:
        return self._costs.planner_calls

    def prepare(self, candidates: Iterable[Index]) -> dict[Index, str]:
        wanted = list(candidates)
        return {**self._sizes.prepare(wanted), **self._costs.prepare(wanted)}

    def estimate(self, statement: Statement, indexes: Collection[Index] = (), hidden: Collection[str] = ()) -> Estimate:
        return self._costs.estimate(statement, indexes, hidden)

    def knows(self, index: Index) -> bool:
        return self._sizes.knows(index) and self._costs.knows(index)

    def size_bytes(self, index: Index) -> int:
        return self._sizes.size_bytes(index)
