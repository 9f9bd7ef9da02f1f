"""A plan as rows, boxes and sums."""

from __future__ import annotations

from typing import Any

from dbopt.output.html.drawn import Drawn, changes_after, changes_before, draw
from dbopt.output.html.icicle import icicle
from dbopt.output.html.room import Room, room
from dbopt.output.html.row import Link, Mark, Row
from dbopt.output.html.totals import totals
from dbopt.plan.findings.model import Finding
from dbopt.plan.pairs import pair
from tests.output.html.explained import Json, deep, node, scan, shares, tree, wide

JOIN = node(
    "Hash Join",
    scan("orders", ms=60.0, rows=500, Plan_Rows=100),
    node("Hash", scan("customers", ms=9.0), ms=10.0, **{"Hash Batches": 4}),
    ms=100.0,
    rows=500,
    Hash_Cond="(o.customer_id = c.id)",
)


def drawn(root: Json, **more: Any) -> Drawn:
    return draw("1p", shares(root), **more)


def row(root: Json, number: int = 0) -> Row:
    return drawn(root).rows[number]


def test_a_row_says_what_takes_how_long() -> None:
    top = row(JOIN)
    assert (top.kind, top.target, top.share, top.own, top.rows) == ("Hash Join", "", "30 %", "30.0 ms", "500")
    assert (top.off, top.wrong, top.heat) == ("500x more", True, 6)
    assert top.conditions == (("Hash Cond", "(o.customer_id = c.id)"),)
    below = row(JOIN, 1)
    assert (below.kind, below.target, below.off, below.wrong) == ("Seq Scan", "on orders", "5.00x more", False)


def test_a_schema_is_told_where_there_are_several() -> None:
    other = scan("t", ms=1.0)
    assert row(node("Append", scan("a"), {**other, "Schema": "app"}), 2).target == "on app.t"


def test_what_strikes_is_marked() -> None:
    assert row(JOIN, 2).marks == (Mark("bad", "to disk"),)
    sorted_ = node("Sort", scan("t"), Sort_Space_Type="Disk", Sort_Space_Used=2048)
    assert row(sorted_).marks == (Mark("bad", "2.0 MB to disk"),)
    assert row(node("Bitmap Heap Scan", Lossy_Heap_Blocks=3)).marks == (Mark("bad", "lossy bitmap"),)
    gathered = node("Gather", scan("t"), Workers_Planned=4, Workers_Launched=1)
    assert row(gathered).marks == (Mark("bad", "1 of 4 workers"),)
    assert row(scan("t", loops=0)).marks == (Mark("plain", "never executed"),)
    looped = node("Nested Loop", scan("t"), node("Index Only Scan", loops=90, rows=1, Heap_Fetches=7), ms=1.0)
    assert row(looped, 2).marks == (Mark("plain", "90 loops"), Mark("plain", "7 heap fetches"))
    assert row(scan("t", Rows_Removed_by_Filter=1234)).marks == (Mark("plain", "1,234 rows removed"),)


def test_processes_side_by_side_are_no_loops() -> None:
    gathered = node("Gather", scan("t", loops=3, ms=5.0), ms=6.0, Workers_Planned=2, Workers_Launched=2)
    assert row(gathered, 1).marks == ()


def test_a_plan_that_was_not_run_is_drawn_by_cost() -> None:
    found = drawn(node("Limit", scan("t", ms=None), ms=None))
    assert (found.measured, found.executed) == (False, False)
    figures = [(one.share, one.own, one.rows, one.off) for one in found.rows]
    assert figures == [("", "", "1", ""), ("100 %", "10.00", "1", "")]


def test_findings_are_counted_at_their_nodes() -> None:
    finding = Finding("seq-scan", "it reads all", "Make an index.", node=1)
    found = drawn(JOIN, findings=(finding, finding))
    assert found.rows[1].marks == (Mark("bad", "2 findings"),)
    assert 1 in found.targets


def test_lists_of_children_end_where_they_should() -> None:
    assert [len(one.ends) for one in drawn(JOIN).rows] == [0, 0, 0, 2]
    assert [one.below for one in drawn(JOIN).rows] == [3, 0, 1, 0]
    assert [one.foldable for one in drawn(JOIN).rows] == [True, False, False, False]
    assert drawn(JOIN).rows[3].ends == (False, True)
    for root in (JOIN, deep(30), wide(30)):
        rows = drawn(root).rows
        assert sum(1 for one in rows if one.below) == sum(len(one.ends) for one in rows)


def test_what_takes_no_time_in_a_long_plan_is_folded() -> None:
    quiet = node("Append", *(scan(f"t{n}") for n in range(200)))
    root = node("Hash Join", scan("busy", ms=99.0), quiet, ms=100.0)
    folded = [one.number for one in drawn(root).rows if one.folded and one.foldable]
    assert folded == [2]


