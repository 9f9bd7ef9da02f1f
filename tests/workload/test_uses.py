"""What each parameter is compared with."""

from __future__ import annotations

import pytest

from dbopt.workload.uses import uses


def told(sql: str) -> list[tuple[int, str, str | None]]:
    found = sorted(uses(sql), key=lambda use: (use.number, use.role))
    return [(use.number, use.role.value, use.column.name if use.column else None) for use in found]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a = $1", [(1, "equal", "a")]),
        ("$1 = a", [(1, "equal", "a")]),
        ("a > $1", [(1, "lower", "a")]),
        ("$1 > a", [(1, "upper", "a")]),
        ("a BETWEEN $1 AND $2", [(1, "lower", "a"), (2, "upper", "a")]),
        ("a IN ($1,$2)", [(1, "equal", "a"), (2, "equal", "a")]),
        ("(a, b) > ($1, $2)", [(1, "lower", "a"), (2, "lower", "b")]),
        ("(a, b) IN (($1, $2))", [(1, "equal", "a"), (2, "equal", "b")]),
        ("a = ANY ($1)", [(1, "array", "a")]),
        ("a = ANY (ARRAY[$1, $2])", [(1, "equal", "a"), (2, "equal", "a")]),
        ("$1 = ANY (a)", [(1, "element", "a")]),
        ("a @> $1", [(1, "contained", "a")]),
        ("a LIKE $1", [(1, "prefix", "a")]),
        ("a ILIKE '%' || $1 || '%'", [(1, "fragment", "a")]),
        ("a ~ $1", [(1, "regex", "a")]),
        ("lower(a) = lower($1)", [(1, "equal", "a")]),
        ("a = $1::int", [(1, "equal", "a")]),
        ("a @@ to_tsquery('english', $1)", [(1, "lexeme", "a")]),
        ("a @@ $1", [(1, "lexeme", "a")]),
        ("a < $1::timestamp + $2::interval", [(1, "upper", "a"), (2, "upper", "a")]),
        ("a ->> $1 = $2", [(1, "json key", "a"), (2, "json value", "a")]),
        ("a AT TIME ZONE $1 = b", [(1, "zone", None)]),
        ("true LIMIT $1 OFFSET $2", [(1, "limit", None), (2, "offset", None)]),
        ("true FETCH FIRST $1 ROWS ONLY", [(1, "limit", None)]),
        ("true GROUP BY a HAVING count(b) > $1", []),
    ],
)
def test_in_a_condition(condition: str, expected: list[tuple[int, str, str | None]]) -> None:
    assert told(f"SELECT a FROM t WHERE {condition}") == expected


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t (x, a) VALUES (1, $1)",
        "INSERT INTO t (x, a) SELECT 1, $1",
        "UPDATE t SET a = $1",
        "DELETE FROM t WHERE a = $1",
        "SELECT FROM t WHERE t.a = $1 AND AND",
    ],
)
def test_in_other_statements(sql: str) -> None:
    assert told(sql) == [(1, "equal", "a")]


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("SELECT * FROM s.t AS x JOIN u AS y ON true WHERE x.a = $1", ("s", "t")),
        ("SELECT * FROM t WHERE id IN (SELECT id FROM u WHERE a = $1)", (None, "u")),
        ("SELECT * FROM t WHERE id IN (SELECT id FROM u WHERE t.a = $1)", (None, "t")),
        ("WITH x AS (SELECT a FROM t) SELECT * FROM x WHERE x.a = $1", (None, "t")),
        ("SELECT * FROM (SELECT a FROM t) AS x WHERE a = $1", (None, "t")),
        ('SELECT * FROM "we""ird; Täble" AS W WHERE w.a = $1', (None, 'we"ird; Täble')),
        ("DELETE FROM t USING u AS x WHERE x.a = $1", (None, "u")),
    ],
)
def test_the_column_belongs_to(sql: str, first: tuple[str | None, str]) -> None:
    [use] = uses(sql)
    assert use.column is not None
    assert use.column.relations[0] == first
