"""Names for new indexes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.index.model import Index, Key
from dbopt.index.naming import Names
from dbopt.postgres.naming import MAX_BYTES
from tests.index.shop import SHOP, index

STATUS_TOTAL = Index("public", "orders", (Key("status"), Key("total")))


def test_it_is_the_name_that_postgresql_would_choose() -> None:
    assert Names(SHOP).choose(STATUS_TOTAL) == "orders_status_total_idx"


def test_a_taken_name_gets_a_number() -> None:
    names = Names(replace(SHOP, indexes=(index("orders_status_total_idx", "orders", "id"),)))
    assert [names.choose(STATUS_TOTAL) for _ in range(2)] == ["orders_status_total_idx1", "orders_status_total_idx2"]


def test_every_relation_of_the_schema_takes_a_name() -> None:
    names = Names(replace(SHOP, other_names=frozenset({("public", "orders_status_total_idx")})))
    assert names.choose(STATUS_TOTAL) == "orders_status_total_idx1"


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("lower(email)", "lower"),
        ("EXTRACT(YEAR FROM placed_at)", "extract"),
        ("lower(email) || upper(email)", "expr"),
        ("f(email, ')')", "f"),
        ("f('()')", "f"),
        ("tools.f(lower(email))", "f"),
        ("CAST(placed_at AS DATE)", "placed_at"),
        ("CAST(lower(email) AS VARCHAR(3))", "lower"),
        ("CAST((data ->> 'a') AS INT)", "expr"),
        ("(address).city", "city"),
        ("a + b", "expr"),
    ],
)
def test_an_expression_is_named_as_postgresql_would(expression: str, name: str) -> None:
    one = Index("public", "orders", (Key(expression, is_expression=True, sources=("email",)), Key("total")))
    assert Names(SHOP).choose(one) == f"orders_{name}_total_idx"


@given(st.text(min_size=1, max_size=80), st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=4))
def test_it_fits_and_is_unique(table: str, columns: list[str]) -> None:
    names = Names(SHOP)
    one = Index("public", table, tuple(Key(column) for column in columns))
    chosen = {names.choose(one) for _ in range(12)}
    assert len(chosen) == 12
    assert all(len(name.encode()) <= MAX_BYTES for name in chosen)