def test_an_init_plan_and_its_reader_point_to_each_other() -> None:
    init = node("Aggregate", scan("a", ms=4.0), ms=5.0, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    root = node("Seq Scan", init, ms=20.0, Relation_Name="b", Alias="b", Filter="(b.x > (InitPlan 1).col1)")
    found = drawn(root)
    assert found.rows[0].links == (Link("uses", (1,)),)
    assert found.rows[1].links == (Link("used by", (0,)),)
    assert found.rows[1].before == "InitPlan 1:"


def test_boxes_stand_below_what_waits_for_them() -> None:
    boxes = icicle(shares(JOIN)).boxes
    assert [(box.number, box.depth, box.left, box.width) for box in boxes] == [
        (0, 0, "0%", "100%"),
        (1, 1, "0%", "60%"),
        (2, 1, "60%", "10%"),
        (3, 2, "60%", "9%"),
    ]
    assert [box.label for box in boxes] == ["Hash Join 30 %", "Seq Scan orders 60 %", "1 %", "9 %"]
    assert [box.title for box in boxes] == ["", "", "Hash 1 %", "Seq Scan customers 9 %"]


def test_a_node_without_time_has_no_box_and_those_below_move_up() -> None:
    root = node("Limit", node("Sort", scan("t", ms=90.0), ms=100.0), ms=100.1)
    boxes = icicle(shares(root)).boxes
    assert [(box.number, box.depth) for box in boxes] == [(1, 0), (2, 1)]


def test_a_cte_is_drawn_inside_the_node_that_ran_it() -> None:
    cte = node("Aggregate", ms=80.0, Parent_Relationship="InitPlan", Subplan_Name="CTE totals")
    reader = node("CTE Scan", ms=85.0, CTE_Name="totals", Alias="t", Parent_Relationship="Outer")
    boxes = icicle(shares(node("Sort", cte, reader, ms=100.0))).boxes
    assert [(box.number, box.depth, box.left, box.width) for box in boxes] == [
        (0, 0, "0%", "100%"),
        (2, 1, "0%", "85%"),
        (1, 2, "0%", "80%"),
    ]


def test_boxes_never_reach_beyond_the_picture() -> None:
    for root in (JOIN, wide(500), deep(40), node("Sort", scan("t", ms=5.0), ms=1.0)):
        for box in icicle(shares(root)).boxes:
            assert float(box.left[:-1]) + float(box.width[:-1]) <= 100.2


def test_sums_are_by_kind_table_and_index() -> None:
    indexed = node("Index Scan", ms=3.0, Index_Name="orders_pkey", Relation_Name="orders", Schema="public")
    first, second, third = totals([shares(node("Append", scan("orders", ms=5.0), indexed, ms=10.0))])
    assert (first.title, second.title, third.title) == ("Kinds of node", "Tables", "Indexes")
    assert [(name, sums[0].nodes, sums[0].own, sums[0].share) for name, sums in first.rows] == [
        ("Seq Scan", "1", "5.00 ms", "50 %"),
        ("Index Scan", "1", "3.00 ms", "30 %"),
        ("Append", "1", "2.00 ms", "20 %"),
    ]
    assert [(name, sums[0].nodes, sums[0].own) for name, sums in second.rows] == [("orders", "2", "8.00 ms")]
    assert [name for name, _ in third.rows] == ["orders_pkey"]


def test_sums_over_two_plans_stand_side_by_side() -> None:
    kinds = totals([shares(scan("t", ms=9.0)), shares(node("Result", ms=1.0))])[0]
    assert [(name, [one.own for one in sums]) for name, sums in kinds.rows] == [
        ("Seq Scan", ["9.00 ms", ""]),
        ("Result", ["", "1.00 ms"]),
    ]


def test_what_changed_is_told_on_both_sides() -> None:
    before = tree(node("Gather", scan("t", Parallel_Aware=True)))
    after = tree(node("Index Scan", Index_Name="t_x", Relation_Name="t", Alias="t", Schema="public"))
    pairs = pair(before, after)
    assert changes_before(pairs, before, after) == {0: "gone", 1: "becomes Index Scan"}
    assert changes_after(pairs, before, after) == {0: "was Parallel Seq Scan"}
    other = tree(node("Index Scan", Index_Name="t_y", Relation_Name="t", Alias="t", Schema="public"))
    assert changes_after(pair(after, other), after, other) == {0: "was using t_x"}


def test_a_page_with_many_plans_keeps_details_for_what_matters() -> None:
    few = room([shares(wide(500))], ["{}"])
    assert few == Room(brief=False, detailed_from=0.0, json_in_text=True)
    many = room([shares(wide(50))] * 5, ["x" * 20_000] * 5)
    assert (many.brief, many.json_in_text) == (True, False)
    busy = node("Hash Join", scan("a", ms=90.0), scan("b", ms=0.1), ms=100.0)
    brief = drawn(busy, room=Room(brief=True, detailed_from=0.05))
    assert [bool(one.details) for one in brief.rows] == [True, True, False]
