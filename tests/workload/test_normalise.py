"""Literals as parameters."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.normalise import normalised


@pytest.mark.parametrize(
    ("sql", "expected", "values"),
    [
        ("SELECT a FROM t WHERE b = 'x''y' AND c = -3;", "SELECT a FROM t WHERE b = $1 AND c = $2", ("x'y", "-3")),
        ("SELECT d - 3 FROM t", "SELECT d - $1 FROM t", ("3",)),
        ("SELECT $2, $1, 'x'", "SELECT $2, $1, $3", ("x",)),
        ("SELECT true, null, x IS NULL", "SELECT $1, $2, x IS NULL", ("true", None)),
        ("SELECT 'a' 'b', E'\\n'", "SELECT $1 , $2", ("ab", "\n")),
        ("SELECT x::numeric(10, 2) FROM t", "SELECT x::numeric(10, 2) FROM t", ()),
        ("SELECT '{1}'::int[3]", "SELECT $1::int[3]", ("{1}",)),
        ("SELECT a FROM t ORDER BY 1, 2 LIMIT 10", "SELECT a FROM t ORDER BY 1, 2 LIMIT $1", ("10",)),
        ("SELECT interval '1 day'", "SELECT $1::interval", ("1 day",)),
        (
            "SELECT date_trunc('day', d), count(*) FROM t GROUP BY date_trunc('day', d)",
            "SELECT date_trunc($1, d), count(*) FROM t GROUP BY date_trunc($1, d)",
            ("day",),
        ),
        ("SELECT B'101', U&'\\zz'", "SELECT $1, $2", None),
        ("SELECT interval(3) '1 s', numeric(3, 1) '2'", "SELECT $1::interval(3), $2::numeric(3,1)", ("1 s", "2")),
        ("SELECT a = ANY (ARRAY[1, NULL])", "SELECT a IN ($1, $2)", ("1", None)),
    ],
)
def test_literals_become_parameters(sql: str, expected: str, values: tuple[str | None, ...] | None) -> None:
    found = normalised(sql)
    assert (found.sql, found.values) == (expected, values)
    assert fingerprint(found.sql) == fingerprint(sql)


def test_literals_stay_where_there_are_too_many() -> None:
    sql = "SELECT a FROM t WHERE b = $1 AND c IN (2, 3, -4) -- why"
    assert normalised(sql, most=4).sql == "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3, $4) -- why"
    found = normalised(sql, most=3)
    assert (found.sql, found.first, found.values) == (sql, 2, ())


def test_comments_go_where_they_are_not_wanted() -> None:
    assert normalised("SELECT a -- secret\nFROM t /* x */", comments=False).sql.split() == ["SELECT", "a", "FROM", "t"]


LITERALS = st.sampled_from(("1", "-2.5", "'a'", "E'\\n'", "$$x$$", "true", "NULL", "'a'::text", "date '2020-01-01'"))
CLAUSES = st.sampled_from((
    "a = {}", "a IN ({}, {})", "f({}, b) > {}", "a BETWEEN {} AND {}", "a IS NOT NULL AND b < {}", "(a, b) = ({}, {})",
    "a - {} > {}",
))  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.tuples(CLAUSES, LITERALS, LITERALS), min_size=1, max_size=4))
def test_the_fingerprint_stays(parts: list[tuple[str, str, str]]) -> None:
    sql = "SELECT a FROM t WHERE " + " OR ".join(clause.format(one, other) for clause, one, other in parts)
    assert fingerprint(normalised(sql).sql) == fingerprint(sql)
