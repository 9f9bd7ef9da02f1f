"""Which node of one plan is which of another."""

from __future__ import annotations

from typing import Any

from dbopt.output.plan import title
from dbopt.plan.pairs import pair
from dbopt.plan.tree import Plan
from tests.output.html.explained import node, scan, tree


def index_scan(table: str, index: str, **more: Any) -> dict[str, Any]:
    return node("Index Scan", Index_Name=index, Relation_Name=table, Alias=table, Schema="public", **more)


def told(before: Plan, after: Plan) -> dict[str, str]:
    """What became of each node: the title of its pair, with a tilde where it works in another way."""
    pairs = pair(before, after)
    same = {title(before.nodes[here]): title(after.nodes[there]) for here, there in pairs.same.items()}
    return same | {
        title(before.nodes[here]): f"~ {title(after.nodes[there])}" for here, there in pairs.replaced.items()
    }


def test_a_plan_is_the_same_as_itself_but_for_values() -> None:
    before = tree(node("Sort", scan("orders", Filter="(id = 7)"), Sort_Key=["orders.id"]))
    after = tree(node("Sort", scan("orders", Filter="(id = 8)"), Sort_Key=["orders.id"]))
    assert pair(before, after).all_same(before, after)


def test_another_condition_makes_another_scan_of_the_same_table() -> None:
    before, after = tree(scan("orders", Filter="(id = 7)")), tree(scan("orders", Filter="(total = 7)"))
    assert told(before, after) == {"Seq Scan on public.orders": "~ Seq Scan on public.orders"}


def test_a_scan_is_known_by_its_table_and_a_join_by_its_tables() -> None:
    before = tree(node("Hash Join", scan("a"), node("Hash", scan("b"))))
    after = tree(node("Nested Loop", scan("b"), index_scan("a", "a_pkey")))
    assert told(before, after) == {
        "Hash Join": "~ Nested Loop",
        "Seq Scan on public.a": "~ Index Scan using a_pkey on public.a",
        "Seq Scan on public.b": "Seq Scan on public.b",
    }


def test_what_nothing_does_instead_is_gone() -> None:
    before = tree(node("Gather", node("Sort", scan("a"), Sort_Key=["a.x"])))
    after = tree(index_scan("a", "a_x"))
    assert told(before, after) == {"Seq Scan on public.a": "~ Index Scan using a_x on public.a"}
    assert not pair(before, after).all_same(before, after)


def test_every_node_has_one_partner_at_most() -> None:
    one, two = scan("t"), node("Append", scan("t"), scan("t"), scan("t"))
    pairs = pair(tree(node("Append", one, one)), tree(two))
    matched = [*pairs.same.values(), *pairs.replaced.values()]
    assert len(set(matched)) == len(matched)


def test_an_added_node_is_no_reason_to_lose_the_others() -> None:
    before = tree(node("Hash Join", scan("a"), scan("b")))
    after = tree(node("Limit", node("Hash Join", scan("a"), scan("b"))))
    assert len(pair(before, after).same) == 3
