"""Random schemas, queries and data: what the rules make of them, and how often it is another result.

What tests/rewrite/test_fuzz.py tries on a few: REWRITE_FUZZ schemas (60; from REWRITE_FUZZ_FIRST on) on PostgreSQL 15,
which has collations that take different texts for equal, and on the embedded 18 (those of REWRITE_FUZZ_SERVERS). Every
step of every rule is run on made-up databases, whatever the planner thinks of it. A step that does not plan is invalid:
it is never offered, and yet a fault.
"""

from __future__ import annotations

import os
from time import perf_counter

from tabulate import tabulate

from tests.benchmarks.servers import debian_15, embedded_18
from tests.rewrite.fuzz import Outcome, fuzz_schema
from tests.servers import Server

SCHEMAS = int(os.environ.get("REWRITE_FUZZ", "60"))
FIRST = int(os.environ.get("REWRITE_FUZZ_FIRST", "1000"))
SERVERS = os.environ.get("REWRITE_FUZZ_SERVERS", "15,18")
QUERIES, DATABASES = 30, 8
SETTINGS = {"autovacuum": "off", "fsync": "off", "jit": "off"}


def run() -> None:
    starts = [start for start in (debian_15, embedded_18) if start.__name__[-2:] in SERVERS.split(",")]
    outcomes = {}
    for start in starts:
        with start(SETTINGS) as server:
            outcomes[server.major] = _fuzzed(server)
    _print(outcomes)


def _fuzzed(server: Server) -> Outcome:
    outcome, started = Outcome(), perf_counter()
    for seed in range(FIRST, FIRST + SCHEMAS):
        known = len(outcome.wrong), len(outcome.invalid_steps)
        name = server.create_database()
        with server.connect(name) as session:
            fuzz_schema(session, seed, queries=QUERIES, databases=DATABASES, outcome=outcome)
        server.drop_database(name)
        for rule, before, after, difference, data in outcome.wrong[known[0] :]:
            _print_fault(f"WRONG, schema {seed}: {rule}: {difference}", before, after, data)
        for rule, before, after, failure in outcome.invalid_steps[known[1] :]:
            _print_fault(f"invalid, schema {seed}: {rule}: {failure}", before, after)
    print(f"PostgreSQL {server.major}: {perf_counter() - started:.0f} s", flush=True)
    return outcome


def _print_fault(title: str, *texts: str) -> None:
    print(title, *texts, "", sep="\n    ", flush=True)


def _print(outcomes: dict[int, Outcome]) -> None:
    titles = [f"PostgreSQL {major}" for major in outcomes]
    found = list(outcomes.values())
    rows: list[list[object]] = [
        ["schemas", *[SCHEMAS] * len(found)],
        ["queries that plan", *[one.valid for one in found]],
        ["steps tried", *[one.tried.total() for one in found]],
        ["runs compared", *[one.compared for one in found]],
        ["of them with rows", *[one.with_rows for one in found]],
        ["steps that differ", *[len(one.wrong) for one in found]],
        ["steps that do not plan", *[len(one.invalid_steps) for one in found]],
    ]
    print(tabulate(rows, ("", *titles), intfmt=","), end="\n\n")
    rules = sorted({rule for one in found for rule in (*one.tried, *one.refused)})
    steps = [[rule, *(count for one in found for count in (one.tried[rule], one.refused[rule]))] for rule in rules]
    each = [f"{what} on {major}" for major in outcomes for what in ("tried", "refused")]
    print(tabulate(steps, ("rule", *each), intfmt=","))
