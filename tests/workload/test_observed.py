"""Values read off a text with literals."""

from __future__ import annotations

import pytest

from dbopt.workload.observed import literals


@pytest.mark.parametrize(
    ("sql", "observed", "values"),
    [
        ("SELECT * FROM t WHERE a = $1 AND b = $2", "select * from T where a = -5 and b = 'it''s';", ("-5", "it's")),
        ("SELECT * FROM t WHERE b = $2 AND a = $1", "SELECT * FROM t WHERE b = 1 AND a = 2", ("2", "1")),
        ("SELECT $1::interval", "SELECT interval '1 day'", ("1 day",)),
        ("SELECT a = $1, $2", "SELECT a = NULL, true", (None, "true")),
        ("SELECT * FROM t WHERE a = $1", "SELECT * FROM t WHERE a = $1", None),
        ("SELECT * FROM t WHERE a IN ($1)", "SELECT * FROM t WHERE a IN (1, 2)", None),
        ("SELECT * FROM t WHERE a = $1", "SELECT * FROM u WHERE a = 1", None),
        ("SELECT * FROM t WHERE a = $1", "SELECT * FROM t WHERE a = 1 AND b", None),
        ("SELECT * FROM t WHERE a = $1", "SELECT * FROM t WHERE a =", None),
    ],
)
def test_literals(sql: str, observed: str, values: tuple[str | None, ...] | None) -> None:
    assert literals(sql, observed) == values
