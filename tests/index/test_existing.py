"""Which existing indexes nothing needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dbopt.index.existing import needless
from dbopt.index.model import Index, Key
from dbopt.postgres.schema import ExistingIndex, ForeignKey
from tests.index.shop import SHOP, index

LONG = 30 * 86_400.0


def judged(*indexes: ExistingIndex, used: frozenset[str] = frozenset(), seconds: float | None = LONG) -> dict[str, str]:
    catalog = replace(SHOP, indexes=(*SHOP.indexes, *indexes), counted_seconds=seconds)
    return {found.index.name: found.kind for found in needless(catalog, used)}


def busy(name: str, *columns: str, **more: Any) -> ExistingIndex:
    return index(name, "orders", *columns, scans=7, **more)


def test_of_two_equal_indexes_one_goes() -> None:
    assert judged(busy("one", "status"), busy("two", "status")) == {"two": "duplicate"}


def test_of_two_that_do_the_same_never_both_go() -> None:
    assert judged(index("a", "orders", "status", scans=0), busy("b", "status")) == {"b": "duplicate"}
    assert judged(index("long", "orders", "status", "total", scans=0), busy("s", "status")) == {"s": "redundant"}


def test_the_one_that_enforces_something_stays() -> None:
    assert judged(busy("a", "status"), busy("z", "status", is_unique=True)) == {"a": "duplicate"}


def unique(name: str, *columns: str, **more: Any) -> ExistingIndex:
    return busy(name, *columns, is_unique=True, **more)


def test_a_unique_index_goes_where_another_enforces_the_same() -> None:
    assert judged(unique("a_second", "id")) == {"a_second": "duplicate"}
    assert judged(unique("a", "status"), unique("b", "status")) == {"b": "duplicate"}
    assert judged(unique("a", "status"), unique("b", "status", constraint="b")) == {"a": "duplicate"}
    assert judged(unique("some", "status", predicate="paid"), unique("all", "status")) == {}
    assert judged(unique("some", "status", predicate="status <> ''"), unique("all", "status")) == {"some": "redundant"}


@pytest.mark.parametrize(
    "others",
    [
        [busy("other", "status")],
        [busy("other", "status", "total")],
        [unique("other", "status", "total")],
        [unique("other", "status", predicate="paid")],
        [unique("other", "status", constraint="other", is_deferrable=True)],
        [unique("other", "status", is_valid=False, may_become_valid=True)],
        [unique("other", "status", include=("total",), predicate="paid"), busy("longer", "status", "total", "paid")],
    ],
)
def test_a_unique_index_stays_where_no_other_enforces_the_same(others: list[ExistingIndex]) -> None:
    assert "mine" not in judged(unique("mine", "status"), *others)


def test_of_many_unique_indexes_one_stays() -> None:
    found = judged(unique("a", "status"), unique("b", "status"), unique("c", "status"), busy("d", "status", "total"))
    assert found == {"b": "duplicate", "c": "duplicate"}


@pytest.mark.parametrize("protection", [{"constraint": "c"}, {"is_marked": True}, {"is_referenced": True}])
def test_a_duplicate_on_which_something_rests_stays(protection: dict[str, Any]) -> None:
    assert judged(unique("mine", "id", **protection)) == {}


def test_one_that_forbids_equal_nulls_goes_only_for_another_that_does() -> None:
    strict = unique("strict", "status", definition="CREATE UNIQUE INDEX ON orders (status) NULLS NOT DISTINCT")
    assert judged(strict, unique("a", "status")) == {"a": "duplicate"}


def test_an_index_of_some_rows_goes_beside_one_of_all() -> None:
    some = busy("some", "status", predicate="status IS NOT NULL")
    assert judged(some, busy("all", "status")) == {"some": "redundant"}
    assert judged(some, busy("longer", "status", "total")) == {"some": "redundant"}
    assert judged(some, busy("others", "total", "status")) == {}
    assert judged(some, busy("bits", "status", predicate="paid")) == {}


def test_one_of_rows_chosen_by_other_columns_goes_only_where_plans_can_tell() -> None:
    some, whole = busy("some", "status", predicate="total > 3"), busy("all", "status")
    assert judged(some, whole) == {}
    assert judged(some, whole, used=frozenset(("some",))) == {"some": "redundant"}


def test_a_hash_index_goes_beside_a_b_tree() -> None:
    hashed = replace(busy("hashed", "status"), method="hash")
    assert judged(hashed, busy("sorted", "status")) == {"hashed": "redundant"}
    assert judged(hashed, busy("sorted", "status", "total")) == {"hashed": "redundant"}
    assert judged(hashed, unique("enforced", "status", constraint="u")) == {"hashed": "redundant"}
    assert judged(hashed, busy("sorted", "total", "status")) == {}
    assert judged(hashed, busy("sorted", "status", predicate="paid")) == {}


def test_the_beginning_of_another_index_goes() -> None:
    assert judged(busy("short", "status"), busy("long", "status", "total")) == {"short": "redundant"}
    assert judged(busy("short", "status"), busy("long", "status", include=("total",))) == {"short": "redundant"}
    assert judged(busy("same_as_key", "id")) == {"same_as_key": "duplicate"}


def backwards(index: ExistingIndex) -> ExistingIndex:
    return replace(index, keys=tuple(replace(key, descending=True, nulls_first=True) for key in index.keys))


def test_one_that_another_serves_when_read_backwards_goes() -> None:
    assert judged(busy("a", "status", "total"), backwards(busy("b", "status", "total"))) == {"b": "redundant"}
    assert judged(backwards(busy("a", "status")), busy("b", "status", "total")) == {"a": "redundant"}
    first = backwards(busy("a", "status", "total"))
    mixed = replace(first, keys=(first.keys[0], busy("x", "total").keys[0]))
    assert judged(mixed, busy("b", "status", "total")) == {}
    nulls = replace(first, keys=tuple(replace(key, nulls_first=False) for key in first.keys))
    assert judged(nulls, busy("b", "status", "total")) == {}


@pytest.mark.parametrize(
    "other",
    [
        busy("other", "total", "status"),
        busy("other", "status", "total", predicate="total > 3"),
        busy("other", "status", "total", is_valid=False, may_become_valid=True),
    ],
)
def test_an_index_that_does_something_else_keeps_it(other: ExistingIndex) -> None:
    assert judged(busy("short", "status"), other) == {}


def test_an_index_that_was_never_read_goes() -> None:
    assert judged(index("i", "orders", "status", scans=0)) == {"i": "unused"}
    assert judged(index("i", "orders", "status", scans=1)) == {}


def test_an_index_that_a_plan_reads_stays() -> None:
    assert judged(index("i", "orders", "status", scans=0), used=frozenset(("i",))) == {}


@pytest.mark.parametrize("seconds", [None, 3600.0])
def test_nothing_is_called_unused_after_a_short_time(seconds: float | None) -> None:
    assert judged(index("i", "orders", "status", scans=0), seconds=seconds) == {}


@pytest.mark.parametrize(
    "protection",
    [{"is_unique": True}, {"constraint": "c"}, {"is_marked": True}, {"is_referenced": True}],
)
def test_an_index_that_enforces_something_is_never_unused(protection: dict[str, Any]) -> None:
    assert judged(index("i", "orders", "status", scans=0, **protection)) == {}


def test_an_index_that_finds_the_rows_of_a_foreign_key_is_never_unused() -> None:
    assert judged(index("i", "orders", "customer_id", "status", scans=0)) == {}


def test_what_a_failed_build_left_goes() -> None:
    assert judged(busy("i", "status", is_valid=False)) == {"i": "invalid"}
    assert judged(busy("i", "status", is_valid=False, is_unique=True)) == {"i": "invalid"}
    assert judged(busy("i", "status", is_valid=False, may_become_valid=True)) == {}


def test_a_partitioned_index_counts_the_reads_of_its_parts() -> None:
    whole = index("whole", "events", "kind", schema="log")
    part = index("part", "events_1", "kind", schema="log", parent=("log", "whole"), scans=0)
    assert judged(whole, part) == {"whole": "unused"}
    assert judged(whole, replace(part, scans=3)) == {}
    assert judged(whole, part, used=frozenset(("part",))) == {}


def test_a_part_of_a_partitioned_index_stays_beside_its_like() -> None:
    attached = index("z", "events_1", "kind", schema="log", parent=("log", "whole"), scans=7)
    own = index("a", "events_1", "kind", schema="log", scans=7)
    whole = index("whole", "events", "kind", schema="log")
    assert judged(whole, attached, own) == {"a": "duplicate"}


def test_a_partition_keeps_what_the_foreign_key_of_its_parent_needs() -> None:
    part = index("i", "events_1", "kind", schema="log", scans=0)
    key = ForeignKey(("log", "events"), "fk", ("kind",), ("public", "customers"), ("id",))
    catalog = replace(SHOP, indexes=(part,), counted_seconds=LONG)
    assert [found.kind for found in needless(catalog)] == ["unused"]
    assert needless(replace(catalog, foreign_keys=(key,))) == ()


def test_an_index_on_a_part_of_a_foreign_key_stays_unless_another_has_it_all() -> None:
    key = ForeignKey(("public", "orders"), "fk", ("status", "total"), ("public", "customers"), ("id", "email"))
    part, whole = (
        index("part", "orders", "total", "paid", scans=0),
        index("whole", "orders", "total", "status", scans=0),
    )
    catalog = replace(SHOP, indexes=(part,), foreign_keys=(key,), counted_seconds=LONG)
    assert needless(catalog) == ()
    assert [found.index.name for found in needless(replace(catalog, indexes=(part, whole)))] == ["part"]
    narrow = replace(whole, predicate="paid")
    assert [found.index.name for found in needless(replace(catalog, indexes=(part, narrow)))] == []


def test_the_beginning_of_a_new_index_goes_after_it() -> None:
    short = busy("short", "status")
    new = Index("public", "orders", (Key("status"), Key("total")))
    catalog = replace(SHOP, indexes=(*SHOP.indexes, short))
    (found,) = needless(catalog, new=[new])
    assert (found.index, found.kind, found.after) == (short, "redundant", new)
    assert "The new index on (status, total)" in found.reason


@pytest.mark.parametrize(
    "new",
    [
        Index("public", "orders", (Key("total"), Key("status"))),
        Index("public", "orders", (Key("status", descending=True, nulls_first=False), Key("total"))),
        Index("public", "orders", (Key("status", opclass="text_pattern_ops"), Key("total"))),
        Index("public", "orders", (Key("status"), Key("total")), predicate="total > 3"),
        Index("public", "orders", (Key("status"),), method="hash"),
        Index("public", "customers", (Key("status"), Key("total"))),
    ],
)
def test_a_new_index_that_does_something_else_keeps_it(new: Index) -> None:
    assert needless(replace(SHOP, indexes=(busy("short", "status"),)), new=[new]) == ()


def test_what_enforces_something_stays_beside_a_new_index() -> None:
    new = Index("public", "orders", (Key("id"), Key("total")))
    assert needless(SHOP, new=[new]) == ()


def test_the_reason_names_an_index_that_stays() -> None:
    three = (busy("a", "status"), busy("a_same", "status"), busy("wide", "status", "total"))
    catalog = replace(SHOP, indexes=(*SHOP.indexes, *three))
    found = {one.index.name: one for one in needless(catalog, frozenset())}
    assert sorted(found) == ["a", "a_same"]
    assert all("public.wide begins with the same keys" in one.reason for one in found.values())
