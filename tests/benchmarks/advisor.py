"""TPC-H, scale 1, 19 queries: what the advised indexes leave of the cost, under storage budgets.

The method is that of the published comparisons of index advisors (hypothetical.py): costs relative to no indexes but
the keys. Rows: indexes of up to two or three columns, with those that begin like a primary key and without; then as
dbopt does by default, which includes further columns. Below them two published algorithms in the same run on the same
planner (published.py; their indexes are of two columns), and the best figures that were measured of any (CoPhy,
Relaxation and DTA), on a database that was analysed but not vacuumed: TPCH_VACUUM=0 measures on such a one. Without
VACUUM no page is known to be visible to all, index-only scans cost more, and every figure is higher.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import process_time

from tabulate import tabulate

from dbopt.index.advise import advise
from dbopt.index.hypopg import HypoPGWhatIf
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.session import connect
from dbopt.workload.model import Workload
from tests.benchmarks import published
from tests.benchmarks.hypothetical import (
    BUDGETS_MB,
    SCALE,
    VACUUMED,
    budget_bytes,
    cost,
    definitions,
    tpch19,
    tpch_15,
)


@dataclass(frozen=True)
class Variant:
    """What indexes may be like."""

    label: str
    columns: int
    included: int = 0
    repeat_keys: bool = False


VARIANTS = (
    Variant("2 columns, repeating keys", 2, repeat_keys=True),
    Variant("3 columns, repeating keys", 3, repeat_keys=True),
    Variant("3 columns", 3),
    Variant("3 columns and included ones", 3, included=4),
)
Algorithm = Callable[[published.Peer, int], published.Choice]
PUBLISHED: tuple[tuple[str, Algorithm], ...] = (("Relaxation", published.relaxation), ("DB2Advis", published.db2advis))
BEST_PUBLISHED = (".7778", ".6708", ".6229", ".6096")


def run() -> None:
    workload = tpch19()
    with tpch_15() as dsn:
        base = cost(dsn, workload, ())
        rows = [_row(dsn, workload, base, variant) for variant in VARIANTS]
        for name, algorithm in PUBLISHED:
            rows.append(_peer(dsn, workload, base, f"{name}, repeating keys", algorithm, repeat_keys=True))
            rows.append(_peer(dsn, workload, base, name, algorithm, repeat_keys=False))
    rows.append(["best published, repeating keys, no VACUUM", *BEST_PUBLISHED])
    print(tabulate(rows, ("indexes", *(f"{budget} MB" for budget in BUDGETS_MB)), disable_numparse=True))
    print(f"TPC-H scale {SCALE:g}, {'' if VACUUMED else 'not '}vacuumed, base cost {base:,.0f}; ", end="")
    print("each: relative cost (planner calls, CPU of the search, size)")


def _row(dsn: str, workload: Workload, base: float, variant: Variant) -> list[str]:
    cells = [variant.label]
    for budget in BUDGETS_MB:
        started = process_time()
        with connect(dsn) as session:
            advice = advise(
                workload,
                read_catalog(session),
                HypoPGWhatIf(session),
                budget_bytes=budget_bytes(budget),
                max_columns=variant.columns,
                max_included=variant.included,
                repeat_keys=variant.repeat_keys,
                plain=not variant.included,
                drop=False,
            )
        seconds = process_time() - started
        relative = cost(dsn, workload, definitions(advice)) / base
        cells.append(_cell(relative, advice.planner_calls, seconds, advice.storage_bytes))
    return cells


def _peer(
    dsn: str, workload: Workload, base: float, label: str, algorithm: Algorithm, *, repeat_keys: bool
) -> list[str]:
    cells = [label]
    for budget in BUDGETS_MB:
        started = process_time()
        with connect(dsn) as session:
            peer = published.Peer(session, workload, repeat_keys=repeat_keys)
            chosen = algorithm(peer, budget_bytes(budget))
            size = peer.bytes(chosen)
        seconds = process_time() - started
        relative = cost(dsn, workload, published.as_sql(chosen)) / base
        cells.append(_cell(relative, peer.calls, seconds, size))
    return cells


def _cell(relative: float, calls: int, seconds: float, size: int) -> str:
    return f"{relative:.4f} ({calls}, {seconds:.1f} s, {size / 1e6:.0f} MB)"
