"""What a statement is, with sqlglot's help and without."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.workload.kinds import kind_of
from dbopt.workload.sql import parse, tables_of


@pytest.mark.parametrize("sql", ["SELECT $1,$2", "SELECT * FROM t WHERE a IN ($1,$2,$3)", "SELECT '$2,$3', $1"])
def test_parameters_without_spaces_are_parsed(sql: str) -> None:
    assert parse(sql) is not None


def test_strings_stay_as_they_are() -> None:
    tree = parse("SELECT 'a$1,$2b', $1")
    assert tree is not None
    assert "a$1,$2b" in tree.sql(dialect="postgres")


@pytest.mark.parametrize(
    "sql", ["", "SELEC 1", "SELECT 1; SELECT 2", "SELECT (", "SELECT 'open", "(" * 5000, "EXPLAIN SELECT 1"]
)
def test_what_cannot_be_parsed_has_no_tree(sql: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert parse(sql) is None
    assert not caplog.records


@given(st.text(max_size=60))
def test_no_text_is_an_error(sql: str) -> None:
    parse(sql)
    kind_of(sql)
    tables_of(sql)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", "select"),
        ("  /* c */ ( (select 1) )", "select"),
        ("VALUES (1)", "select"),
        ("TABLE t", "select"),
        ("INSERT INTO t VALUES (1)", "insert"),
        ("update t SET a = 1", "update"),
        ("DELETE FROM t", "delete"),
        ("MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", "merge"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "select"),
        ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "delete"),
        ("WITH x AS (UPDATE t SET a = 1 RETURNING *) SELECT * FROM x", "update"),
        ("WITH x AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM x", "insert"),
        ("WITH x AS (SELECT * FROM t FOR UPDATE) SELECT max(update), count(delete) FROM x", "select"),
        ("SELECT * INTO u FROM t", "utility"),
        ("SELECT a AS into FROM t", "select"),
        ("EXPLAIN SELECT 1", "utility"),
        ("CREATE TABLE u AS SELECT 1", "utility"),
        ("BEGIN", "utility"),
        ("", "utility"),
        ("SELECT FROM t WHERE WHERE", "select"),
        ("WITH x AS (DELETE FROM t WHERE WHERE RETURNING *) SELECT", "delete"),
    ],
)
def test_kinds(sql: str, kind: str) -> None:
    assert kind_of(sql) == kind


BROKEN = " WHERE WHERE"  # what sqlglot cannot read is told from the tokens


@pytest.mark.parametrize("end", ["", BROKEN], ids=["by tree", "by tokens"])
@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT * FROM a, s.b AS x, c JOIN d ON true", ("a", "c", "d", "s.b")),
        ('SELECT * FROM "we""ird; Täble" JOIN Sales."Orders" USING (id)', ('"we""ird; Täble"', 'sales."Orders"')),
        ("SELECT * FROM generate_series(1, 2) AS g, LATERAL (SELECT * FROM q) AS k", ("q",)),
        ("WITH x AS (SELECT * FROM a), y (n) AS MATERIALIZED (TABLE x) SELECT * FROM y JOIN b ON true", ("a", "b")),
        ("SELECT extract(year FROM d) FROM t", ("t",)),
        ("SELECT a IS DISTINCT FROM b, substring(c FROM 2) FROM t", ("t",)),
        ("DELETE FROM ONLY a USING b", ("a", "b")),
        ("INSERT INTO a (x) SELECT y FROM b", ("a", "b")),
        ("SELECT * FROM a TABLESAMPLE system (1)", ("a",)),
        ("SELECT 1", ()),
    ],
)  # fmt: skip
def test_tables(sql: str, tables: tuple[str, ...], end: str) -> None:
    assert tables_of(sql + end) == tables


def test_a_with_query_may_read_the_table_it_is_named_for() -> None:
    assert tables_of("WITH t AS (SELECT * FROM t) SELECT * FROM t") == ("t",)
    assert tables_of("WITH RECURSIVE t AS (SELECT 1 UNION SELECT * FROM t) SELECT * FROM t") == ()
