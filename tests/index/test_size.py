"""Sizes of indexes that do not exist, against those of indexes that do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from psycopg import sql

from dbopt.index.size import Attribute, brin_blocks, btree_blocks, btree_height, hash_blocks
from dbopt.shadow.dimensions import index_shapes
from tests.servers import Database, Server

NUMBER = Attribute(4, "i", 4, n_distinct=-1)

ROWS = """
CREATE EXTENSION pageinspect;
CREATE TABLE t (id bigint, few int, several int, label text, amount numeric, at timestamptz, code char(10), maybe int,
                wide text, mostly text, real_number float8, flag boolean);
INSERT INTO t SELECT n, n % 7, n * 7919 % 5000, 'label ' || n * 31 % 20000, (n * 37 % 90000) / 100.0,
    timestamptz '2024-01-01' + n * interval '1 minute', 'c' || n % 300, CASE WHEN n % 4 = 0 THEN n END,
    repeat(md5(n::text), 5), CASE WHEN n % 10 = 0 THEN 'v' || n ELSE 'same' END, n / 3.0, n % 3 = 0
FROM generate_series(1, 150000) AS n;
ANALYZE t;
"""
DEFINITIONS = (
    "(id)",
    "(few)",
    "(several)",
    "(label)",
    "(amount)",
    "(at)",
    "(code)",
    "(maybe)",
    "(wide)",
    "(mostly)",
    "(real_number)",
    "(flag)",
    "(few, id)",
    "(few, flag)",
    "(several, few)",
    "(maybe, few)",
    "(label, at)",
    "(few) INCLUDE (id)",
    "(several) WITH (fillfactor = 50)",
    "(several) WITH (deduplicate_items = off)",
    "USING hash (id)",
    "USING brin (id)",
    "USING brin (id) WITH (pages_per_range = 4)",
)


@pytest.fixture(scope="module")
def built(pg18: Server) -> Iterator[Database]:
    """A table with an index for each definition."""
    name = pg18.create_database()
    with pg18.connect(name) as session:
        session.script(ROWS)
        for number, definition in enumerate(DEFINITIONS):
            session.script(f"CREATE INDEX i{number} ON t {definition}")
        session.script("CREATE UNIQUE INDEX single ON t (id, few); ANALYZE")
        yield Database(pg18, name, session)
    pg18.drop_database(name)


@pytest.mark.parametrize("number", range(len(DEFINITIONS)), ids=DEFINITIONS)
def test_a_size_is_near_the_real_one(built: Database, number: int) -> None:
    row = built.session.fetch(
        sql.SQL("SELECT oid::bigint, relpages FROM pg_class WHERE relname = %(name)s"), {"name": f"i{number}"}
    )[0]
    heap = built.session.fetch(sql.SQL("SELECT relpages FROM pg_class WHERE relname = 't'"))[0]["relpages"]
    shape = index_shapes(built.session, [row["oid"]])[row["oid"]]
    assert shape.blocks(150_000, heap) == pytest.approx(row["relpages"], rel=0.15, abs=2)


def test_every_height_is_the_real_one(built: Database) -> None:
    rows = built.session.fetch(
        sql.SQL(
            "SELECT c.oid::bigint, c.relpages, (bt_metap(c.relname)).level FROM pg_class AS c"
            " JOIN pg_am AS a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relname ~ '^(i[0-9]+|single)$'"
        )
    )
    shapes = index_shapes(built.session, [row["oid"] for row in rows])
    guessed = [btree_height(row["relpages"], 150_000, shapes[row["oid"]].attributes) for row in rows]
    assert guessed == [row["level"] for row in rows]


def test_an_empty_btree_is_its_metapage() -> None:
    assert btree_blocks(0, [NUMBER]) == 1
    assert btree_height(1, 0, [NUMBER]) == 0


def test_equal_keys_share_tuples() -> None:
    few = Attribute(4, "i", 4, n_distinct=10)
    assert btree_blocks(1e6, [few]) < 0.4 * btree_blocks(1e6, [NUMBER])
    assert btree_blocks(1e6, [few], deduplicates=False) == pytest.approx(btree_blocks(1e6, [NUMBER]), rel=0.01)
    assert btree_blocks(1e6, [few], is_unique=True) == pytest.approx(btree_blocks(1e6, [NUMBER]), rel=0.01)


@pytest.mark.parametrize("estimate", [lambda rows: btree_blocks(rows, [NUMBER]), hash_blocks])
def test_more_rows_never_make_it_smaller(estimate: Callable[[float], int]) -> None:
    sizes = [estimate(10.0**power) for power in range(12)]
    assert sizes == sorted(sizes)


def test_brin_is_small() -> None:
    assert brin_blocks(2**27, [NUMBER]) < 2**27 / 10_000


def test_columns_that_depend_on_each_other_have_fewer_keys(pg18: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(
        pg18,
        """CREATE TABLE t AS SELECT n % 3000 AS city, n % 3000 / 20 AS country FROM generate_series(1, 100000) AS n;
           CREATE INDEX both_columns ON t (country, city);
           CREATE STATISTICS together (ndistinct) ON city, country FROM t;
           ANALYZE t""",
    )
    row = database.session.fetch(sql.SQL("SELECT oid::bigint, relpages FROM pg_class WHERE relname = 'both_columns'"))[
        0
    ]
    shape = index_shapes(database.session, [row["oid"]])[row["oid"]]
    assert shape.keys_distinct == 3000
    assert shape.blocks(100_000, 500) == pytest.approx(row["relpages"], rel=0.1)
    assert replace(shape, keys_distinct=None).blocks(100_000, 500) > 1.5 * row["relpages"]
