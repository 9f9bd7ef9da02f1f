"""TPC-H, scale 1, 22 queries: how alike the plans of a source and of its shadow are.

The shadow is always PostgreSQL 18: of a source of another version it has the statistics, not the planner.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from time import perf_counter

from tabulate import tabulate

from dbopt.postgres.session import connect
from dbopt.shadow.self_check import SelfCheck, self_check
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.snapshot import to_bytes
from dbopt.shadow.take import take
from dbopt.shadow.what_if import what_if
from tests import tpch
from tests.benchmarks.servers import debian_15, embedded_18
from tests.servers import Server

SCALE = float(os.environ.get("TPCH_SCALE", "1"))
TITLES = (
    "source -> shadow",
    "same shapes",
    "cost error, median",
    "worst",
    "snapshot",
    "gzipped",
    "restored in",
)


def run() -> None:
    rows = [_row(debian_15()), _row(embedded_18())]
    print(tabulate(rows, TITLES, colalign=("left", *["right"] * (len(TITLES) - 1))))
    print(f"TPC-H scale {SCALE:g}, 22 queries; same shapes: the plan's strategy is the same (dbopt.plan.shape)")


def _row(starting: AbstractContextManager[Server]) -> list[str]:
    with starting as server:
        dsn = server.dsn(server.create_database())
        tpch.load(dsn, SCALE)
        with connect(dsn) as session:
            started = perf_counter()
            snapshot = take(session)
            taken = perf_counter()
            with Shadow.open(snapshot) as shadow, what_if(shadow) as asked:
                opened = perf_counter()
                check = self_check(session, asked, tpch.workload())
    _print_differences(check)
    return [
        f"{check.source_version} -> {check.shadow_version}",
        f"{check.same_shapes} of {check.compared}",
        f"{100 * check.median_cost_error:.5f} %",
        f"{100 * check.worst_cost_error:.5f} %",
        f"{taken - started:.2f} s",
        f"{len(to_bytes(snapshot)) / 1000:.0f} kB",
        f"{opened - taken:.2f} s",
    ]


def _print_differences(check: SelfCheck) -> None:
    for match in check.matches:
        if match.error is not None:
            print(f"{match.name}: {match.error}")
        elif not match.same_shape or (match.cost_error or 0.0) > 0.001:
            shape = "same shape" if match.same_shape else "another shape"
            print(
                f"{check.source_version} {match.name}: {shape}, "
                f"cost {match.source_cost:,.2f} -> {match.shadow_cost:,.2f} ({100 * (match.cost_error or 0.0):.3f} %)"
            )
