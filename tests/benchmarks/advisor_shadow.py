"""TPC-H, scale 1, 19 queries: advice through a shadow, from a snapshot alone, beside that of HypoPG on the server.

Both are judged on the server (hypothetical.py): cost relative to no indexes but the keys. The shadow is a PostgreSQL 18
with the statistics of a 15, and knows deduplication, which HypoPG does not: within the same budget it puts more
indexes. So it is asked a second time with HypoPG's sizes, as if the indexes took that much: then both choices are
within the same budget by the same measure.

HypoPG judges its own choice kindly: to its planner the way down from a hypothetical index's root costs nothing
(tree_height is unknown), which favours nested loops that a real index does not get. So the choices under the budgets of
ADVISOR_BUILT (in MB, with commas; 2000 by default, empty for none) are built too, and the planner is asked again.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
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
from tests.benchmarks.built import Built
from tests.benchmarks.hypothetical import (
    BUDGETS_MB,
    SCALE,
    VACUUMED,
    budget_bytes,
    bytes_by_hypopg,
    cost,
    definitions,
    tpch19,
    tpch_15,
)

BUILT_MB = [float(one) for one in os.environ.get("ADVISOR_BUILT", "2000").split(",") if one]
TITLES = ("indexes", "budget MB", "HypoPG", "shadow", "ratio", "shadow, HypoPG's sizes", "ratio")
CHOSEN = (1, 2)  # of VARIANTS


@dataclass(frozen=True)
class _Choices:
    """What is advised for one variant and budget: by HypoPG, by the shadow, and by the shadow with HypoPG's sizes."""

    variant: Variant
    budget_mb: float
    advised: tuple[Advice, Advice, Advice]

    @property
    def sets(self) -> list[list[str]]:
        return [definitions(one) for one in self.advised]

    def row(self, costs: Sequence[float], notes: Sequence[str]) -> list[str]:
        there, alone, alike = (f"{cost:.4f} ({note})" for cost, note in zip(costs, notes, strict=True))
        ratios = [f"{cost / costs[0]:.4f}" for cost in costs]
        return [self.variant.label, f"{self.budget_mb:g}", there, alone, ratios[1], alike, ratios[2]]


def run() -> None:
    workload = tpch19()
    with tpch_15() as dsn:
        with connect(dsn) as session:
            snapshot = take(session)
        asked = [(VARIANTS[number], budget) for number in CHOSEN for budget in BUDGETS_MB]
        choices = [_choices(dsn, snapshot, workload, variant, budget) for variant, budget in asked]
        base = cost(dsn, workload, ())
        _print([_by_hypopg(dsn, workload, base, one) for one in choices])
        print(
            f"TPC-H scale {SCALE:g}, {'' if VACUUMED else 'not '}vacuumed, base cost {base:,.0f}; each: relative cost"
        )
        print("judged by HypoPG (planner calls, MB by HypoPG, of the shadow also MB by its own estimate)\n", flush=True)
        _print([_by_building(dsn, workload, one) for one in choices if one.budget_mb in BUILT_MB])
        print("each: relative cost judged with the indexes built (number, MB built)")


def _choices(dsn: str, snapshot: Snapshot, workload: Workload, variant: Variant, budget_mb: float) -> _Choices:
    def advised(planner: WhatIf, catalog: Catalog) -> Advice:
        return advise(
            workload,
            catalog,
            planner,
            budget_bytes=budget_bytes(budget_mb),
            max_columns=variant.columns,
            max_included=variant.included,
            repeat_keys=variant.repeat_keys,
            drop=False,
        )

    with connect(dsn) as session:
        hypopg = HypoPGWhatIf(session)
        there = advised(hypopg, read_catalog(session))
        with what_if(snapshot) as shadow, shadow.shadow.connect() as inside:
            alone = advised(shadow, read_catalog(inside))
        with what_if(snapshot) as shadow, shadow.shadow.connect() as inside:
            alike = advised(_Sized(shadow, hypopg), read_catalog(inside))
    return _Choices(variant, budget_mb, (there, alone, alike))


def _by_hypopg(dsn: str, workload: Workload, base: float, choices: _Choices) -> list[str]:
    notes = [f"{one.planner_calls}; {bytes_by_hypopg(dsn, definitions(one)) / 1e6:.0f}" for one in choices.advised]
    notes[1] += f"; {choices.advised[1].storage_bytes / 1e6:.0f}"
    return choices.row([cost(dsn, workload, one) / base for one in choices.sets], notes)


def _by_building(dsn: str, workload: Workload, choices: _Choices) -> list[str]:
    """The base is asked anew: building an index counts its table's rows."""
    with Built.on(dsn) as built:
        for number, one in enumerate(choices.sets):
            built.build(str(number), one)
        built.build("none", [])
        costs, notes = [], []
        for number, one in enumerate(choices.sets):
            built.show("none")
            base = cost(dsn, workload, ())
            built.show(str(number))
            costs.append(cost(dsn, workload, ()) / base)
            notes.append(f"{len(one)}; {built.bytes(str(number)) / 1e6:.0f}")
    return choices.row(costs, notes)


def _print(rows: list[list[str]]) -> None:
    print(tabulate(rows, TITLES, disable_numparse=True, colalign=("left", *["right"] * 6) if rows else None))


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
