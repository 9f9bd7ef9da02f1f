"""Extended statistics in stored form: the very bytes that ANALYZE writes."""

from __future__ import annotations

import pytest
from psycopg import sql

from dbopt.shadow import extended_bytes
from tests.servers import Database

STORED = sql.SQL(
    "SELECT stxdndistinct::text AS shown_n, stxdndistinct::bytea AS n, stxddependencies::text AS shown_d,"
    " stxddependencies::bytea AS d FROM pg_statistic_ext_data"
)


@pytest.fixture
def analysed(database: Database) -> Database:
    database.session.script(
        "CREATE TABLE t (a int, gone int, b int, c text); ALTER TABLE t DROP COLUMN gone;"
        "INSERT INTO t SELECT n % 10, n % 20, 'c' || n % 30 FROM generate_series(1, 3000) AS n;"
        "CREATE STATISTICS st (ndistinct, dependencies) ON a, b, c, (a + b) FROM t; ANALYZE t"
    )
    return database


def test_the_text_becomes_the_bytes_again(analysed: Database) -> None:
    (row,) = analysed.session.fetch(STORED)
    same = {1: 1, 3: 3, 4: 4, -1: -1}
    assert extended_bytes.n_distinct(row["shown_n"], same) == row["n"]
    rebuilt = extended_bytes.dependencies(row["shown_d"], same)
    assert len(rebuilt) == len(row["d"])  # the text has six decimals of each degree


def test_attribute_numbers_follow_the_columns(analysed: Database) -> None:
    analysed.session.script(
        "CREATE TABLE u (c text, b int, a int); INSERT INTO u SELECT c, b, a FROM t;"
        "CREATE STATISTICS su (ndistinct) ON a, b, c, (a + b) FROM u; ANALYZE u"
    )
    first, second = analysed.session.fetch(STORED)
    assert extended_bytes.n_distinct(first["shown_n"], {1: 3, 3: 2, 4: 1, -1: -1}) != first["n"]
    assert len(extended_bytes.n_distinct(first["shown_n"], {1: 3, 3: 2, 4: 1, -1: -1})) == len(second["n"])
