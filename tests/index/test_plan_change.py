"""What an index changes in a plan, in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from dbopt.index.plan_change import renamed, sentence
from dbopt.plan.tree import Plan, parse


def node(kind: str, *plans: dict[str, Any], on: str = "", index: str = "", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"Node Type": kind, **{key.replace("_", " ").title(): value for key, value in more.items()}}
    if on:
        found |= {"Relation Name": on, "Alias": more.get("alias", on)}
    return found | ({"Index Name": index} if index else {}) | ({"Plans": list(plans)} if plans else {})


def plan(root: dict[str, Any]) -> Plan:
    return parse([{"Plan": root}])


SCAN = node("Seq Scan", on="orders")
READ = node("Index Scan", on="orders", index="new")
OTHER = node("Seq Scan", on="customers")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (SCAN, READ, "Seq Scan on orders -> Index Scan using new"),
        (
            node("Sort", SCAN),
            node("Index Only Scan", on="orders", index="new"),
            "Seq Scan on orders -> Index Only Scan using new; the sort goes away",
        ),
        (
            node("Sort", node("Merge Join", node("Sort", SCAN), node("Sort", OTHER))),
            node("Sort", node("Merge Join", READ, OTHER)),
            "Seq Scan on orders -> Index Scan using new; 2 sorts go away",
        ),
        (
            node("Sort", node("Sort", SCAN)),
            node("Sort", READ),
            "Seq Scan on orders -> Index Scan using new; one sort goes away",
        ),
        (
            node("Sort", SCAN),
            node("Incremental Sort", READ),
            "Seq Scan on orders -> Index Scan using new; the sort becomes incremental",
        ),
        (
            node("Hash Join", OTHER, node("Hash", SCAN)),
            node("Nested Loop", OTHER, READ),
            "Seq Scan on orders -> Index Scan using new; Hash Join becomes Nested Loop",
        ),
        (
            node("Aggregate", SCAN, strategy="Hashed"),
            node("Aggregate", READ, strategy="Sorted"),
            "Seq Scan on orders -> Index Scan using new; HashAggregate becomes GroupAggregate",
        ),
        (
            node("Gather", node("Seq Scan", on="orders", parallel_aware=True)),
            READ,
            "Parallel Seq Scan on orders -> Index Scan using new; parallel workers are no longer needed",
        ),
        (
            SCAN,
            node("Bitmap Heap Scan", node("Bitmap Index Scan", index="new"), on="orders"),
            "Seq Scan on orders -> Bitmap Heap Scan using new",
        ),
        (
            SCAN,
            node(
                "Bitmap Heap Scan",
                node("BitmapAnd", node("Bitmap Index Scan", index="old"), node("Bitmap Index Scan", index="new")),
                on="orders",
            ),
            "Seq Scan on orders -> Bitmap Heap Scan using old and new",
        ),
        (
            node("Index Scan", on="orders", index="orders_pkey"),
            READ,
            "Index Scan using orders_pkey on orders -> Index Scan using new",
        ),
        (OTHER, READ, "Index Scan using new on orders"),
        (SCAN, SCAN, ""),
        (READ, READ, "Index Scan using new on orders, with another condition"),
    ],
)
def test_it_says_how_the_table_is_read_and_what_that_spares(
    before: dict[str, Any], after: dict[str, Any], expected: str
) -> None:
    assert sentence(plan(before), plan(after), "new") == expected


def test_of_two_scans_of_a_table_the_one_under_the_same_alias_is_compared() -> None:
    before = plan(
        node(
            "Nested Loop",
            node("Index Scan", on="orders", index="old", alias="one"),
            node("Seq Scan", on="orders", alias="two"),
        )
    )
    after = plan(node("Nested Loop", SCAN, node("Index Scan", on="orders", index="new", alias="two")))
    assert sentence(before, after, "new").startswith("Seq Scan on orders -> Index Scan using new")


def test_names_are_quoted_where_sql_needs_it() -> None:
    found = sentence(plan(node("Seq Scan", on="we ird")), plan(node("Index Scan", on="we ird", index="I x")), "I x")
    assert found == 'Seq Scan on "we ird" -> Index Scan using "I x"'


def test_a_plan_is_shown_under_the_names_that_indexes_will_have() -> None:
    made = plan(node("Sort", READ))
    shown = renamed(made, {"new": "orders_at_idx"})
    assert shown.indexes == {"orders_at_idx"}
    assert [one.raw.get("Index Name") for one in shown.nodes] == [None, "orders_at_idx"]
    assert made.indexes == {"new"}
