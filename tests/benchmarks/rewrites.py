"""`dbopt rewrite`: its corpus, and what the rewrites that it accepts save on TPC-H, measured.

The corpus is that of tests/rewrite. Then statements as people write them in a hurry (rewrites_statements.sql), on TPC-H
at scale REWRITES_SCALE (0.1) with sensible indexes, on PostgreSQL 15 and the embedded 18 (those of REWRITES_SERVERS):
what is offered is verified, on the data and on made-up databases, and both forms measured in turns.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from tabulate import tabulate

from dbopt.plan.execution import Limits
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.session import Session
from dbopt.rewrite.facts import read_facts
from dbopt.rewrite.model import Rewrite
from dbopt.rewrite.offer import Wish, offer
from dbopt.rewrite.place import Place, on_server
from dbopt.rewrite.run import rewrites
from dbopt.timing.measure import measure
from dbopt.workload.files import single
from dbopt.workload.model import Source, Statement, Workload
from tests import tpch
from tests.benchmarks.servers import debian_15, embedded_18
from tests.rewrite.cases import NOTHING, OFFERED, SCHEMA, TRAPS
from tests.rewrite.trapped import walked_into
from tests.servers import Server

SCALE = float(os.environ.get("REWRITES_SCALE", "0.1"))
SERVERS = os.environ.get("REWRITES_SERVERS", "15,18")
DATABASES, RUNS, TIMEOUT_MS = 100, 5, 60_000
HERE = Path(__file__).parent


def run() -> None:
    with embedded_18() as server:
        _corpus(server)
    for start in (debian_15, embedded_18):
        if start.__name__[-2:] in SERVERS.split(","):
            with start() as server:
                _measured(server)


# -- the corpus --------------------------------------------------------------------------------------------------------


def _corpus(server: Server) -> None:
    with server.connect(server.create_database(SCHEMA)) as session:
        session.script("SET timezone = 'Europe/Berlin'")
        with on_server(session, Limits()) as place:
            right = [_rules(place, case.sql, case.values) == [case.offers] for case in OFFERED]
            offered = [_rules(place, case.sql, case.values) for case in NOTHING]
        facts = read_facts(session, read_catalog(session))
        walked = [(case, found) for case in TRAPS if (found := walked_into(case, facts))]
    rows = [
        ["statements of the corpus", len(OFFERED) + len(NOTHING)],
        ["where something is to be offered", len(OFFERED)],
        ["of them with just these rules", sum(right)],
        ["rules that are among them", len({rule for case in OFFERED for rule in case.offers})],
        ["where nothing is to be offered", len(NOTHING)],
        ["of them with an offer", sum(map(bool, offered))],
        ["traps", len(TRAPS)],
        ["refused by the rules alone, nothing run", len(TRAPS) - len(walked)],
    ]
    print(tabulate(rows), end="\n\n")
    for case, found in walked:
        print(f"!! {case.title}: {found}")


def _rules(place: Place, sql: str, values: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [one.rules for one in offer(single(sql, values), place).rewrites]


# -- measured ----------------------------------------------------------------------------------------------------------


def statements() -> Workload:
    """What people write in a hurry."""
    text = (HERE / "rewrites_statements.sql").read_text("utf-8")
    parts = [part.split("\n", 1) for part in re.split(r"^-- # ", text, flags=re.MULTILINE)[1:]]
    found = [replace(single(sql.strip(), ()).statements[0], name=title) for title, sql in parts]
    return Workload(Source("sql", None, None, None), tuple(found))


def _measured(server: Server) -> None:
    name = server.create_database()
    tpch.load(server.dsn(name), SCALE)
    with server.connect(name) as session:
        session.script("SET timezone = 'UTC'")
        for statement in _split((HERE / "rewrites_indexes.sql").read_text("utf-8")):
            session.script(statement)
        workload = statements()
        with on_server(session, Limits(TIMEOUT_MS)) as place:
            document = rewrites(workload, place, Wish(templates={}, hints=False), verify=True, databases=DATABASES)
        accepted = [one for one in document.rewrites if one.kind == "rewrite"]
        measured = [_row(session, one) for one in accepted]
    rows = sorted((row for row in measured if row is not None), key=lambda row: row[-1], reverse=True)
    print(
        f"PostgreSQL {server.major}, TPC-H {SCALE:g}: {len(workload.statements)} statements, {len(accepted)} accepted"
    )
    titles = ("statement", "rules", "cost", "rewritten", "before (ms)", "after (ms)", "times as fast")
    print(tabulate(rows, titles, floatfmt=("", "", ",.0f", ",.0f", ",.1f", ",.1f", ",.2f")))
    withdrawn = [one for one in document.refused if one.reason.startswith("withdrawn")]
    for refused in withdrawn:
        print(f"withdrawn: {refused.label}: {refused.rule}: {refused.reason}")
    done = {one.id for one in accepted}
    left = [one.label for one in workload.statements if one.id not in done]
    print(f"nothing accepted: {'; '.join(left) or 'none'}")
    _summary([row[-1] for row in rows], accepted)


def _split(script: str) -> list[str]:
    """Its statements: VACUUM cannot be one of several."""
    return [part for part in script.split(";\n") if part.strip()]


def _row(session: Session, one: Rewrite) -> list[Any] | None:
    """Medians of both forms, run in turns; None, and said, where one was not run."""
    both = tuple(
        Statement(id=form, name=form, sql=sql, kind="select", tables=())
        for form, sql in (("before", one.before_sql), ("after", one.after_sql))
    )
    timings = measure(session, Workload(Source("sql", None, None, None), both), runs=RUNS, timeout_ms=TIMEOUT_MS)
    for timing in timings.statements:
        if timing.median_ms is None and timing.timeout_ms is not None:
            print(f"ran into the time limit, which stands for its time: {one.label}, {timing.label}")
    before, after = (timing.median_ms or timing.timeout_ms for timing in timings.statements)
    if before is None or after is None:
        print(f"not measured: {one.label}: {'; '.join(timing.error or '' for timing in timings.statements)}")
        return None
    return [one.label, " + ".join(one.rules), one.cost_before, one.cost_after, before, after, before / after]


def _summary(ratios: list[float], accepted: list[Rewrite]) -> None:
    if not ratios:
        return
    rules = Counter(rule for one in accepted for rule in one.rules)
    print(f"rules: {', '.join(f'{rule} {count}' for rule, count in rules.most_common())}")
    print(f"median: {median(ratios):.2f} times as fast, {1 - 1 / median(ratios):.0%} of the time saved")
    slower = sum(ratio < 1 for ratio in ratios)
    print(
        f"slower than before: {slower} of {len(ratios)}; the slowest is {min(ratios):.2f} times as fast\n", flush=True
    )
