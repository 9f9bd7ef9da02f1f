"""Redacted snapshots: how far plans move from those of a plain snapshot's shadow.

Once where nothing is known, so that every constant of a statement meets a synthetic value, and once with
`--known`: then the constants that the workload itself spells stay.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from statistics import median
from typing import Any

from tabulate import tabulate

from dbopt import resources
from dbopt.demo import application, shop
from dbopt.demo.application import Visitor
from dbopt.plan.explain import Explained, explain, partitions
from dbopt.postgres.session import Session, connect
from dbopt.shadow.redact import NOTHING
from dbopt.shadow.redact.known import constants
from dbopt.shadow.snapshot import Snapshot, to_bytes
from dbopt.shadow.take import take
from dbopt.shadow.what_if import what_if
from dbopt.workload.files import single
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.placeholders import Numbered, numbered
from tests import tpch
from tests.benchmarks.servers import embedded_18

SCALE = float(os.environ.get("TPCH_SCALE", "1"))
SHOP_SCALE = 0.5
TITLES = ("database", "known constants", "same shapes", "cost error, median", "worst", "gzipped")


def run() -> None:
    with embedded_18() as server:
        dsn = server.dsn(server.create_database())
        tpch.load(dsn, SCALE)
        with connect(dsn) as session:
            rows = list(_rows(f"TPC-H scale {SCALE:g}", session, tpch.workload()))
        with connect(server.dsn(server.create_database())) as session:
            shop.load(session, shop.size(SHOP_SCALE))
            session.script("ANALYZE")
            rows += _rows(f"the demo's shop, scale {SHOP_SCALE:g}", session, _of_shop(session))
    print(tabulate(rows, TITLES, colalign=("left", "left", *["right"] * 4)))


def _of_shop(session: Session) -> Workload:
    """The application's statements, each with the values of one visitor."""
    drawn = Visitor(shop.size(SHOP_SCALE), seed=1).values()
    asked = [numbered(resources.query(name, session.major)) for name in application.statements()]
    return Workload(Source("demo", None, None, None), tuple(_statement(one, drawn) for one in asked))


def _statement(one: Numbered, drawn: dict[str, Any]) -> Statement:
    (statement,) = single(one.sql, tuple(_text(drawn[name]) for name in one.names)).statements
    return statement


def _text(value: Any) -> str:
    return f"{{{','.join(map(str, value))}}}" if isinstance(value, list) else str(value)


def _rows(name: str, session: Session, workload: Workload) -> Iterator[list[str]]:
    plain = list(_planned(take(session), workload))
    for label, known in (("none", NOTHING), ("the workload's", constants(workload))):
        taken = take(session, redact=True, known=known)
        pairs = list(zip(plain, _planned(taken, workload), strict=True))
        same = sum(one.shape == other.shape for one, other in pairs)
        errors = [abs((other.cost or 0.0) - (one.cost or 0.0)) / (one.cost or 1.0) for one, other in pairs]
        yield [
            name,
            label,
            f"{same} of {len(pairs)}",
            f"{100 * median(errors):.3f} %",
            f"{100 * max(errors):.1f} %",
            f"{len(to_bytes(taken)) / 1000:.0f} kB",
        ]


def _planned(taken: Snapshot, workload: Workload) -> Iterator[Explained]:
    with what_if(taken) as asked, asked.shadow.connect() as session:
        parents = partitions(session)
        for statement in workload.statements:
            yield explain(session, statement, parents=parents)
