"""Names for new indexes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dbopt.index.model import Index, Key
from dbopt.index.naming import MAX_BYTES, Names
from tests.index.shop import SHOP, index

STATUS_TOTAL = Index("public", "orders", (Key("status"), Key("total")))


def test_it_is_the_name_that_postgresql_would_choose() -> None:
    assert Names(SHOP).choose(STATUS_TOTAL) == "orders_status_total_idx"


def test_a_taken_name_gets_a_number() -> None:
    names = Names(replace(SHOP, indexes=(index("orders_status_total_idx", "orders", "id"),)))
    assert [names.choose(STATUS_TOTAL) for _ in range(2)] == ["orders_status_total_idx1", "orders_status_total_idx2"]


@given(st.text(min_size=1, max_size=80), st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=4))
def test_it_fits_and_is_unique(table: str, columns: list[str]) -> None:
    names = Names(SHOP)
    one = Index("public", table, tuple(Key(column) for column in columns))
    chosen = {names.choose(one) for _ in range(12)}
    assert len(chosen) == 12
    assert all(len(name.encode()) <= MAX_BYTES for name in chosen)
