"""Two existing indexes into one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dbopt.index.candidates import Allowed
from dbopt.index.merges import pairs
from dbopt.postgres.schema import ExistingIndex, ForeignKey
from tests.index.advising import advise_by_shadow, in_short, statement
from tests.index.shop import SHOP, index
from tests.servers import Database


def merged(*indexes: ExistingIndex, allowed: Allowed = Allowed()) -> list[tuple[str, bool]]:  # noqa: B008
    catalog = replace(SHOP, indexes=(*SHOP.indexes, *indexes))
    return [
        (f"({', '.join(p.merged.columns)})" + "".join(f" +{c}" for c in p.merged.include), p.lossless)
        for p in pairs(catalog, allowed)
    ]


def on(name: str, *columns: str, **more: Any) -> ExistingIndex:
    return index(name, "orders", *columns, **more)


def test_one_index_has_what_both_have() -> None:
    wider = on("b", "status", "placed_at")
    assert merged(on("a", "status", include=("total",)), wider) == [("(status, placed_at) +total", True)]
    two = on("a", "status", include=("total",)), on("b", "status", include=("paid",))
    assert merged(*two) == [("(status) +total +paid", True)]
    assert merged(on("a", "status", include=("placed_at",)), wider) == [("(status, placed_at)", True)]


def test_what_sorts_otherwise_is_merged_with_loss_only() -> None:
    assert merged(on("a", "status", "total"), on("b", "status", "placed_at")) == [
        ("(status, total, placed_at)", False),
        ("(status, placed_at, total)", False),
    ]
    assert merged(on("a", "total"), on("b", "status")) == []


def test_no_more_keys_and_columns_are_merged_than_new_indexes_may_have() -> None:
    two_orders = on("a", "status", "total"), on("b", "status", "placed_at")
    assert merged(*two_orders, allowed=Allowed(keys=2)) == []
    two_covers = on("a", "status", include=("total",)), on("b", "status", include=("paid", "id"))
    assert merged(*two_covers, allowed=Allowed(included=2)) == []
    assert merged(*two_covers, allowed=Allowed(included=3)) == [("(status) +total +paid +id", True)]


def test_what_existing_indexes_have_is_allowed() -> None:
    wide = on("b", "status", "placed_at", "total", "paid")
    narrow = on("a", "status", include=("id",))
    assert merged(narrow, wide, allowed=Allowed(keys=1, included=0)) == [("(status, placed_at, total, paid) +id", True)]


def test_what_a_foreign_key_finds_its_rows_by_keeps_its_order() -> None:
    key = ForeignKey(("public", "orders"), "fk", ("placed_at", "status"), ("public", "customers"), ("id", "email"))
    indexes = (on("a", "status", "total"), on("b", "status", "placed_at"))
    catalog = replace(SHOP, indexes=indexes, foreign_keys=(key,))
    assert [pair.merged.columns for pair in pairs(catalog, Allowed())] == [("status", "placed_at", "total")]


@pytest.mark.parametrize(
    "other",
    [
        on("b", "status", "placed_at", is_unique=True),
        on("b", "status", "placed_at", constraint="c"),
        on("b", "status", "placed_at", is_marked=True),
        on("b", "status", "placed_at", is_valid=False),
        on("b", "status", "placed_at", predicate="total > 3"),
        on("b", "status", "placed_at", options=("fillfactor=50",)),
    ],
)
def test_some_are_never_merged(other: ExistingIndex) -> None:
    assert merged(on("a", "status", include=("id",)), other) == []


COUNT = "SELECT sum(total) FROM orders WHERE customer_id = 17"
ORDERED = "SELECT * FROM orders WHERE customer_id = 17 ORDER BY placed_at LIMIT 3"


def test_a_merge_is_advised_with_its_drops(shop: Database) -> None:
    shop.session.script(
        """CREATE INDEX totals ON orders (customer_id) INCLUDE (total);
           CREATE INDEX times ON orders (customer_id, placed_at)"""
    )
    shop.session.script("VACUUM orders")
    advice = advise_by_shadow(shop, COUNT, ORDERED)
    assert in_short(advice) == ["orders (customer_id, placed_at) +total"]
    (made,) = advice.create
    assert [drop.index for drop in advice.drop] == ["public.times", "public.totals"]
    assert {drop.kind for drop in advice.drop} == {"redundant"}
    assert {drop.after for drop in advice.drop} == {"public.orders_customer_id_placed_at_idx"}
    assert made.reason.startswith("Replaces public.times and public.totals")
    assert 0 < made.size_bytes == advice.storage_bytes < advice.freed_bytes
    assert advice.cost_after <= 1.1 * advice.cost_before
    assert advise_by_shadow(shop, COUNT, ORDERED, budget_bytes=8192).create == ()
    for sql in (made.sql, *(drop.sql for drop in advice.drop)):
        shop.session.script(sql)
    again = advise_by_shadow(shop, COUNT, ORDERED)
    assert (again.create, again.drop) == ((), ())


def test_a_merge_is_among_what_the_cost_is_bounded_by(shop: Database) -> None:
    shop.session.script(
        """CREATE INDEX totals ON orders (customer_id) INCLUDE (total);
           CREATE INDEX times ON orders (customer_id, placed_at)"""
    )
    shop.session.script("VACUUM orders")
    both = "SELECT total FROM orders WHERE customer_id = 17 ORDER BY placed_at"
    advice = advise_by_shadow(shop, both, max_columns=1, max_included=0)
    assert in_short(advice) == ["orders (customer_id, placed_at) +total"]
    assert advice.cost_after < advice.cost_before
    assert advice.cost_bound is not None
    assert 0 < advice.cost_bound <= advice.cost_after + advice.create[0].write_cost


def test_two_orders_are_merged_only_where_writes_gain_by_it(shop: Database) -> None:
    shop.session.script(
        """CREATE INDEX totals ON orders (customer_id, total);
           CREATE INDEX times ON orders (customer_id, placed_at)"""
    )
    shop.session.script("VACUUM orders")
    reads = [statement(COUNT, calls=1), statement(ORDERED, calls=1)]
    assert advise_by_shadow(shop, *reads).create == ()
    written = statement("INSERT INTO orders (customer_id, status, total, placed_at) SELECT 1, $1, 3, now()")
    busy = replace(written, calls=1_000_000)
    assert in_short(advise_by_shadow(shop, *reads, busy)) in (
        ["orders (customer_id, placed_at, total)"],
        ["orders (customer_id, total, placed_at)"],
    )


def test_two_orders_that_plans_need_are_not_merged(shop: Database) -> None:
    shop.session.script(
        "CREATE INDEX totals ON orders (status, total); CREATE INDEX times ON orders (status, placed_at)"
    )
    written = statement("INSERT INTO orders (customer_id, status, total, placed_at) SELECT 1, $1, 3, now()")
    advice = advise_by_shadow(
        shop,
        "SELECT * FROM orders WHERE status = 'done' ORDER BY total LIMIT 3",
        "SELECT * FROM orders WHERE status = 'done' ORDER BY placed_at LIMIT 3",
        replace(written, calls=1_000_000),
    )
    assert (advice.create, advice.drop) == ((), ())
