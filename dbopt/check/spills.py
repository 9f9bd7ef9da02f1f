"""Which sorts and hashes of a plan will not fit into memory, foretold from the planner's rows and widths. Pure.

The sizes are those by which PostgreSQL 18's own planner decides: relation_byte_size() and cost_tuplesort() in
src/backend/optimizer/path/costsize.c, ExecChooseHashTableSize() in src/backend/executor/nodeHash.c, and
hash_agg_entry_size() in src/backend/executor/nodeAgg.c. Which sorts a LIMIT bounds is what ExecSetTupleBound() in
src/backend/executor/execProcnode.c passes it down to.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dbopt.plan.names import Names
from dbopt.plan.tree import Node, Plan
from dbopt.postgres.identifiers import quoted

_HEAP_HEADER = 24  # bytes of a heap tuple's header, aligned
_MINIMAL_HEADER = 16  # of a minimal tuple's
_HASH_OVERHEAD = 16  # what a hash table adds to a tuple
_BUCKET = 8
_MOST_BUCKETS = 2**27  # 1 GB of pointers, PostgreSQL's limit for one allocation
_SKEW_ENTRY = 8 * 8 + 4 + 16  # what a frequent value adds in the table for skew, without its tuple
_SKEW_PERCENT = 2
_GROUP_OVERHEAD = 64  # an entry of a hash table of groups, without its tuple


@dataclass(frozen=True)
class Memory:
    """What one sort or one hash may use, in bytes: work_mem, and that times hash_mem_multiplier."""

    sort_bytes: float
    hash_bytes: float


@dataclass(frozen=True)
class _Above:
    """What the nodes above a node do to it: how many rows are wanted of it, if a LIMIT says so, and how many workers
    run it beside the leader.
    """

    bound: float | None = None
    workers: int = 0


def find(plan: Plan, names: Names, memory: Memory) -> Iterator[str]:
    """What spills, as words that do not change with the amount: "Sort by orders.total DESC"."""
    yield from _below(plan.root, _Above(), names, memory)


def _below(node: Node, above: _Above, names: Names, memory: Memory) -> Iterator[str]:
    if _spills(node, above, memory):
        yield _name(node, names)
    for child in node.children:
        yield from _below(child, _passed_down(node, child, above), names, memory)


def _spills(node: Node, above: _Above, memory: Memory) -> bool:
    if node.node_type == "Sort":
        rows = node.plan_rows if above.bound is None else min(node.plan_rows, above.bound)
        return rows * _aligned_row(node, _HEAP_HEADER) > memory.sort_bytes
    if node.node_type == "Hash":
        if node.raw.get("Parallel Aware"):
            shared = memory.hash_bytes * (1 + above.workers)
            return not _fits(node, node.plan_rows * _divisor(above.workers), shared)
        return not _fits(node, node.plan_rows, memory.hash_bytes)
    if node.node_type == "Aggregate" and node.raw.get("Strategy") in ("Hashed", "Mixed"):
        return node.plan_rows * (_GROUP_OVERHEAD + _aligned_row(node, _MINIMAL_HEADER)) > memory.hash_bytes
    return False


# -- hashes -----------------------------------------------------------------------------------------------------------


def _fits(node: Node, plan_rows: float, hash_bytes: float) -> bool:
    """Whether the table needs one batch only. The planner always sets memory aside for frequent values."""
    rows = plan_rows if plan_rows > 0 else 1000.0
    tuple_bytes = _HASH_OVERHEAD + _aligned_row(node, _MINIMAL_HEADER)
    entry = tuple_bytes + _SKEW_ENTRY
    left = hash_bytes - hash_bytes // entry * _SKEW_PERCENT // 100 * entry
    most = 1 << (int(min(left // _BUCKET, _MOST_BUCKETS)).bit_length() - 1)
    buckets = 1 << int(max(min(math.ceil(rows), most), 1024) - 1).bit_length()
    return rows * tuple_bytes + buckets * _BUCKET <= left


def _divisor(workers: int) -> float:
    """By what the planner divided the rows of all processes: get_parallel_divisor() in costsize.c. Workers are those
    of the Gather; that the inner side may have been planned for fewer does not show.
    """
    return workers + max(1.0 - 0.3 * workers, 0.0)


# -- what is passed down ----------------------------------------------------------------------------------------------

_PASS_BOUND = frozenset({"Gather", "Gather Merge", "Append", "Merge Append", "Result", "Subquery Scan"})
_APART = frozenset({"InitPlan", "SubPlan"})


def _passed_down(node: Node, child: Node, above: _Above) -> _Above:
    if node.node_type in ("Gather", "Gather Merge"):
        above = replace(above, workers=int(node.raw.get("Workers Planned", 0)))
    if child.parent_relationship in _APART:
        return replace(above, bound=None)
    if node.node_type == "Limit":
        return replace(above, bound=_wanted(node, child))
    if node.node_type in _PASS_BOUND and not (node.node_type == "Subquery Scan" and node.filter):
        return above
    return replace(above, bound=None)


def _wanted(limit: Node, child: Node) -> float:
    """Rows that a limit reads. How many of them OFFSET skips shows in its startup cost alone."""
    run_cost = child.total_cost - child.startup_cost
    skipped = (limit.startup_cost - child.startup_cost) / run_cost * child.plan_rows if run_cost > 0 else 0.0
    return limit.plan_rows + max(skipped, 0.0)


# -- words ------------------------------------------------------------------------------------------------------------


def _aligned_row(node: Node, header: int) -> int:
    return header + (node.plan_width + 7) // 8 * 8


def _name(node: Node, names: Names) -> str:
    keys = node.raw.get("Sort Key") or node.raw.get("Group Key")
    if keys:
        return f"{'Sort' if node.node_type == 'Sort' else 'HashAggregate'} by {', '.join(map(names.text, keys))}"
    tables = sorted({names.tables[quoted(one.alias)] for one in node.walk() if one.relation and one.alias})
    return f"{'Hash' if node.node_type == 'Hash' else 'HashAggregate'} of {', '.join(tables) or 'a list'}"
