"""Findings in plans: those of the corpus, and how many are false on plans in good order.

The corpus is replayed from its recorded plans. The plans in good order are those of pgbench, of the demo's shop after
its advice was followed, and of TPC-H (TPCH_SCALE, here 0.1 where nothing else is said) with the indexes and statistics
that `dbopt suggest` wants; they are run, by the code of `dbopt explain --analyze`, on PostgreSQL 15 and 18 (those of
FINDINGS_SERVERS). Whatever is found there is printed. `TRUE` names what was looked at and is true: such a plan is not
in good order after all.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

os.environ.setdefault("TPCH_SCALE", "0.1")

from tabulate import tabulate

from dbopt.output.plan import title
from dbopt.plan.explain import Explained, explain_workload
from dbopt.plan.findings import observe
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.rules import find
from dbopt.postgres.session import connect
from tests.benchmarks import healthy
from tests.benchmarks.healthy import Healthy
from tests.benchmarks.servers import SETTINGS, debian_15, embedded_18
from tests.plan.findings.corpus import recorded
from tests.plan.findings.corpus.run import rules

SERVERS = os.environ.get("FINDINGS_SERVERS", "15,18")
TRUE: dict[tuple[str, str, str], str] = {}
"""Of the statements whose names begin so, in a database, what this rule finds, and why it is true."""


@dataclass(frozen=True)
class Looked:
    """What was found in the plans of one database on one server."""

    database: Healthy
    major: int
    statements: tuple[Explained, ...]

    @property
    def findings(self) -> Iterator[tuple[Explained, Finding, str | None]]:
        """Each with why it is true, None where nobody has said so."""
        for one in self.statements:
            for finding in one.findings:
                yield one, finding, _true(self.database.name, one, finding)


def run() -> None:
    _corpus()
    servers = [start for start in (debian_15, embedded_18) if start.__name__[-2:] in SERVERS]
    looked = [one for start in servers for one in _server(start)]
    _print(looked)


def _corpus() -> None:
    files = sorted(recorded.FOLDER.glob("*.json"))
    right, counts = 0, Counter[str]()
    for path in files:
        one = recorded.load(path)
        found = rules(find(one.context))
        right += found == one.expects
        counts.update(found or ["nothing"])
        if found != one.expects:
            print(f"!! {path.name}: {', '.join(found) or 'nothing'}, not {', '.join(one.expects) or 'nothing'}")
    print(f"corpus: {right} of {len(files)} plans all right; nothing to be found in {counts['nothing']} of them\n")


def _server(start: object) -> Iterator[Looked]:
    with start(SETTINGS) as server:  # type: ignore[operator]
        for database in healthy.databases(server):
            with connect(database.dsn) as session:
                plans = explain_workload(session, database.workload, analyze=True, allow_dml=True)
                plans, remarks = observe.with_findings(session, database.workload, plans, 60_000)
            for remark in remarks:
                print(remark)
            for one in plans.statements:
                if one.error:
                    print(f"?? {database.name} {one.label}: {one.error}")
            yield Looked(database, server.major, plans.statements)


def _true(database: str, one: Explained, finding: Finding) -> str | None:
    return next(
        (
            why
            for (place, name, rule), why in TRUE.items()
            if place == database and rule == finding.rule and one.label.startswith(name)
        ),
        None,
    )


def _print(looked: list[Looked]) -> None:
    rows = []
    for one in looked:
        found = list(one.findings)
        for explained, finding, why in found:
            tree = explained.tree
            node = title(tree.nodes[finding.node]) if tree is not None and finding.node is not None else "the statement"
            mark = "  " if why else "??"
            print(f"{mark} PostgreSQL {one.major}, {one.database.name} {explained.label}: {finding.rule} at {node}")
            print(f"      {finding.message}")
            for sql in finding.sql:
                print(f"      {sql}")
            if why:
                print(f"      true: {why}")
        true = {explained.label for explained, _, why in found if why}
        false = sum(why is None for _, _, why in found)
        rows.append(
            (one.major, one.database.name, len(one.statements), len(true), len(one.statements) - len(true), false)
        )
    titles = ("PostgreSQL", "database", "plans", "with true findings", "in good order", "false findings")
    print(tabulate([*rows, ("all", "", *(sum(column) for column in list(zip(*rows, strict=True))[2:]))], titles))
