"""How long CREATE INDEX CONCURRENTLY takes, foretold and real.

One table of a million rows (BUILD_ROWS changes that), vacuumed and analysed, on the embedded PostgreSQL 18 and on
Debian's 15; each index is built three times without parallel workers, and the quickest counts: what disturbs a build
only lengthens it. Printed: the estimate as a multiple of the real time, per index; over all, its median, which is the
speed of the machine, and relative to that its quartiles and its worst. The size is the estimate's own, from the shadow,
so that the error of one is in the other too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from statistics import quantiles
from time import monotonic

from tabulate import tabulate

from dbopt.index.build_time import build_ms
from dbopt.index.model import Index, Key
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.session import Session, connect
from dbopt.shadow.what_if import what_if
from tests.benchmarks.servers import SETTINGS, debian_15, embedded_18

ROWS = int(os.environ.get("BUILD_ROWS", "1000000"))
MEMORY_MB = (64, 16)
BUILDS = 3
TABLE = (
    """CREATE TABLE built AS SELECT n AS id, (random() * 1e9)::integer AS many, (random() * 1000)::integer AS few,
           random() * 1e6 AS real_number, (random() * 1e7)::numeric(12, 2) AS amount, md5(random()::text) AS word,
           md5(random()::text) COLLATE "C" AS bytes, 's' || (random() * 3)::integer AS status,
           now() - random() * interval '900 days' AS at, repeat('x', 60) AS filler, gen_random_uuid() AS uuid
       FROM generate_series(1, {rows}) AS n""",
    "VACUUM ANALYZE built",
    "CHECKPOINT",
)


def _index(*columns: str, include: tuple[str, ...] = (), method: str = "btree", predicate: str = "") -> Index:
    return Index("public", "built", tuple(map(Key, columns)), include, method, predicate)


INDEXES = (
    *(_index(name) for name in ("id", "many", "few", "real_number", "amount", "word", "bytes", "status", "at", "uuid")),
    _index("few", "many"),
    _index("status", "at"),
    _index("status", "few", "id"),
    _index("word", "many"),
    _index("many", include=("real_number", "amount")),
    _index("status", include=("word",)),
    _index("many", predicate="(status = 's1'::text)"),
    _index("many", method="hash"),
    _index("word", method="hash"),
    _index("id", method="brin"),
)


def run() -> None:
    settings = {**SETTINGS, "max_parallel_maintenance_workers": "0", "fsync": "on"}
    for name, start in (("18", embedded_18), ("15", debian_15)):
        with start(settings) as server:
            with connect(server.dsn(server.create_database())) as session:
                for statement in TABLE:
                    session.script(statement.format(rows=ROWS))
                rows = list(_rows(session))
        print(tabulate(rows, ("index", *_titles()), disable_numparse=True))
        print(f"PostgreSQL {name}, {ROWS:,} rows; {_summary([ratio for row in rows for ratio in _ratios(row)])}\n")


def _titles() -> list[str]:
    return [f"{title}, {memory} MB" for memory in MEMORY_MB for title in ("foretold ms", "real ms", "ratio")]


def _rows(session: Session) -> Iterator[list[str]]:
    catalog = read_catalog(session)
    with what_if(session) as shadow:
        shadow.prepare(INDEXES)
        for index in INDEXES:
            cells = [index.definition().removeprefix("public.built USING ")]
            for memory in MEMORY_MB:
                foretold = build_ms(index, catalog, shadow.size_bytes(index), memory * 1024 * 1024) or 0.0
                real = min(_built_ms(session, index, memory) for _ in range(BUILDS))
                cells += [f"{foretold:,.0f}", f"{real:,.0f}", f"{foretold / real:.2f}"]
            yield cells


def _ratios(row: list[str]) -> list[float]:
    return [float(cell) for cell in row[3::3]]


def _built_ms(session: Session, index: Index, memory_mb: int) -> float:
    session.script(f"SET maintenance_work_mem = '{memory_mb}MB'")
    started = monotonic()
    session.script(index.create_sql("built_now", concurrently=True))
    elapsed = 1000 * (monotonic() - started)
    session.script("DROP INDEX built_now")
    return elapsed


def _summary(ratios: list[float]) -> str:
    """The median is the speed of this machine at this time; what is left about it is the error of the formula."""
    low, middle, high = quantiles(ratios, n=4)
    worst = max((ratio / middle for ratio in ratios), key=lambda ratio: max(ratio, 1 / ratio))
    return (
        f"foretold / real: median {middle:.2f}; relative to it, quartiles {low / middle:.2f} and {high / middle:.2f}, "
        f"worst {worst:.2f}"
    )
