"""Plans read from EXPLAIN's JSON."""

from __future__ import annotations

import pytest

from dbopt.errors import CorruptDocument
from dbopt.plan.tree import Node, parse
from tests.plan.plans import analyzed, planned
from tests.servers import Database


def scan(**attributes: object) -> Node:
    named = {name.replace("_", " "): value for name, value in attributes.items()}
    return parse({"Plan": {"Node Type": "Seq Scan", "Plan Rows": 10, **named}}).root


@pytest.mark.parametrize(
    ("actual", "factor"), [(10, 1), (1000, 100), (2, 5), (0, 10), (0.25, 10), (12.5, 1.25)]
)  # PostgreSQL 18 counts fractions of rows per loop
def test_an_estimate_is_wrong_by_a_factor_in_either_direction(actual: float, factor: float) -> None:
    assert scan(Actual_Rows=actual, Actual_Loops=4).rows_error == factor


def test_nothing_is_known_of_an_estimate_that_was_never_tried() -> None:
    assert scan(Actual_Rows=0, Actual_Loops=0).rows_error is None
    assert scan().rows_error is None


def test_rows_read_for_nothing_count_over_all_loops() -> None:
    node = scan(Actual_Rows=1, Actual_Loops=3, Rows_Removed_by_Filter=7, Rows_Removed_by_Index_Recheck=1)
    assert node.rows_removed == 24


@pytest.mark.parametrize(
    "attributes",
    [
        {"Sort_Space_Type": "Disk", "Sort_Space_Used": 100},
        {"Hash_Batches": 4},
        {"Disk_Usage": 8},
        {"Storage": "Disk"},
    ],
)
def test_a_spill_to_disk_is_noticed(attributes: dict[str, object]) -> None:
    assert scan(**attributes).spilled
    assert not scan(Sort_Space_Type="Memory", Sort_Space_Used=100, Hash_Batches=1).spilled


@pytest.mark.parametrize("value", [None, [], {}, [{}], "Seq Scan", {"Plan": {}}, {"Plan": []}])
def test_what_is_no_plan_is_refused(value: object) -> None:
    with pytest.raises(CorruptDocument, match="not a plan"):
        parse(value)


def test_a_real_plan_has_its_nodes_conditions_and_relations(shop: Database) -> None:
    plan = analyzed(shop, "SELECT * FROM orders WHERE status = 'open' AND id < 100 ORDER BY total")
    leaf = plan.nodes[-1]
    assert leaf.qualified_relation == ("public", "orders")
    assert leaf.index == "orders_pkey"
    assert leaf.conditions == {"Index Cond": "(orders.id < 100)", "Filter": "(orders.status = 'open'::text)"}
    assert leaf.actual_rows == 3
    assert leaf.rows_removed == 96
    assert [node.number for node in plan.nodes] == list(range(len(plan.nodes)))


def test_a_disabled_node_is_still_a_plan(shop: Database) -> None:
    plan = planned(shop, "SELECT * FROM orders", enable_seqscan="off")
    assert plan.root.node_type == "Seq Scan"
    assert plan.settings["enable_seqscan"] == "off"
