"""About how long an index takes to build: what makes it longer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbopt.index.build_time import build_ms
from dbopt.index.model import Index, Key
from dbopt.postgres.schema import Catalog
from tests.index.shop import EVENTS, EVENTS_1, ORDERS, SHOP

MB = 1024 * 1024


def of(
    *columns: str,
    size: int = 2 * MB,
    catalog: Catalog = SHOP,
    memory: int = 64 * MB,
    method: str = "btree",
    predicate: str = "",
) -> float:
    index = Index("public", "orders", tuple(map(Key, columns)), (), method, predicate)
    found = build_ms(index, catalog, size, memory)
    assert found is not None
    return found


def with_orders(**more: object) -> Catalog:
    changed = replace(ORDERS, **more)  # type: ignore[arg-type]
    return replace(SHOP, relations=tuple(changed if one is ORDERS else one for one in SHOP.relations))


def test_ten_times_the_table_takes_more_than_ten_times_as_long() -> None:
    """Each comparison of the sort grows with the logarithm."""
    larger = with_orders(rows=10 * ORDERS.rows, bytes=10 * ORDERS.bytes)
    assert 10 < of("total", size=20 * MB, catalog=larger, memory=1 << 30) / of("total") < 15


def test_texts_take_longer_than_numbers_unless_they_sort_by_bytes() -> None:
    bytewise = tuple(replace(one, bytewise=True) for one in ORDERS.columns)
    assert of("status") > of("total")
    assert of("status", catalog=with_orders(columns=bytewise)) < of("status")


def test_a_further_key_takes_longer_where_those_before_are_equal() -> None:
    alone = of("customer_id")
    assert of("status", "total") - of("status") > of("customer_id", "total") - alone
    assert of("id", "total") == pytest.approx(of("id"), rel=0.01)


def test_rows_in_the_order_of_the_column_need_no_sort() -> None:
    ordered = tuple(replace(one, correlation=1.0) for one in ORDERS.columns)
    assert of("placed_at", catalog=with_orders(columns=ordered)) < of("placed_at")


def test_a_sort_that_spills_takes_longer() -> None:
    assert of("total", memory=1 * MB) > of("total", memory=64 * MB)


def test_a_larger_index_takes_longer_to_write() -> None:
    assert of("total", size=20 * MB) > of("total", size=2 * MB)


def test_a_partial_index_sorts_its_own_rows_only() -> None:
    assert of("total", size=MB // 10, predicate="paid") < of("total", size=2 * MB)


@pytest.mark.parametrize(("quick", "slow"), [("brin", "btree"), ("btree", "gin"), ("hash", "gist")])
def test_methods_differ(quick: str, slow: str) -> None:
    assert of("total", method=quick) < of("total", method=slow)


def test_a_partitioned_table_takes_the_sum_of_its_partitions() -> None:
    index = Index("log", "events", (Key("day"),))
    second = replace(EVENTS_1, name="events_2")
    one = build_ms(index, SHOP, MB)
    two = build_ms(index, replace(SHOP, relations=(EVENTS, EVENTS_1, second)), 2 * MB)
    assert one is not None
    assert two == pytest.approx(2 * one)


def test_nothing_is_said_of_a_table_that_was_never_analysed() -> None:
    index = Index("public", "orders", (Key("total"),))
    assert build_ms(index, with_orders(rows=-1.0), MB) is None
    assert build_ms(replace(index, table="nowhere"), SHOP, MB) is None


def test_an_empty_table_takes_no_time_worth_mentioning() -> None:
    assert of("total", size=8192, catalog=with_orders(rows=0.0, bytes=0)) < 1
