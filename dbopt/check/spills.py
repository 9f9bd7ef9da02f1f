"""Which sorts and hashes of a plan will not fit into memory, foretold from the planner's rows and widths. Pure.

The sizes are those by which PostgreSQL 18's own planner decides: relation_byte_size() and cost_tuplesort() in
src/backend/optimizer/path/costsize.c, ExecChooseHashTableSize() in src/backend/executor/nodeHash.c, and
hash_agg_entry_size() in src/backend/executor/nodeAgg.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbopt.plan.names import Names
from dbopt.plan.tree import Node, Plan
from dbopt.postgres.identifiers import quoted

_HEAP_HEADER = 24  # bytes of a heap tuple's header, aligned
_MINIMAL_HEADER = 16  # of a minimal tuple's
_HASH_OVERHEAD = 16  # what a hash table adds to a tuple
_BUCKET = 8
_GROUP_OVERHEAD = 64  # an entry of a hash table of groups, without its tuple


@dataclass(frozen=True)
class Memory:
    """What one sort or one hash may use, in bytes: work_mem, and that times hash_mem_multiplier."""

    sort_bytes: float
    hash_bytes: float


def find(plan: Plan, names: Names, memory: Memory) -> Iterator[str]:
    """What spills, as words that do not change with the amount: "Sort by orders.total DESC"."""
    yield from _below(plan.root, None, names, memory)


def _below(node: Node, parent: Node | None, names: Names, memory: Memory) -> Iterator[str]:
    if _spills(node, parent, memory):
        yield _name(node, names)
    for child in node.children:
        yield from _below(child, node, names, memory)


def _spills(node: Node, parent: Node | None, memory: Memory) -> bool:
    if node.node_type == "Sort":
        return _kept_rows(node, parent) * _aligned_row(node, _HEAP_HEADER) > memory.sort_bytes
    if node.node_type == "Hash":
        workers = 1 + int(parent.raw.get("Workers Planned", 0)) if parent is not None else 1
        rows = max(node.plan_rows, 1.0)
        buckets = 1 << max(10, int(rows - 1).bit_length())
        table = rows * (_HASH_OVERHEAD + _aligned_row(node, _MINIMAL_HEADER)) + buckets * _BUCKET
        return table > memory.hash_bytes * workers
    if node.node_type == "Aggregate" and node.raw.get("Strategy") in ("Hashed", "Mixed"):
        return node.plan_rows * (_GROUP_OVERHEAD + _aligned_row(node, _MINIMAL_HEADER)) > memory.hash_bytes
    return False


def _kept_rows(node: Node, parent: Node | None) -> float:
    """Rows that a sort has to keep: below a LIMIT it forgets those behind the last one wanted. How many rows OFFSET
    skips shows in the limit's startup cost alone.
    """
    if parent is None or parent.node_type != "Limit":
        return node.plan_rows
    run_cost = node.total_cost - node.startup_cost
    skipped = (parent.startup_cost - node.startup_cost) / run_cost * node.plan_rows if run_cost > 0 else 0.0
    return min(node.plan_rows, parent.plan_rows + max(skipped, 0.0))


def _aligned_row(node: Node, header: int) -> int:
    return header + (node.plan_width + 7) // 8 * 8


def _name(node: Node, names: Names) -> str:
    keys = node.raw.get("Sort Key") or node.raw.get("Group Key")
    if keys:
        return f"{'Sort' if node.node_type == 'Sort' else 'HashAggregate'} by {', '.join(map(names.text, keys))}"
    tables = sorted({names.tables[quoted(one.alias)] for one in node.walk() if one.relation and one.alias})
    return f"{'Hash' if node.node_type == 'Hash' else 'HashAggregate'} of {', '.join(tables) or 'a list'}"
