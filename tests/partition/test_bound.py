"""Bounds as the server writes them."""

from __future__ import annotations

import pytest

from dbopt.errors import QueryFailed
from dbopt.partition.bound import Bound, Default, Edge, Hash, Range, Values, parse
from dbopt.partition.bound import written as written_as
from tests.servers import Server

BOUNDS: list[tuple[str, str, Bound]] = [
    ("RANGE (a)", "FROM ('2024-01-01') TO (MAXVALUE)", Range(("2024-01-01",), (Edge.MAXVALUE,))),
    ("RANGE (a, b)", "FROM ('a''b', MINVALUE) TO ('c\\d', 7)", Range(("a'b", Edge.MINVALUE), ("c\\d", "7"))),
    ("RANGE (b)", "FROM (-5) TO (10)", Range(("-5",), ("10",))),
    ("LIST (a)", "IN ('x, (y)', NULL, 'MINVALUE')", Values(("x, (y)", None, "MINVALUE"))),
    ("LIST (b)", "IN (1, -2)", Values(("1", "-2"))),
    ("LIST ((b > 0))", "IN (true)", Values(("true",))),
    ("LIST (c)", "IN (1.50, NULL)", Values(("1.50", None))),
    ("HASH (a)", "WITH (MODULUS 4, REMAINDER 3)", Hash(4, 3)),
    ("LIST (a)", "DEFAULT", Default()),
]


@pytest.mark.parametrize(("key", "written", "bound"), BOUNDS)
def test_a_bound_of_the_server_is_read(server: Server, key: str, written: str, bound: Bound) -> None:
    values = written if written == "DEFAULT" else f"FOR VALUES {written}"
    with server.connect(server.create_database()) as session:
        session.script(f"CREATE TABLE t (a text, b int, c numeric) PARTITION BY {key}")
        session.script(f"CREATE TABLE p PARTITION OF t {values}")
        rows = session.fetch_workload(
            "SELECT pg_get_expr(relpartbound, oid) AS bound FROM pg_class WHERE relname = 'p'"
        )
        session.script(f"DROP TABLE p; CREATE TABLE p PARTITION OF t {written_as(bound)}")
    assert parse(rows[0]["bound"]) == bound


@pytest.mark.parametrize("text", ["", "FOR VALUES", "FOR VALUES IN (1", "FOR VALUES FROM (1)", "CHECK (a > 1)"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(QueryFailed, match="cannot read the partition bound"):
        parse(text)
