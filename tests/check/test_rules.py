"""What each rule of the gate says, and what it does not say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dbopt.check.baseline import Measured
from dbopt.check.case import Case
from dbopt.check.facts import RESULT, Read
from dbopt.check.model import Reason
from dbopt.check.rules import (
    blocks,
    cost,
    disk_sort,
    estimate,
    join,
    lost_index,
    lost_pruning,
    lost_statistics,
    plan,
    rows,
    seq_scan,
    stale_statistics,
)
from tests.check.plans import case, made, table

ORDERS = table("public.orders")
INDEXED = Read("public.orders", "Index Scan", "orders_customer_idx")
WHOLE = Read("public.orders", "Seq Scan")


def one(reasons: Iterator[Reason]) -> Reason:
    (reason,) = reasons
    return reason


def none(reasons: Iterator[Reason]) -> bool:
    return not list(reasons)


# -- cost -----------------------------------------------------------------------------------------------------------


def test_a_cost_within_the_tolerance_says_nothing() -> None:
    assert none(cost.check(case(made(100), made(109))))
    assert none(cost.check(case(made(8.29), made(9.2))))  # less than a page


def test_a_cost_beyond_the_tolerance_is_a_regression_or_an_improvement() -> None:
    assert one(cost.check(case(made(100), made(112)))) == Reason(
        "cost", "regression", "its cost is 1.12 times what it was: 112.00, before 100.00"
    )
    assert one(cost.check(case(made(100), made(50)))).effect == "improvement"


def test_the_cost_of_a_table_that_grew_says_nothing_of_the_statement() -> None:
    grown = table("public.orders", rows=3e6, blocks=30_000)
    reason = one(cost.check(case(made(100, WHOLE), made(300, WHOLE), ORDERS, now=(grown,))))
    assert reason.effect == "inconclusive"
    assert "public.orders had 1,000,000 rows and has 3,000,000" in reason.message
    assert one(cost.check(case(made(300, WHOLE), made(100, WHOLE), grown, now=(ORDERS,)))).effect == "note"


def test_a_plan_that_looks_cheaper_for_lost_statistics_is_no_improvement() -> None:
    known = table("public.orders", columns=("status", "total"))
    less = table("public.orders", columns=("total",))
    assert one(cost.check(case(made(100, WHOLE), made(10, WHOLE), known, now=(less,)))).effect == "note"


# -- reads ----------------------------------------------------------------------------------------------------------


def test_a_lost_index_is_a_regression_where_it_costs() -> None:
    reason = one(lost_index.check(case(made(10, INDEXED), made(9000, WHOLE), ORDERS)))
    assert reason.effect == "regression"
    assert reason.message == "public.orders is read whole (10,000 blocks), not through orders_customer_idx any more"


def test_a_lost_index_of_a_small_table_is_a_note() -> None:
    small = table("public.orders", rows=10, blocks=1)
    assert one(lost_index.check(case(made(8, INDEXED), made(2, WHOLE), small))).effect == "note"


def test_another_index_in_its_place_is_no_lost_index() -> None:
    other = Read("public.orders", "Index Scan", "orders_customer_total_idx")
    assert none(lost_index.check(case(made(10, INDEXED), made(11, other), ORDERS)))


def test_a_large_table_read_whole_for_the_first_time_is_a_regression_where_it_costs() -> None:
    items = Read("public.items", "Seq Scan")
    reason = one(seq_scan.check(case(made(10, INDEXED), made(9000, INDEXED, items), ORDERS, table("public.items"))))
    assert (reason.effect, reason.message) == ("regression", "public.items is now read whole: 10,000 blocks")
    small = table("public.items", rows=100, blocks=2)
    assert none(seq_scan.check(case(made(10, INDEXED), made(9000, INDEXED, items), ORDERS, small)))


def test_a_lost_index_is_not_said_twice() -> None:
    assert none(seq_scan.check(case(made(10, INDEXED), made(9000, WHOLE), ORDERS)))


def test_a_new_partition_is_no_regression() -> None:
    events, grown = (table("public.events", blocks=60_000, partitions=count) for count in (12, 13))
    before, after = (made(cost, Read("public.events", "Seq Scan", None, n)) for cost, n in ((1000, 12), (1140, 13)))
    one_more = case(before, after, events, now=(grown,))
    assert none(seq_scan.check(one_more))
    assert none(cost.check(one_more))
    assert one(cost.check(case(before, after, events))).effect == "regression"


def test_partitions_that_are_read_whole_are_counted() -> None:
    events = table("public.events", blocks=60_000, partitions=12)
    before, after = (made(cost, Read("public.events", "Seq Scan", None, n)) for cost, n in ((100, 1), (600, 6)))
    assert one(seq_scan.check(case(before, after, events))).message == (
        "6 of 12 partitions of public.events are now read whole: 30,000 blocks"
    )


def test_more_partitions_are_lost_pruning_but_not_where_there_are_more_of_them() -> None:
    few, many = Read("public.events", "Seq Scan", None, 2), Read("public.events", "Seq Scan", None, 24)
    events = table("public.events", partitions=24)
    reason = one(lost_pruning.check(case(made(10, few), made(10, many), events)))
    assert (reason.effect, reason.message) == (
        "regression",
        "24 of 24 partitions of public.events are read; they were 2 of 24",
    )
    every, more = Read("public.events", "Seq Scan", None, 24), Read("public.events", "Seq Scan", None, 36)
    grown = table("public.events", partitions=36)
    assert none(lost_pruning.check(case(made(10, every), made(15, more), events, now=(grown,))))


# -- memory, joins --------------------------------------------------------------------------------------------------


def test_a_new_spill_is_a_regression_whatever_it_costs() -> None:
    reason = one(disk_sort.check(case(made(100), made(101, spills=("Sort by orders.total",)))))
    assert (reason.effect, reason.message) == (
        "regression",
        "Sort by orders.total will not fit into memory and go to disk",
    )
    spilling = made(100, spills=("Sort by orders.total",))
    assert none(disk_sort.check(case(spilling, made(100, spills=("Sort by orders.total, orders.id",)))))


def test_temporary_files_that_were_written_are_a_regression() -> None:
    found = Case(made(), made(), {}, {}, 0.1, True, Measured(1, 10, 0), Measured(1, 10, 39_815))
    assert "39,815 blocks of temporary files" in one(disk_sort.check(found)).message


def test_another_join_matters_where_it_costs_or_where_the_planner_lost_its_statistics() -> None:
    hashed = made(100, WHOLE, joins=("Hash Join of public.orders and public.items",))
    loops = made(90, WHOLE, joins=("Nested Loop of public.orders and public.items",))
    assert one(join.check(case(hashed, loops, ORDERS))).effect == "note"
    assert one(join.check(case(loops, made(200, WHOLE, joins=hashed.joins), ORDERS))).effect == "regression"
    known, less = table("public.orders", columns=("a",)), table("public.orders")
    assert one(join.check(case(hashed, loops, known, now=(less,)))).effect == "regression"


# -- what the planner knows -----------------------------------------------------------------------------------------


def test_lost_statistics_are_a_regression_where_an_estimate_moved() -> None:
    known = table("public.orders", knowledge=("statistics on (city, zip): f",))
    lost = table("public.orders")
    before, after = made(100, WHOLE, estimates={"public.orders: x": 5000}), made(99, WHOLE, shape="y")
    moved = made(100, WHOLE, estimates={"public.orders: x": 50})
    reason = one(lost_statistics.check(case(before, moved, known, now=(lost,))))
    assert reason.effect == "regression"
    assert "statistics on (city, zip): f on public.orders, and expects 50 rows, not 5,000" in reason.message
    assert one(lost_statistics.check(case(before, before, known, now=(lost,)))).effect == "note"
    assert one(lost_statistics.check(case(before, after, known, now=(lost,)))).effect == "regression"


def test_an_estimate_that_blows_up_is_a_regression_where_the_plan_follows() -> None:
    before = made(100, WHOLE, estimates={"public.orders: x": 10})
    after = made(500, WHOLE, estimates={"public.orders: x": 100_000})
    assert one(estimate.check(case(before, after, ORDERS))).effect == "regression"
    assert one(estimate.check(case(before, made(100, WHOLE, estimates=after.estimates), ORDERS))).effect == "note"
    assert none(estimate.check(case(before, after, ORDERS, same_text=False)))
    assert none(estimate.check(case(before, made(500, WHOLE, estimates={"public.orders: x": 90}), ORDERS)))


def test_an_estimate_that_new_statistics_mended_is_a_note() -> None:
    known = table("public.orders", knowledge=("statistics on (city, zip): f",))
    before = made(100, WHOLE, estimates={"public.orders: x": 10})
    after = made(500, WHOLE, estimates={"public.orders: x": 100_000})
    assert one(estimate.check(case(before, after, ORDERS, now=(known,)))).effect == "note"


def test_a_table_that_grew_without_analyze_has_stale_statistics() -> None:
    stale = replace(ORDERS, blocks=100_000, analysed_blocks=10_000)
    reason = one(stale_statistics.check(case(made(10, INDEXED), made(99, INDEXED), ORDERS, now=(stale,))))
    assert reason.effect == "regression"
    assert reason.message.endswith("ANALYZE public.orders")
    assert none(stale_statistics.check(case(made(10, INDEXED), made(99, INDEXED), stale)))


# -- what comes out -------------------------------------------------------------------------------------------------


def test_a_larger_result_is_a_regression_where_the_text_changed_and_it_costs() -> None:
    before, after = made(100), made(5000, estimates={RESULT: 1_500_000})
    assert one(rows.check(case(before, after, same_text=False))).message == (
        "it is expected to return 1,500,000 rows; before, 10"
    )
    assert none(rows.check(case(before, after)))


def test_blocks_decide_where_the_statement_was_run() -> None:
    def touched(before: float, after: float) -> Case:
        return Case(made(), made(), {}, {}, 0.1, True, Measured(1, before, 0), Measured(1, after, 0))

    assert one(blocks.check(touched(100, 1000))).effect == "regression"
    assert one(blocks.check(touched(1000, 100))).effect == "improvement"
    assert none(blocks.check(touched(1000, 1099)))
    assert none(blocks.check(touched(3, 19)))
    assert none(blocks.check(case(made(), made())))


def test_another_plan_at_the_same_cost_is_a_note() -> None:
    assert one(plan.check(case(made(100, INDEXED), made(101, WHOLE)))).effect == "note"
    assert none(plan.check(case(made(100, INDEXED), made(500, WHOLE))))
