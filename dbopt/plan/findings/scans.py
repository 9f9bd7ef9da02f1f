"""The reads of tables in a plan: a node, or all nodes that read partitions of one table side by side. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbopt.plan.findings.conditions import Condition
from dbopt.plan.findings.context import BLOCK, Context
from dbopt.plan.tree import Node
from dbopt.postgres.schema import Relation

_APPENDS = ("Append", "Merge Append")


@dataclass(frozen=True)
class Scan:
    """One read of a table. `relation` is the table, or the partitioned one whose partitions the `nodes` read; `parts`
    are the tables that are read. Rows and blocks are those of one pass over the table.
    """

    context: Context
    nodes: tuple[Node, ...]
    relation: Relation
    parts: tuple[Relation, ...]

    @property
    def first(self) -> Node:
        """The node that stands for all: that with the most rows read."""
        return max(self.nodes, key=lambda node: (node.rows_removed + (node.total_rows or 0), -node.number))

    @property
    def share(self) -> float:
        return self.context.share(*self.nodes)

    @property
    def kept(self) -> float:
        """Rows that passed the conditions, or are expected to."""
        return sum(self.context.rows(node) for node in self.nodes)

    @property
    def removed(self) -> float:
        """Rows that were read for nothing, where that was measured."""
        return sum(node.rows_removed / self.context.passes(node) for node in self.nodes)

    @property
    def fetches(self) -> float:
        """Visits of an index-only scan to the table, over all passes, where that was measured."""
        return sum(float(node.raw.get("Heap Fetches", 0)) for node in self.nodes)

    @property
    def blocks(self) -> int:
        return sum(part.bytes // BLOCK for part in self.parts)

    @property
    def rows(self) -> float:
        """Rows of the table as the planner knows them."""
        return sum(max(part.rows, 0.0) for part in self.parts)

    @property
    def passes(self) -> float:
        return max(self.context.passes(node) for node in self.nodes)

    def conditions(self, name: str = "Filter") -> tuple[Condition, ...]:
        """Conditions of the first node, with the table's own columns on the left; those that have none, or some on both
        sides, as they are.
        """
        node = self.first
        found = self.context.conditions(node, name)
        return tuple(one.seen_from(node.alias or "") or one for one in found)


def scans(context: Context, *node_types: str) -> Iterator[Scan]:
    """The reads by nodes of these types whose tables the catalog knows."""
    done: set[int] = set()
    for node in context.plan.nodes:
        if node.number in done or node.node_type not in node_types:
            continue
        root = context.root(node)
        if root is None:
            continue
        nodes = _together(context, node, root)
        done |= {one.number for one in nodes}
        parts = tuple(part for one in nodes if (part := context.relation(one)) is not None)
        yield Scan(context, nodes, root, parts)


def _together(context: Context, node: Node, root: Relation) -> tuple[Node, ...]:
    """The node, and those beside it that read other partitions of its table in the same way."""
    append = context.parent(node)
    if append is None or append.node_type not in _APPENDS:
        return (node,)
    same = [one for one in append.children if one.node_type == node.node_type and context.root(one) == root]
    return tuple(one for one in same if (one.filter is None) == (node.filter is None))
