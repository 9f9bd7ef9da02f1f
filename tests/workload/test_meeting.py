"""One statement has one fingerprint in a log and in pg_stat_statements, on each server."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from dbopt.workload.fingerprint import fingerprint
from tests.servers import Database
from tests.workload import mixed_types
from tests.workload.mixed_types import Recording

# what an application may write beside the mixed types: lists of several lengths and kinds, casts, repeats
LITERALS = (
    "SELECT id FROM mixed WHERE whole IN (1, 2, 3)",
    "SELECT id FROM mixed WHERE whole IN (1, -2, 3 + 4)",
    "SELECT id FROM mixed WHERE big IN (1::bigint, 2::bigint, 3::bigint)",
    "SELECT id FROM mixed WHERE key IN ('0000000000000000000000000000002a', '0000000000000000000000000000000b')",
    "SELECT id FROM mixed WHERE feeling IN ('sad'::mood, 'so so'::mood)",
    "SELECT id FROM mixed WHERE day IN (DATE '2024-01-01', DATE '2024-01-02')",
    "SELECT id FROM mixed WHERE day IN (CAST('2024-01-01' AS date), CAST('2024-01-02' AS date))",
    "SELECT id FROM mixed WHERE label = ANY (ARRAY['a', 'b', 'c'])",
    "SELECT id FROM mixed WHERE label = ANY (ARRAY['a', 'b', 'c']::text[])",
    "SELECT id FROM mixed WHERE label <> ALL (ARRAY['a', 'b'])",
    "SELECT id FROM mixed WHERE tags && ARRAY['a', 'b', 'c']",
    "SELECT ARRAY[1, 2, 3], ARRAY[[1, 2], [3, 4]]",
    "SELECT id FROM mixed WHERE (whole, big) IN ((1, 2), (3, 4))",
    "SELECT id FROM mixed WHERE NOT flag AND label NOT IN ('x', 'y') AND id BETWEEN 1 AND 5",
    "SELECT date_trunc('day', at), count(*) FROM mixed GROUP BY date_trunc('day', at) ORDER BY 1 LIMIT 5",
    "SELECT CASE WHEN id > 5 THEN 'a' ELSE NULL END, interval '1 day', TRUE, 1.5e3, -4, E'a\\n', $$x$$ FROM mixed",
    "SELECT extract(year FROM at) FROM mixed WHERE at > now() - interval '3 days' AND label LIKE 'a%' -- why",
    "INSERT INTO mixed (label, whole) VALUES ('a', 1), ('b', 2), ('c', 3)",
    "UPDATE mixed SET label = 'x', whole = whole + 1 WHERE id = 5 AND docb @> '{\"a\": 1}'",
    "WITH x AS (SELECT 1 AS a UNION ALL SELECT 2) SELECT * FROM x, generate_series(1, 3) AS g WHERE a = g",
)
PARAMETERS: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("SELECT id FROM mixed WHERE whole IN (%s, %s, %s)", (40_001, 40_002, 40_003)),
    ("SELECT id FROM mixed WHERE whole IN (%s, 5, %s) AND label = 'x'", (40_001, 40_002)),
    ("SELECT id FROM mixed WHERE big IN (%s::bigint, %s::bigint)", (1, 2)),
    ("SELECT id FROM mixed WHERE label = ANY (ARRAY[%s, %s])", ("a", "b")),
    ("SELECT id FROM mixed WHERE label = %s AND code = 'x' LIMIT %s", ("a", 5)),
    ("INSERT INTO mixed (label, whole) VALUES (%s, %s), (%s, %s)", ("a", 1, "b", 2)),
)


@pytest.fixture
def mixed(server: object, new_database: Callable[..., Database]) -> Database:
    return new_database(server, f"CREATE EXTENSION pg_stat_statements; {mixed_types.SCHEMA}")


def entered(database: Database, run: Callable[[], object]) -> set[str]:
    """The texts that pg_stat_statements has of what this runs."""
    database.session.fetch_workload("SELECT pg_stat_statements_reset()")
    run()
    rows = database.session.fetch_workload(
        """SELECT query FROM pg_stat_statements JOIN pg_database AS d ON d.oid = dbid
           WHERE datname = current_database() AND query NOT LIKE '%pg_stat_statements%'
             AND query !~ '^(BEGIN|COMMIT|ROLLBACK|DEALLOCATE)'"""
    )
    return {row["query"] for row in rows}


@pytest.mark.parametrize("sql", LITERALS)
def test_literals(mixed: Database, sql: str) -> None:
    with psycopg.connect(mixed.dsn, autocommit=True) as connection:
        texts = entered(mixed, lambda: connection.execute(sql.encode()))
    assert {fingerprint(text) for text in texts} == {fingerprint(sql)}, texts


@pytest.mark.parametrize(("sql", "values"), PARAMETERS)
def test_parameters(mixed: Database, sql: str, values: tuple[object, ...]) -> None:
    with psycopg.connect(mixed.dsn, autocommit=True) as connection, Recording(connection) as cursor:
        texts = entered(mixed, lambda: cursor.execute(sql.encode(), values))
        assert {fingerprint(text) for text in texts} == {fingerprint(cursor.sent.sql)}, texts


def test_an_application_with_many_types(mixed: Database) -> None:
    sent: set[str] = set()
    with psycopg.connect(mixed.dsn, autocommit=True) as connection:
        texts = entered(mixed, lambda: sent.update(one.sql for one in mixed_types.play(connection, rounds=3)))
    theirs, ours = {fingerprint(text): text for text in texts}, {fingerprint(text): text for text in sent}
    assert [theirs[print_] for print_ in theirs.keys() - ours.keys()] == []
    assert [ours[print_] for print_ in ours.keys() - theirs.keys()] == []
