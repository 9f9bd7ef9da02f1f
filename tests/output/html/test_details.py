"""What is said of a node, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from dbopt.output.html import buffers, methods
from dbopt.output.html.about import about, facts
from dbopt.output.html.details import details
from dbopt.output.html.workers import workers
from tests.output.html.explained import Json, node, plan, scan, shares, tree


def said(root: Json, number: int = 0, **how: bool) -> dict[str, str]:
    known = shares(root)
    return dict(details(known.nodes[number], known.efforts[number], **how))


def test_a_node_that_was_run_says_all_of_it() -> None:
    root = node(
        "Sort",
        scan("orders", ms=8.0, rows=200, Shared_Hit_Blocks=10, Shared_Read_Blocks=300),
        ms=12.0,
        rows=200,
        Actual_Startup_Time=11.5,
        Sort_Method="external merge",
        Sort_Space_Used=3072,
        Sort_Space_Type="Disk",
        Shared_Hit_Blocks=10,
        Shared_Read_Blocks=300,
        Temp_Written_Blocks=384,
        Shared_IO_Read_Time=2.0,
        Output=["id", "total"],
    )
    root["Shared I/O Read Time"] = root.pop("Shared IO Read Time")
    assert said(root) == {
        "Time": "12.0 ms in all, first row 11.5 ms",
        "Rows": "200 of 1 planned, 4 bytes",
        "Cost": "0.00 to 10.00, own 0.00",
        "Buffers": "shared 80 kB hit, 2.3 MB read; temp 3.0 MB written; own temp 3.0 MB written",
        "I/O": "shared read 2.00 ms",
        "Sort": "external merge, 3.0 MB on disk",
        "Output": "id, total",
    }


def test_figures_of_loops_are_those_of_one() -> None:
    root = scan("orders", ms=0.5, rows=0.33, loops=40, Rows_Removed_by_Filter=2.5)
    assert said(root)["Time"] == "20.0 ms in all, first row 0.00 ms, 40 × 0.50 ms"
    assert said(root)["Rows"] == "0.33 of 1 planned, 4 bytes, per loop"
    assert said(root)["Removed"] == "2.50 rows by filter, per loop"


def test_a_plan_that_was_not_run_says_what_was_planned() -> None:
    assert said(scan("orders", ms=None)) == {"Rows": "1 planned, 4 bytes", "Cost": "0.00 to 10.00, own 10.00"}


def test_a_node_that_was_never_executed_has_no_time() -> None:
    assert said(scan("orders", loops=0)) == {"Rows": "1 planned, 4 bytes", "Cost": "0.00 to 10.00, own 10.00"}


def test_output_that_is_only_passed_on_is_not_repeated() -> None:
    root = node("Limit", scan("t", Output=["t.a", "t.b"]), Output=["t.a", "t.b"])
    assert (said(root, 0)["Output"], said(root, 1)["Output"]) == ("as below", "t.a, t.b")


def test_a_long_output_is_cut_between_columns() -> None:
    columns = [f"column_number_{n}" for n in range(1000)]
    text = said(scan("t", Output=columns))["Output"]
    assert text.startswith("column_number_0, column_number_1, ")
    assert text.endswith(", … (1,000 columns)")
    assert len(text) < 450


def test_brief_details_leave_out_what_a_close_look_needs() -> None:
    root = scan("t", ms=100.0, Output=["t.a"], **{"Shared I/O Read Time": 1.0, "Shared Read Blocks": 1})
    assert {"Output", "I/O"} <= set(said(root))
    assert not {"Output", "I/O"} & set(said(root, brief=True))
    waiting = scan("t", ms=100.0, **{"Shared I/O Read Time": 60.0})
    assert said(waiting, brief=True)["I/O"] == "shared read 60.0 ms"


def test_an_attribute_that_nobody_knows_stands_under_its_own_name() -> None:
    root = node("Foreign Scan", **{"Remote SQL": "SELECT 1", "New in 19": {"A": 1, "B": [True, 2.5]}, "Old": False})
    assert said(root)["Remote SQL"] == "SELECT 1"
    assert said(root)["New in 19"] == "A: 1, B: yes, 2.50"
    assert "Old" not in said(root)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ({}, ""),
        (
            {"Shared Hit Blocks": 1, "Shared Dirtied Blocks": 2, "Shared Written Blocks": 3},
            "shared 8 kB hit, 16 kB dirtied, 24 kB written",
        ),
        ({"Local Hit Blocks": 200, "Temp Read Blocks": 200000}, "local 1.6 MB hit; temp 1.5 GB read"),
    ],
)
def test_blocks_are_told_as_sizes(raw: Json, text: str) -> None:
    assert buffers.buffers(raw) == text


def test_time_for_blocks_has_the_names_of_every_version() -> None:
    assert buffers.times({"I/O Read Time": 1.5, "Temp I/O Write Time": 2}) == "read 1.50 ms, temp write 2.00 ms"
    assert buffers.times({"Local I/O Read Time": 0.25, "Shared I/O Write Time": 0}) == "local read 0.25 ms"


def test_the_write_ahead_log_is_told() -> None:
    raw = {"WAL Records": 1200, "WAL FPI": 3, "WAL Bytes": 65536, "WAL Buffers Full": 2}
    assert buffers.wal(raw) == "1,200 records, 3 full pages, 2 times buffers full, 64 kB"


GROWN = {"Hash Buckets": 4096, "Original Hash Buckets": 1024, "Hash Batches": 4, "Original Hash Batches": 1}
KEPT = {"Hash Buckets": 1024, "Original Hash Buckets": 1024, "Hash Batches": 1, "Original Hash Batches": 1}
GROUPED = {"Planned Partitions": 4, "HashAgg Batches": 5}


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (
            {**GROWN, "Peak Memory Usage": 3072},
            "4,096 buckets (1,024 planned), 4 batches (1 planned), 3.0 MB of memory",
        ),
        ({**KEPT, "Peak Memory Usage": 9}, "1,024 buckets, 1 batch, 9 kB of memory"),
        (
            {**GROUPED, "Peak Memory Usage": 8241, "Disk Usage": 30},
            "4 partitions planned, 5 batches, 8.0 MB of memory, 30 kB on disk",
        ),
        ({"HashAgg Batches": 0, "Peak Memory Usage": "?"}, "0 kB of memory"),
    ],
)
def test_hash_tables_tell_their_size_and_their_batches(raw: Json, text: str) -> None:
    assert methods.hashed(raw) == text


def test_an_incremental_sort_tells_its_groups() -> None:
    groups = {
        "Group Count": 12,
        "Sort Methods Used": ["quicksort", "external merge"],
        "Sort Space Memory": {"Average Sort Space Used": 25, "Peak Sort Space Used": 30},
        "Sort Space Disk": {"Average Sort Space Used": 100, "Peak Sort Space Used": 200},
    }
    assert methods.sort({"Full-sort Groups": groups}) == (
        "Full-sort groups: 12 by quicksort, external merge, memory 25 kB on average, 30 kB at most, "
        "disk 100 kB on average, 200 kB at most"
    )


def test_caches_bitmaps_and_stores_are_told() -> None:
    cached = {
        "Cache Mode": "logical",
        "Cache Hits": 990,
        "Cache Misses": 10,
        "Cache Evictions": 0,
        "Cache Overflows": 0,
    }
    assert methods.cache(cached) == "logical mode, 990 hits, 10 misses, 0 evictions, 0 overflows"
    assert methods.heap_blocks({"Exact Heap Blocks": 12, "Lossy Heap Blocks": 1200}) == "12 exact, 1,200 lossy"
    assert methods.stored({"Storage": "Disk", "Maximum Storage": 2048}) == "disk, 2.0 MB at most"


@pytest.mark.parametrize("generation", [1.5, {"Deform": 0.5, "Total": 1.5}])
def test_compiled_code_is_told_in_the_forms_of_all_versions(generation: object) -> None:
    raw = {
        "JIT": {
            "Functions": 12,
            "Options": {"Inlining": False, "Optimization": True, "Expressions": True},
            "Timing": {"Generation": generation, "Emission": 8.5, "Total": 10.0},
        }
    }
    assert methods.jit(raw) == (
        "12 functions; 10.0 ms: generation 1.50 ms, emission 8.50 ms; optimization, expressions"
    )
    assert methods.jit_ms(raw) == 10.0


def test_every_worker_is_told() -> None:
    one: Json = {"Worker Number": 0, "Actual Total Time": 5.0, "Actual Rows": 40, "Actual Loops": 1}
    other = {**one, "Worker Number": 1, "Actual Loops": 3, "Sort Method": "quicksort", "Sort Space Used": 26, "Sort Space Type": "Memory", "Shared Hit Blocks": 4}  # fmt: skip  # noqa: E501
    assert list(workers({"Workers": [one, other]})) == [
        ("Worker 0", "5.00 ms; 40 rows"),
        ("Worker 1", "5.00 ms; 40 rows; 3 loops; quicksort, 26 kB of memory; shared 32 kB hit"),
    ]
    assert next(workers({"Workers": [other]}, brief=True))[1].endswith("quicksort, 26 kB of memory")


def test_the_figures_above_a_plan() -> None:
    root = node("Limit", ms=4.0, rows=10, Shared_Hit_Blocks=100, Shared_Read_Blocks=28, Temp_Written_Blocks=1)
    assert dict(facts(tree(root, Execution_Time=5.0, Planning_Time=0.5))) == {
        "execution": "5.00 ms",
        "planning": "0.50 ms",
        "rows": "10",
        "cost": "10.00",
        "buffers": "1.0 MB",
        "read": "224 kB",
        "temporary files": "8 kB",
    }
    assert dict(facts(tree(node("Result", ms=None)))) == {"cost": "10.00"}


def test_what_else_explain_said_of_a_plan() -> None:
    more: dict[str, Any] = {
        "Planning": {"Shared Hit Blocks": 10, "Memory Used": 20, "Memory Allocated": 64},
        "Settings": {"work_mem": "1MB"},
        "Triggers": [
            {"Trigger Name": "RI_1", "Constraint Name": "items_order", "Relation": "items", "Time": 12.0, "Calls": 100},
            {"Trigger Name": "audit", "Calls": 1},
        ],
        "Query Identifier": -42,
        "Serialization": {"Time": 1.5, "Output Volume": 12},
    }
    known = tree(node("Result"), **more)
    assert dict(about(known)) == {
        "Planning": "shared 80 kB hit; 20 kB of memory used; 64 kB of memory allocated",
        "Trigger items_order on items": "12.0 ms in 100 calls",
        "Trigger audit": "1 calls",
        "Settings": "work_mem = 1MB",
        "Query Identifier": "-42",
        "Serialization": "Time: 1.50, Output Volume: 12",
    }
    assert set(dict(about(known, brief=True))) == {"Trigger items_order on items", "Trigger audit"}


def test_no_detail_is_empty() -> None:
    document = plan(node("Hash", scan("t"), **{"Hash Buckets": 1, "Output": [], "Workers": [], "X": None}))
    known = shares(document[0]["Plan"])
    assert all(text for one, own in zip(known.nodes, known.efforts, strict=True) for _, text in details(one, own))
