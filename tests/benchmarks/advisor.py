"""TPC-H, scale 1, 19 queries: what the advised indexes leave of the cost, under storage budgets.

The method is that of the published comparisons of index advisors: PostgreSQL 15 with HypoPG, primary and foreign keys
at the start, vacuumed and analysed once, queries 2, 17 and 20 left out, costs as the sum of EXPLAIN over the queries in
a fresh connection with the advised indexes as hypothetical ones, relative to none; sizes by HypoPG, 1 MB = 10^6 bytes.
Rows: indexes of up to two or three columns, with those that begin like a primary key and without; then as dbopt does by
default, which includes further columns. Below them, the best of the published algorithms on this workload (CoPhy,
Relaxation and DTA; their indexes are of one or two columns).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import process_time

from tabulate import tabulate

from dbopt.index.advice import Advice
from dbopt.index.advise import advise
from dbopt.index.hypopg import HypoPGWhatIf
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import connect
from dbopt.workload.model import Workload
from tests import tpch
from tests.benchmarks.servers import debian_15

SCALE = float(os.environ.get("TPCH_SCALE", "1"))
BUDGETS_MB = (500, 1000, 2000, 5000)
LEFT_OUT = ("Q2", "Q17", "Q20")


def run() -> None:
    everything = tpch.workload()
    workload = replace(everything, statements=tuple(one for one in everything.statements if one.name not in LEFT_OUT))
    with debian_15() as server:
        dsn = server.dsn(server.create_database())
        tpch.load(dsn, SCALE)
        with connect(dsn) as session:
            session.script("CREATE EXTENSION hypopg")
            session.script("VACUUM")
        base = _cost(dsn, workload, ())
        rows = [_row(dsn, workload, base, variant) for variant in VARIANTS]
    rows.append(["best published, 2 columns", *BEST_PUBLISHED])
    print(tabulate(rows, ("indexes", *(f"{budget} MB" for budget in BUDGETS_MB)), disable_numparse=True))
    print(f"TPC-H scale {SCALE:g}, base cost {base:,.0f}; each: relative cost (planner calls, CPU of the search, size)")


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
BEST_PUBLISHED = (".7778", ".6708", ".6229", ".6096")


def _row(dsn: str, workload: Workload, base: float, variant: Variant) -> list[str]:
    cells = [variant.label]
    for budget in BUDGETS_MB:
        started = process_time()
        with connect(dsn) as session:
            advice = advise(
                workload,
                read_catalog(session),
                HypoPGWhatIf(session),
                budget_bytes=round(budget * 1e6 * SCALE),
                max_columns=variant.columns,
                max_included=variant.included,
                repeat_keys=variant.repeat_keys,
                plain=not variant.included,
                drop=False,
            )
        seconds = process_time() - started
        relative = _cost(dsn, workload, _definitions(advice)) / base
        size = advice.storage_bytes / 1e6
        cells.append(f"{relative:.4f} ({advice.planner_calls}, {seconds:.1f} s, {size:.0f} MB)")
    return cells


def _definitions(advice: Advice) -> list[str]:
    return [one.sql.replace("CONCURRENTLY ", "", 1) for one in advice.create]


def _cost(dsn: str, workload: Workload, indexes: Sequence[str]) -> float:
    total = 0.0
    with connect(dsn) as session:
        for definition in indexes:
            session.fetch(SQL("SELECT * FROM hypopg_create_index(%(sql)s)"), {"sql": definition})
        for statement in workload.statements:
            row = session.fetch_workload(statement.sql, prefix="EXPLAIN (FORMAT JSON) ")[0]
            total += row["QUERY PLAN"][0]["Plan"]["Total Cost"]
    return total
