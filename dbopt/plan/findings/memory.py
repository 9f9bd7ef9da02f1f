"""How much memory a sort, a hash or a bitmap would have needed, told from what it did on disk. Pure.

The sizes are those of tuplesort.c (a tuple, its entry in the array, and what the allocator adds), nodeHash.c
(ExecChooseHashTableSize), nodeAgg.c (hash_agg_entry_size) and tidbitmap.c (tbm_calculate_entries).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from dbopt.plan.findings.context import BLOCK, Context
from dbopt.plan.tree import Node

_SORT_ENTRY = 56  # bytes that a tuple takes in memory beyond what it takes on disk: array entry, header, allocation
_HEADER = 16  # of a minimal tuple
_HASH_ENTRY = 16
_BUCKET = 8
_GROUP_ENTRY = 128  # a group's entry and the state of its aggregates, without its key
_STORED = 32  # what a tuple store adds to a tuple
_PAGE_ENTRY = 64  # a page in a bitmap
_RESERVE = 1.2  # rows are a little wider, or a few more, next time
_MB = 1 << 20


def needed(context: Context, node: Node) -> float | None:
    """Bytes of work_mem with which the node would not have gone to disk; None where it did not, or cannot be told."""
    if node.node_type in ("Sort", "Incremental Sort"):
        found = _of_sort(node)
    elif node.node_type == "Hash":
        found = _of_hash(context, node)
    elif node.node_type == "Aggregate":
        found = _of_groups(context, node)
    else:
        found = _of_store(context, node)
    return None if found is None else found * _RESERVE


def setting(needed_bytes: float) -> str:
    """That much as a value of work_mem: whole megabytes, from 16 MB on in steps that are worth a change."""
    megabytes = max(1, math.ceil(needed_bytes / _MB))
    step = max(1, 2 ** (megabytes.bit_length() - 4))
    return f"{math.ceil(megabytes / step) * step}MB"


def in_bytes(value: str) -> int:
    """What `setting` wrote."""
    return int(value.removesuffix("MB")) * _MB


def _of_sort(node: Node) -> float | None:
    """The most of any process, of which another one may get twice as much next time, if there are several. A sort in
    groups keeps one group at a time.
    """
    spaces = [
        float(raw["Sort Space Used"]) * 1024 for raw in _with_workers(node) if raw.get("Sort Space Type") == "Disk"
    ]
    groups = [node.raw.get(name, {}).get("Sort Space Disk", {}) for name in ("Full-sort Groups", "Pre-sorted Groups")]
    spaces += [2 * float(group["Peak Sort Space Used"]) * 1024 for group in groups if group]
    if not spaces:
        return None
    every = [float(raw.get("Actual Rows", 0.0)) for raw in node.raw.get("Workers", ())]
    rows = max([*every, node.actual_rows or 0.0]) if node.node_type == "Sort" else 0.0
    uneven = min(2.0, (node.total_rows or 0.0) / max(rows, 1.0)) if every else 1.0
    return (max(spaces) + rows * _SORT_ENTRY) * uneven


def _of_hash(context: Context, node: Node) -> float | None:
    """What the planner, too, must find enough for a single batch: it goes by the rows that it expects."""
    if int(node.raw.get("Hash Batches", 1)) <= 1:
        return None
    processes = context.processes(node) if node.raw.get("Parallel Aware") else 1
    rows = max(context.rows(node.children[0]), context.planned_rows(node))
    entry = _HASH_ENTRY + _HEADER + _aligned(node.plan_width)
    buckets = _power_of_two(rows)
    observed = float(node.raw.get("Peak Memory Usage", 0)) * 1024 * int(node.raw["Hash Batches"])
    total = max(rows * entry + buckets * _BUCKET, min(observed, 2 * rows * entry))
    return total / context.hash_mem_multiplier / processes


def _of_groups(context: Context, node: Node) -> float | None:
    processes = list(_with_workers(node))
    if max(int(raw.get("HashAgg Batches", 0)) for raw in processes) <= 1:
        return None
    groups = context.rows(node)
    entry = _GROUP_ENTRY + _HEADER + _aligned(node.plan_width)
    least = groups * entry + _power_of_two(2 * groups) * _BUCKET
    # no batch held more than the largest; how large states are, of sums of numeric say, shows in that alone
    most = max(float(raw.get("Peak Memory Usage", 0)) * 1024 * int(raw.get("HashAgg Batches", 0)) for raw in processes)
    return max(least, min(most, 4 * least)) / context.hash_mem_multiplier


def _of_store(context: Context, node: Node) -> float | None:
    """A tuple store: PostgreSQL 18 says so; before, a node that keeps rows and wrote temporary blocks has one."""
    if node.raw.get("Storage") == "Disk":
        return float(node.raw.get("Maximum Storage", 0)) * 1024 + (node.actual_rows or 0.0) * _STORED
    own = context.effort(node).self_buffers
    if context.major >= 18 or node.node_type not in ("Materialize", "CTE Scan", "WindowAgg") or not own.temp_written:
        return None
    return own.temp_written * BLOCK + (node.actual_rows or 0.0) * _STORED


def bitmap(node: Node) -> float:
    """Bytes of work_mem with which a bitmap keeps every row of its pages, not only the pages."""
    pages = sum(
        float(raw.get(name, 0)) for raw in _with_workers(node) for name in ("Exact Heap Blocks", "Lossy Heap Blocks")
    )
    return pages * _PAGE_ENTRY * _RESERVE


def spilled_bytes(context: Context, node: Node) -> float:
    """What the node wrote to temporary files."""
    written = context.effort(node).self_buffers.temp_written * BLOCK
    return max(float(written), node.spilled_kb * 1024)


def _with_workers(node: Node) -> Iterator[Mapping[str, Any]]:
    """What EXPLAIN says of the node in the leader, and in each worker."""
    yield node.raw
    yield from node.raw.get("Workers", ())


def _power_of_two(least: float) -> int:
    """Buckets of a hash table."""
    return 1 << max(10, math.ceil(math.log2(max(least, 1.0))))


def _aligned(width: int) -> int:
    return (width + 7) // 8 * 8
