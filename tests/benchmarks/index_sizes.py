"""Sizes of indexes that do not exist: real, by the shadow, and by HypoPG.

On PostgreSQL 15: indexes of every kind on generated articles, and some on TPC-H, to which no formula was fitted. Each
is built for real, on its own.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import sql
from tabulate import tabulate

from dbopt.index.hypopg import HypoPGWhatIf
from dbopt.index.model import Index, Key
from dbopt.postgres.session import Session, connect
from dbopt.shadow.what_if import what_if
from tests import tpch
from tests.benchmarks.servers import debian_15
from tests.servers import Server
from tests.shadow import kinds

ROWS = int(os.environ.get("INDEX_SIZES_ROWS", "100000"))
SCALE = float(os.environ.get("TPCH_SCALE", "0.1"))


def _index(table: str, *keys: str, **rest: object) -> Index:
    made = [Key(key[1:-1], is_expression=True) if key.startswith("(") else _key(key) for key in keys]
    return Index("public", table, tuple(made), **rest)  # type: ignore[arg-type]


def _key(text: str) -> Key:
    name, _, opclass = text.partition(" ")
    return Key(name, opclass=opclass or None)


TPCH = (
    _index("lineitem", "l_shipdate"),
    _index("lineitem", "l_partkey", "l_suppkey"),
    _index("lineitem", "l_suppkey", include=("l_extendedprice",)),
    _index("lineitem", "l_shipmode", "l_receiptdate"),
    _index("lineitem", "l_comment"),
    _index("lineitem", "l_shipdate", predicate="l_shipmode = 'AIR' AND l_quantity < 10"),
    _index("lineitem", "(l_receiptdate - l_commitdate)"),
    _index("lineitem", "l_shipdate", method="brin"),
    _index("lineitem", "l_partkey", method="hash"),
    _index("lineitem", "l_quantity", method="hash"),
    _index("orders", "o_orderdate", "o_totalprice"),
    _index("orders", "o_clerk"),
    _index("orders", "o_comment gin_trgm_ops", method="gin"),
    _index("part", "p_name gin_trgm_ops", method="gin"),
    _index("part", "p_name gist_trgm_ops", method="gist"),
    _index("part", "p_type text_pattern_ops"),
    _index("part", "p_name", method="spgist"),
    _index("customer", "(lower(c_name))"),
    _index("customer", "c_acctbal", predicate="c_mktsegment = 'BUILDING'"),
)


@dataclass(frozen=True)
class Sized:
    index: Index
    real: int
    shadow: int | None
    hypopg: int | None


def run() -> None:
    with debian_15() as server:
        articles = measure(server, kinds.data(ROWS), dict.fromkeys(case.index for case in kinds.CASES))
        database = server.create_database()
        tpch.load(server.dsn(database), SCALE)
        others = measure(server, ["CREATE EXTENSION pg_trgm"], TPCH, database)
    for title, found in ((f"articles, {ROWS:,} rows", articles), (f"TPC-H scale {SCALE:g}", others)):
        print(f"{title}\n")
        print(tabulate([_row(one) for one in found], ("index", "real MB", "shadow", "error", "HypoPG", "error")))
        print(f"\nshadow: {_summary([(one.shadow, one.real) for one in found])}")
        print(f"HypoPG: {_summary([(one.hypopg, one.real) for one in found])}\n")


def measure(server: Server, scripts: Sequence[str], indexes: Iterable[Index], database: str = "") -> list[Sized]:
    """Build each index, and ask for its size before that."""
    wanted = list(indexes)
    with connect(server.dsn(database or server.create_database())) as session:
        for script in scripts:
            session.script(script)
        session.script("CREATE EXTENSION hypopg")
        with what_if(session) as shadow:
            hypopg = HypoPGWhatIf(session)
            refused = [asked.prepare(wanted) for asked in (shadow, hypopg)]
            return [
                Sized(
                    index,
                    _built(session, index),
                    None if index in refused[0] else shadow.size_bytes(index),
                    None if index in refused[1] else hypopg.size_bytes(index),
                )
                for index in wanted
            ]


def _built(session: Session, index: Index) -> int:
    with session.rolled_back(read_only=False):
        session.script(index.create_sql("built_index"))
        size: int = session.fetch(sql.SQL("SELECT pg_relation_size('built_index') AS size"))[0]["size"]
    return size


def _row(one: Sized) -> list[str]:
    return [
        one.index.definition().removeprefix("public."),
        f"{one.real / 1e6:.2f}",
        *(text for size in (one.shadow, one.hypopg) for text in _against(size, one.real)),
    ]


def _against(size: int | None, real: int) -> tuple[str, str]:
    return ("-", "-") if size is None else (f"{size / 1e6:.2f}", f"{100 * (size / real - 1):+.0f} %")


def _summary(pairs: Sequence[tuple[int | None, int]]) -> str:
    errors = [abs(size / real - 1) for size, real in pairs if size is not None]
    return (
        f"{len(errors)} of {len(pairs)} indexes, error median {100 * statistics.median(errors):.1f} %, "
        f"worst {100 * max(errors):.0f} %"
    )
