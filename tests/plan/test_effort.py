"""What each node adds: time, cost and buffers, on plans written by hand and on plans of real servers."""

from __future__ import annotations

from typing import Any

import pytest

from dbopt.plan import effort
from dbopt.plan.effort import Buffers
from dbopt.plan.tree import Plan, parse
from tests.plan.plans import analyzed
from tests.servers import Database


def node(kind: str, ms: float | None, loops: int = 1, *plans: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A node as EXPLAIN ANALYZE gives it; `more` names attributes with underscores for spaces."""
    named = {name.replace("_", " "): value for name, value in more.items()}
    timed = {"Actual Startup Time": 0.0, "Actual Total Time": ms} if ms is not None else {}
    rows = {"Plan Rows": 1, "Actual Rows": 1, "Actual Loops": loops, "Startup Cost": 0.0, "Total Cost": 1.0}
    return {"Node Type": kind, "Parent Relationship": "Outer", **rows, **timed, **named, "Plans": list(plans)}


def plan(root: dict[str, Any]) -> Plan:
    return parse([{"Plan": root}])


def self_ms(root: dict[str, Any]) -> list[float | None]:
    """Self times of the nodes, parents first, to the microsecond."""
    return [None if one.self_ms is None else round(one.self_ms, 3) for one in effort.of(plan(root))]


def test_a_node_has_what_its_children_leave() -> None:
    assert self_ms(node("Sort", 10, 1, node("Seq Scan", 7))) == [3, 7]


def test_times_are_per_loop() -> None:
    inner = node("Index Scan", 0.01, 500, Parent_Relationship="Inner")
    assert self_ms(node("Nested Loop", 9, 1, node("Seq Scan", 3), inner)) == [1, 3, 5]


def test_a_node_that_was_never_executed_took_no_time() -> None:
    assert self_ms(node("Append", 2, 1, node("Seq Scan", 2), node("Seq Scan", 0.0, 0))) == [0, 2, 0]


def test_workers_below_gather_run_side_by_side() -> None:
    scan = node("Seq Scan", 9, 3)
    assert self_ms(node("Gather", 10, 1, node("Aggregate", 9.5, 3, scan))) == [0.5, 0.5, 9]


def test_an_index_scan_in_each_worker_counts_as_often_as_one_worker_ran_it() -> None:
    inner = node("Index Scan", 0.01, 900, Parent_Relationship="Inner")
    loop = node("Nested Loop", 8, 3, node("Seq Scan", 4, 3), inner)
    assert self_ms(node("Gather", 8.5, 1, loop)) == [0.5, 1, 4, 3]


def test_a_gather_that_is_started_again_still_knows_its_workers() -> None:
    gather = node("Gather", 5, 4, node("Seq Scan", 4, 12), Parent_Relationship="Inner")
    assert self_ms(node("Nested Loop", 21, 1, node("Seq Scan", 1), gather)) == [0, 1, 4, 16]


@pytest.mark.parametrize(
    ("name", "filter_text"), [("InitPlan 1 (returns $0)", "(a > $0)"), ("InitPlan 1", "(a > (InitPlan 1).col1)")]
)
def test_an_init_plan_runs_where_its_value_is_needed(name: str, filter_text: str) -> None:
    init = node("Aggregate", 6, Parent_Relationship="InitPlan", Subplan_Name=name)
    scan = node("Seq Scan", 8, Filter=filter_text)
    assert self_ms(node("Aggregate", 9, 1, init, scan)) == [1, 6, 2]


def test_init_plan_1_is_not_init_plan_10() -> None:
    first = node("Result", 4, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    tenth = node("Result", 3, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 10")
    root = node("Result", 10, 1, first, tenth, node("Seq Scan", 5, Filter="(a > (InitPlan 10).col1)"))
    assert self_ms(root) == [1, 4, 3, 2]


def test_a_value_that_workers_need_is_computed_by_gather() -> None:
    init = node("Aggregate", 6, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1 (returns $0)")
    gather = node("Gather", 9, 1, node("Seq Scan", 2, 3, Filter="(a > $0)"))
    assert self_ms(node("Aggregate", 10, 1, init, gather)) == [1, 6, 1, 2]


def test_a_cte_runs_inside_the_scans_that_read_it() -> None:
    cte = node("Seq Scan", 6, Parent_Relationship="InitPlan", Subplan_Name="CTE top")
    first = node("CTE Scan", 7, CTE_Name="top")
    second = node("CTE Scan", 0.5, CTE_Name="top", Parent_Relationship="Inner")
    assert self_ms(node("Hash Join", 8, 1, cte, first, second)) == [0.5, 6, 1, 0.5]


def test_a_cte_may_run_inside_an_init_plan_that_another_scan_of_it_needs() -> None:
    cte = node("Seq Scan", 6, Parent_Relationship="InitPlan", Subplan_Name="CTE top")
    reader = node("CTE Scan", 7, CTE_Name="top")
    init = node("Aggregate", 8, 1, reader, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 2")
    scan = node("CTE Scan", 8.5, CTE_Name="top", Filter="(top.s > (InitPlan 2).col1)")
    assert self_ms(node("Sort", 9, 1, cte, init, scan)) == [0.5, 6, 1, 1, 0.5]


def test_a_subplan_runs_inside_its_node() -> None:
    subplan = node("Index Scan", 0.02, 100, Parent_Relationship="SubPlan", Subplan_Name="SubPlan 1")
    assert self_ms(node("Seq Scan", 5, 1, subplan)) == [3, 2]


def test_rounding_per_loop_never_makes_more_than_there_was() -> None:
    inner = node("Index Scan", 0.001, 1_000_000, Parent_Relationship="Inner")
    times = self_ms(node("Nested Loop", 700, 1, node("Seq Scan", 50), inner))
    assert times == [0, 50, 650]


def test_without_timing_there_are_no_times() -> None:
    assert self_ms(node("Sort", None, 1, node("Seq Scan", None))) == [None, None]


def test_self_buffers_leave_out_the_childrens() -> None:
    scan = node("Seq Scan", 1, Shared_Hit_Blocks=70, Shared_Read_Blocks=5)
    root = node("Sort", 2, 1, scan, Shared_Hit_Blocks=73, Shared_Read_Blocks=5, Temp_Written_Blocks=9)
    efforts = effort.of(plan(root))
    assert efforts[0].buffers == Buffers(shared_hit=73, shared_read=5, temp_written=9)
    assert efforts[0].self_buffers == Buffers(shared_hit=3, temp_written=9)
    assert efforts[1].self_buffers == Buffers(shared_hit=70, shared_read=5)


def test_self_costs_add_up_to_the_plans_cost() -> None:
    inner = node("Index Scan", 1, Parent_Relationship="Inner", Total_Cost=8.0)
    outer = node("Seq Scan", 1, Total_Cost=100.0, Plan_Rows=20)
    root = node("Limit", 1, 1, node("Nested Loop", 1, 1, outer, inner, Total_Cost=270.0), Total_Cost=27.0)
    assert [one.self_cost for one in effort.of(plan(root))] == [0, 1, 10, 16]  # a tenth of what it would cost in full
    root = node("Nested Loop", 1, 1, outer, inner, Total_Cost=270.0)
    assert [one.self_cost for one in effort.of(plan(root))] == [10, 100, 160]


def test_what_is_run_often_costs_as_often_down_to_its_leaves() -> None:
    scan = node("Seq Scan", 1, Total_Cost=90.0)
    subplan = node("Aggregate", 1, 1, scan, Parent_Relationship="SubPlan", Total_Cost=100.0)
    root = node("Seq Scan", 1, 1, subplan, Total_Cost=1050.0, Plan_Rows=10)
    assert [one.self_cost for one in effort.of(plan(root))] == [50, 100, 900]


def test_fewer_rows_under_a_limit_are_no_misjudgement() -> None:
    scan = node("Seq Scan", 1, Plan_Rows=10_000, Actual_Rows=10)
    stopped = plan(node("Limit", 1, 1, scan, Plan_Rows=10, Actual_Rows=10))
    sorted_first = plan(node("Limit", 1, 1, node("Sort", 1, 1, scan)))
    assert effort.misjudged(stopped.nodes[1], effort.of(stopped)[1]) is None
    assert effort.misjudged(sorted_first.nodes[2], effort.of(sorted_first)[2]) == 1000


QUERIES = {
    "join and sort": "SELECT * FROM items i JOIN orders o ON o.id = i.order_id ORDER BY i.price, o.total, i.sku",
    "correlated": "SELECT c.name, (SELECT max(total) FROM orders o WHERE o.customer_id = c.id)"
    " FROM customers c WHERE c.id <= 40",
    "init plan below an aggregate": "SELECT count(*) FROM orders WHERE total > (SELECT avg(total) FROM orders)",
    "cte read twice": "WITH top AS MATERIALIZED (SELECT customer_id, sum(total) AS s FROM orders GROUP BY 1)"
    " SELECT * FROM top a JOIN top b USING (customer_id) WHERE a.s > (SELECT avg(s) FROM top)",
    "recursive": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
    " SELECT count(*) FROM n JOIN orders ON id = i",
    "never executed": "SELECT * FROM orders WHERE false OR (id < 0 AND total > (SELECT max(total) FROM orders))",
    "exists": "SELECT count(*) FROM customers c WHERE EXISTS"
    " (SELECT FROM orders o WHERE o.customer_id = c.id AND o.status = 'open')",
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=list(QUERIES))
def test_self_times_add_up_to_the_roots_time(shop: Database, query: str) -> None:
    found = analyzed(shop, query)
    root_ms = found.root.actual_total_ms or 0.0
    assert sum(one.self_ms or 0.0 for one in effort.of(found)) == pytest.approx(root_ms, rel=0.03, abs=0.05)


@pytest.mark.parametrize("query", QUERIES.values(), ids=list(QUERIES))
def test_self_times_add_up_in_parallel_plans_too(shop: Database, query: str) -> None:
    found = analyzed(
        shop,
        query,
        max_parallel_workers_per_gather="2",
        parallel_setup_cost="0",
        parallel_tuple_cost="0",
        min_parallel_table_scan_size="0",
    )
    root_ms = found.root.actual_total_ms or 0.0
    assert sum(one.self_ms or 0.0 for one in effort.of(found)) == pytest.approx(root_ms, rel=0.3, abs=5)


@pytest.mark.parametrize("query", QUERIES.values(), ids=list(QUERIES))
def test_self_buffers_and_costs_add_up_to_the_roots(shop: Database, query: str) -> None:
    found = analyzed(shop, query)
    efforts = effort.of(found)
    assert sum(one.self_buffers.shared_hit for one in efforts) == efforts[0].buffers.shared_hit
    assert sum(one.self_cost for one in efforts) == pytest.approx(found.cost)
