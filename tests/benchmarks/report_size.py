"""The page of `dbopt compare --html`: bytes and seconds for the 22 queries of TPC-H with both plans and the advice.

Scale 0.05 (TPCH_SCALE), PostgreSQL 18 as it comes, with parallel workers, JIT and I/O timings, which make plans long;
measured before and after all advised indexes were built. Beside it the page of `dbopt explain --analyze --html` for the
same plans, and what the plans are as EXPLAIN's JSON.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable
from time import perf_counter

from tabulate import tabulate

from dbopt.index.advice import Advice
from dbopt.index.advise import advise
from dbopt.output.compared import kept
from dbopt.output.html import comparison, explained
from dbopt.plan.explain import Plans
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import connect
from dbopt.shadow.what_if import what_if
from dbopt.timing.compare import compare
from dbopt.timing.measure import measure
from dbopt.timing.model import Timings
from dbopt.workload.model import Workload
from tests import tpch
from tests.benchmarks.servers import embedded_18

SCALE = float(os.environ.get("TPCH_SCALE", "0.05"))
SETTINGS = {"fsync": "off", "autovacuum": "off", "track_io_timing": "on"}
TIMEOUT_MS = 5_000
TURNS = 5


def run() -> None:
    workload = tpch.workload()
    with embedded_18(SETTINGS) as server:
        dsn = server.dsn(server.create_database())
        tpch.load(dsn, SCALE)
        before = _measured(dsn, workload)
        advice = _built(dsn, workload)
        after = _measured(dsn, workload)
    plans = kept(after)
    assert plans is not None
    rows = [
        _row("compare", lambda: comparison.html(compare(before, after), before, after, advice=advice), (before, after)),
        _row("explain, after", lambda: explained.html(plans), (after,)),
    ]
    titles = ("page", "statements", "nodes", "kB", "kB gzipped", "kB of JSON", "seconds")
    print(tabulate(rows, titles, disable_numparse=True, colalign=("left", *["right"] * 6)))
    print(f"TPC-H scale {SCALE:g}, {len(advice.create)} indexes; kB are 1000 bytes, seconds the least of {TURNS} turns")


def _measured(dsn: str, workload: Workload) -> Timings:
    with connect(dsn) as session:
        session.script("VACUUM ANALYZE")
        return measure(session, workload, runs=1, timeout_ms=TIMEOUT_MS, plans=True)


def _built(dsn: str, workload: Workload) -> Advice:
    with connect(dsn) as session, what_if(session) as shadow:
        advice = advise(workload, read_catalog(session), shadow)
    with connect(dsn) as session:
        for one in advice.create:
            session.execute(SQL(one.sql))
    return advice


def _row(label: str, draw: Callable[[], str], measured: tuple[Timings, ...]) -> list[str]:
    turns = []
    for _ in range(TURNS):
        started = perf_counter()
        text = draw()
        turns.append(perf_counter() - started)
    content = text.encode()
    found: list[Plans] = [one for timings in measured if (one := kept(timings)) is not None]
    documents = [one.plan for plans in found for one in plans.statements if one.plan is not None]
    nodes = len(re.findall(r"<li(?: id=\w+)?(?: class=x)?><(?:div|details)", text))
    return [
        label,
        str(len(measured[0].statements)),
        f"{nodes:,}",
        f"{len(content) / 1000:.0f}",
        f"{len(gzip.compress(content)) / 1000:.0f}",
        f"{sum(len(json.dumps(document)) for document in documents) / 1000:.0f}",
        f"{min(turns):.2f}",
    ]
