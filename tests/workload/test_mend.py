"""Normalised texts made to plan: first on paper, then by the servers themselves."""

from __future__ import annotations

import pytest

from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.mend import mended


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("SELECT interval $1", "SELECT $1::interval"),
        ("SELECT INTERVAL $1 day to second, 1", "SELECT $1::INTERVAL day to second, 1"),
        ("SELECT date $1, time $2", "SELECT $1::date, $2::time"),
        ("SELECT timestamp(3) with time zone $1", "SELECT $1::timestamp(3) with time zone"),
        ("SELECT double precision $1", "SELECT $1::double precision"),
        ('SELECT sales."Mood" $1', 'SELECT $1::sales."Mood"'),
        ('SELECT mood $1, "Mood" $2, ltree(3) $3', 'SELECT $1::mood, $2::"Mood", $3::ltree(3)'),
        ("SELECT a FROM t FETCH FIRST $1 ROWS ONLY", "SELECT a FROM t FETCH FIRST $1 ROWS ONLY"),
        ("SELECT sum(a) OVER (ROWS $1 PRECEDING) FROM t", "SELECT sum(a) OVER (ROWS $1 PRECEDING) FROM t"),
        ("SELECT a AT TIME ZONE $1, b LIKE $2 ESCAPE $3", "SELECT a AT TIME ZONE $1, b LIKE $2 ESCAPE $3"),
        ("SELEC $1", "SELEC $1"),
        ("SELECT $1 uescape '!', $2", "SELECT $1, $2"),
        ("SELECT extract($1 from d) FROM t", 'SELECT pg_catalog."extract"($1 , d) FROM t'),
        ("SELECT name, text FROM t LIMIT $1", "SELECT name, text FROM t LIMIT $1"),
        ("SELECT interval '1 day', $1", "SELECT interval '1 day', $1"),
        (
            "SELECT date_trunc($1, d), count(*) FROM t WHERE a = $2 GROUP BY date_trunc('day', d) LIMIT $3",
            "SELECT date_trunc('day', d), count(*) FROM t WHERE a = $1 GROUP BY date_trunc('day', d) LIMIT $2",
        ),
        (
            "SELECT extract($1 from d) FROM t GROUP BY extract(year from d)",
            "SELECT extract(year from d) FROM t GROUP BY extract(year from d)",
        ),
        ("SELECT 1 FROM t WHERE a = ANY (ARRAY[$1, $2])", "SELECT 1 FROM t WHERE a IN ($1, $2)"),
        ("SELECT 1 FROM t WHERE a=any(array[$1 /*, ... */])", "SELECT 1 FROM t WHERE a IN ($1 /*, ... */)"),
        ("SELECT 1 FROM t WHERE a <> ALL (ARRAY[$1])", "SELECT 1 FROM t WHERE a NOT IN ($1)"),
        ("SELECT 1 FROM t WHERE a < ANY (ARRAY[$1])", "SELECT 1 FROM t WHERE a < ANY (ARRAY[$1])"),
        ("SELECT 1 FROM t WHERE a = ANY (ARRAY[$1::int])", "SELECT 1 FROM t WHERE a = ANY (ARRAY[$1::int])"),
        ("SELECT a + $1 FROM t ORDER BY a + 7 DESC, b", "SELECT a + 7 FROM t ORDER BY a + 7 DESC, b"),
        ("SELECT $1 FROM t ORDER BY 1", "SELECT $1 FROM t ORDER BY 1"),
    ],
)
def test_mending(given: str, expected: str) -> None:
    assert mended(given) == expected
    assert mended(expected) == expected
    assert fingerprint(given) == fingerprint(expected)
