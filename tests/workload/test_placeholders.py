"""Placeholders of drivers become numbered parameters, and operators stay what they are."""

from __future__ import annotations

import pytest

from dbopt.workload.placeholders import numbered


@pytest.mark.parametrize(
    ("sql", "expected", "names"),
    [
        ("a = :id AND b = :name OR c = :id", "a = $1 AND b = $2 OR c = $1", ("id", "name")),
        ("a=%(id)s AND b >=%(x)s", "a=$1 AND b >=$2", ("id", "x")),
        ("a = %s AND b IN (%s,%s)", "a = $1 AND b IN ($2,$3)", ()),
        ("a = ? AND b =? LIMIT ?", "a = $1 AND b =$2 LIMIT $3", ()),
        ("a = @id", "a = $1", ("id",)),
        ("a = :'id'", "a = $1", ("id",)),
        ("a = :ids::int[]", "a = $1::int[]", ("ids",)),
        ("a LIKE %(p)s || '%%'", "a LIKE $1 || '%'", ("p",)),
        ("a > date :day - interval :time", "a > date $1 - interval $2", ("day", "time")),
    ],
)
def test_these_are_placeholders(sql: str, expected: str, names: tuple[str, ...]) -> None:
    found = numbered(f"SELECT * FROM t WHERE {sql}")
    assert (found.sql, found.names) == (f"SELECT * FROM t WHERE {expected}", names)


@pytest.mark.parametrize(
    "sql",
    [
        "a::int = 1",
        "':id' = a",
        "a[1:n] = b[n:2]",
        "data ? 'key' AND data ?| ARRAY['a'] AND data ?& b",
        "(data -> 'x') ? 'y'",
        "data @> '{}' AND a <@ b AND data @? '$.a'",
        "a % b = 0",
        "a %% 2 = 0",
        "a LIKE '%s' AND b = '%(id)s' AND c = '?'",
        "a = $1 AND data ? 'x'",
        "f(a => 1)",
        "@ -5 = 5",
        "a = 1 -- :id ? %s",
        '":id" = "?"',
    ],
)
def test_these_are_not(sql: str) -> None:
    assert numbered(f"SELECT * FROM t WHERE {sql}").sql == f"SELECT * FROM t WHERE {sql}"
