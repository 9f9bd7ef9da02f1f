"""What two texts must share to be one statement."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.lexer import Kind, tokens
from dbopt.workload.mend import mended


def test_it_is_16_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{16}", fingerprint("SELECT 1"))


def test_it_never_changes() -> None:
    """Files of earlier versions refer to these."""
    assert fingerprint("SELECT * FROM orders WHERE id = $1") == "fbde135c64f4f643"
    assert fingerprint("SELEC oops FROM t WHERE (a = 1") == "901021ecb346c762"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT * FROM t WHERE a = 42", "SELECT * FROM t WHERE a = $1"),
        ("SELECT * FROM t WHERE a = -42", "SELECT * FROM t WHERE a = $1"),
        ("SELECT * FROM t WHERE a = 'x'", "SELECT * FROM t WHERE a = E'y\\n'"),
        ("SELECT * FROM t WHERE a = true AND b = NULL", "SELECT * FROM t WHERE a = $1 AND b = $2"),
        ("SELECT $1, $2", "SELECT $7, $3"),
        ("SELECT * FROM t WHERE a IN (1, 2, 3)", "SELECT * FROM t WHERE a IN ($1)"),
        ("SELECT * FROM t WHERE a IN (1, 2, 3)", "SELECT * FROM t WHERE a IN ($1 /*, ... */)"),
        ("SELECT * FROM t WHERE a IN ('a'::text, 'b'::text)", "SELECT * FROM t WHERE a IN ($1::text)"),
        ("SELECT * FROM t WHERE (a, b) IN ((1, 2), (3, 4))", "SELECT * FROM t WHERE (a, b) IN (($1, $2))"),
        ("SELECT * FROM t WHERE a = ANY (ARRAY[1, 2])", "SELECT * FROM t WHERE a = ANY (ARRAY[$1 /*, ... */])"),
        ("INSERT INTO t VALUES (1, 2), (3, 4)", "INSERT INTO t VALUES ($1, $2)"),
        ("select A from T", 'SELECT "a" FROM "t"'),
        ("SELECT a FROM t;", "SELECT a FROM t ; ;"),
        ("SELECT a -- note\nFROM t", "SELECT/* note */a FROM t"),
        ("SELECT a AS b FROM t AS u INNER JOIN v ON true", "SELECT a b FROM t u JOIN v ON true"),
        ("TABLE t LEFT OUTER JOIN u ON a <> b ORDER BY a ASC", "TABLE t LEFT JOIN u ON a != b ORDER BY a"),
        ("SELECT a FROM t WHERE ((a = 1) AND (b = 2))", "SELECT a FROM t WHERE a = 1 AND b = 2"),
        ("SELECT a FROM t WHERE (a = 1 AND (b = 2 AND c = 3))", "SELECT a FROM t WHERE a = 1 AND b = 2 AND c = 3"),
        ("SELECT a + (b * c), (a)::int, f((a))", "SELECT a + b * c, a::int, f(a)"),
        ("SELECT a FROM t WHERE NOT (a = 1)", "SELECT a FROM t WHERE NOT a = 1"),
        ("SELECT a FROM t WHERE (a BETWEEN 1 AND 2) OR b", "SELECT a FROM t WHERE a BETWEEN $1 AND $2 OR b"),
        ("(SELECT a FROM t)", "SELECT a FROM t"),
        ("SELECT now() - interval '1 day'", "SELECT now() - $1::interval"),
        ("SELECT date '2024-01-01'", "SELECT $1::date"),
        ("SELECT timestamp with time zone '2024-01-01'", "SELECT timestamp with time zone $1"),
        ("SELECT extract(year FROM d) FROM t", "SELECT extract($1 FROM d) FROM t"),
        ("SELECT 'a' 'b'", "SELECT 'ab'"),
        ("SELEC a FROM t WHERE a = 1", "selec A from t where a=$1"),
    ],
)  # fmt: skip
def test_these_are_the_same(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a FROM t", "SELECT a FROM u"),
        ("SELECT a FROM t", "SELECT b FROM t"),
        ("SELECT a FROM s.t", "SELECT a FROM t"),
        ("SELECT a FROM t WHERE a = 1", "SELECT a FROM t WHERE a > 1"),
        ("SELECT a FROM t WHERE a = 1", "SELECT a FROM t WHERE a IS NULL"),
        ("SELECT a IS NULL", "SELECT a IS NOT NULL"),
        ("SELECT a IS TRUE", "SELECT a IS FALSE"),
        ("SELECT a FROM t WHERE a = 1 OR b = 2 AND c = 3", "SELECT a FROM t WHERE (a = 1 OR b = 2) AND c = 3"),
        ("SELECT a FROM t WHERE NOT (a AND b)", "SELECT a FROM t WHERE NOT a AND b"),
        ("SELECT a - (b - c)", "SELECT a - b - c"),
        ("SELECT (a).b", "SELECT a.b"),
        ('SELECT "A"', "SELECT a"),
        ('SELECT "user"', "SELECT user"),
        ("SELECT 'a' FROM t", "SELECT a FROM t"),
        ("SELECT a FROM t ORDER BY 1", "SELECT a FROM t ORDER BY 2"),
        ("SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a DESC"),
        ("SELECT a FROM t WHERE a IN (1)", "SELECT a FROM t WHERE a = ANY ($1)"),
        ("SELECT a FROM t WHERE a IN (b, c)", "SELECT a FROM t WHERE a IN (b)"),
        ("SELECT a FROM t LEFT JOIN u ON true", "SELECT a FROM t JOIN u ON true"),
        ("SELECT f(a, b)", "SELECT f((a, b))"),
        ("SELECT a - 1", "SELECT a, -1"),
    ],
)
def test_these_are_different(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_depth_is_no_danger() -> None:
    deep = "SELECT " + "(" * 20_000 + "1" + ")" * 20_000
    assert fingerprint(deep) == fingerprint("SELECT 1")
    assert fingerprint("SELECT " + "(" * 20_000)


# -- whole families of texts ------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "orders", '"Näme"', "s.t", '"we""ird; Täble"'])
VALUES = st.one_of(
    st.integers(-(10**9), 10**9).map(str),
    st.text("ab'% ", max_size=6).map(lambda text: "'" + text.replace("'", "''") + "'"),
    st.integers(1, 99).map(lambda number: f"${number}"),
)
OPERATORS = st.sampled_from(["=", "<>", "<", ">=", "LIKE"])


@st.composite
def conditions(draw: st.DrawFn) -> list[tuple[str, str]]:
    return draw(st.lists(st.tuples(NAMES, OPERATORS), min_size=1, max_size=4))


def statement(
    table: str, where: list[tuple[str, str]], values: list[str], wrap: str = "{}", joined: str = " AND "
) -> str:
    parts = [wrap.format(f"{name} {operator} {value}") for (name, operator), value in zip(where, values, strict=False)]
    return f"SELECT * FROM {table} WHERE {joined.join(parts)}"


@given(NAMES, conditions(), st.lists(VALUES, min_size=4, max_size=4), st.lists(VALUES, min_size=4, max_size=4))
def test_values_never_count(table: str, where: list[tuple[str, str]], one: list[str], other: list[str]) -> None:
    assert fingerprint(statement(table, where, one)) == fingerprint(statement(table, where, other))


@given(NAMES, conditions(), st.sampled_from(["({})", "(({}))"]))
def test_parentheses_around_a_comparison_never_count(table: str, where: list[tuple[str, str]], wrap: str) -> None:
    values = ["1"] * 4
    assert fingerprint(statement(table, where, values)) == fingerprint(statement(table, where, values, wrap))


@given(NAMES, conditions(), st.sampled_from([" ", "\n\t", " /* ' */ ", " -- ;\n"]))
def test_white_space_comments_and_case_never_count(table: str, where: list[tuple[str, str]], space: str) -> None:
    sql = statement(table, where, ["'X'"] * 4)
    spaced = "".join(
        space if token.kind is Kind.SPACE else token.text.swapcase() if token.kind is Kind.WORD else token.text
        for token in tokens(sql)
    )
    assert fingerprint(sql) == fingerprint(f"{spaced};")


@given(NAMES, NAMES, conditions(), conditions())
def test_tables_columns_and_operators_always_count(
    table: str, other_table: str, where: list[tuple[str, str]], other_where: list[tuple[str, str]]
) -> None:
    one = statement(table, where, ["1"] * 4)
    other = statement(other_table, other_where, ["1"] * 4)
    assert (fingerprint(one) == fingerprint(other)) == ((table, where) == (other_table, other_where))


@given(st.integers(1, 30), st.integers(1, 30))
def test_the_length_of_a_list_never_counts(one: int, other: int) -> None:
    texts = [f"SELECT * FROM t WHERE a IN ({', '.join(['1'] * length)}) AND b = 1" for length in (one, other)]
    assert len(set(map(fingerprint, texts))) == 1


@given(st.text("aet(),$1' \"-IN[]nodr=;", max_size=40))
def test_any_text_has_one_and_mending_does_not_change_it(sql: str) -> None:
    assert fingerprint(sql) == fingerprint(mended(sql))
