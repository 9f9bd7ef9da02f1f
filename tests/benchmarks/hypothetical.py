"""TPC-H on PostgreSQL 15 with HypoPG, as the published comparisons of index advisors have it, and what indexes that do
not exist would do there.

Primary and foreign keys at the start, analysed once, and vacuumed unless TPCH_VACUUM=0; costs are sums of EXPLAIN over
the queries in a fresh connection with the indexes as hypothetical ones, sizes are HypoPG's, and 1 MB = 10^6 bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from dbopt.index.advice import Advice
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session, connect
from dbopt.workload.model import Workload
from tests import tpch
from tests.benchmarks.servers import debian_15

SCALE = float(os.environ.get("TPCH_SCALE", "1"))
VACUUMED = os.environ.get("TPCH_VACUUM", "1") != "0"
BUDGETS_MB = (500, 1000, 2000, 5000)
LEFT_OUT = ("Q2", "Q17", "Q20")


@contextmanager
def tpch_15(scale: float = SCALE) -> Iterator[str]:
    """The conninfo of a database with TPC-H and the extension HypoPG."""
    with debian_15() as server:
        dsn = server.dsn(server.create_database())
        tpch.load(dsn, scale)
        with connect(dsn) as session:
            session.script("CREATE EXTENSION hypopg")
            if VACUUMED:
                session.script("VACUUM")
        yield dsn


def tpch19() -> Workload:
    """The queries without 2, 17 and 20, whose costs would hide the others'."""
    everything = tpch.workload()
    return replace(everything, statements=tuple(one for one in everything.statements if one.name not in LEFT_OUT))


def budget_bytes(megabytes: float) -> int:
    """A storage budget, smaller with the database."""
    return round(megabytes * 1e6 * SCALE)


def definitions(advice: Advice) -> list[str]:
    """The advised indexes as CREATE INDEX, not concurrently."""
    return [one.sql.replace("CONCURRENTLY ", "", 1) for one in advice.create]


def cost(dsn: str, workload: Workload, indexes: Iterable[str]) -> float:
    """What the planner says of the whole workload with these indexes."""
    with connect(dsn) as session:
        _create(session, indexes)
        return sum(_plan_cost(session, statement.sql) for statement in workload.statements)


def bytes_by_hypopg(dsn: str, indexes: Iterable[str]) -> int:
    """Together. HypoPG knows no deduplication: mostly too large."""
    with connect(dsn) as session:
        _create(session, indexes)
        return int(
            session.fetch(
                SQL("SELECT coalesce(sum(hypopg_relation_size(indexrelid)), 0)::bigint AS size FROM hypopg()")
            )[0]["size"]
        )


def _create(session: Session, indexes: Iterable[str]) -> None:
    for definition in indexes:
        session.fetch(SQL("SELECT * FROM hypopg_create_index(%(sql)s)"), {"sql": definition})


def _plan_cost(session: Session, text: str) -> float:
    row = session.fetch_workload(text, prefix="EXPLAIN (FORMAT JSON) ")[0]
    return float(row["QUERY PLAN"][0]["Plan"]["Total Cost"])
