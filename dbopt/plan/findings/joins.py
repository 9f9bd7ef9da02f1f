"""Which side of a join depends on the other, and what it costs to run a side again and again. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.conditions import columns_in
from dbopt.plan.findings.context import BLOCK, Context
from dbopt.plan.tree import Node

_KEEPS_ROWS = ("Materialize", "Memoize")


def sides(join: Node) -> tuple[Node, Node] | None:
    """The outer and the inner side; SubPlans of the join's conditions are neither."""
    outer = next((child for child in join.children if child.parent_relationship == "Outer"), None)
    inner = next((child for child in join.children if child.parent_relationship == "Inner"), None)
    return (outer, inner) if outer is not None and inner is not None else None


def aliases(node: Node) -> frozenset[str]:
    """What the columns of a side are called by: tables, and functions, values and WITH queries with an alias."""
    return frozenset(one.alias for one in node.walk() if one.alias is not None)


def depends_on(inner: Node, outer: Node) -> bool:
    """Whether the inner side asks for columns of the outer one, so that it gives other rows in each loop."""
    known = aliases(outer)
    texts = (text for node in inner.walk() for text in node.expressions)
    return any(alias in known for text in texts for alias, _ in columns_in(text))


def kept_by(node: Node) -> Node:
    """What stands below a node that only keeps rows."""
    while node.node_type in _KEEPS_ROWS and node.children:
        node = node.children[0]
    return node


def blocks_of_tables(context: Context, node: Node) -> int:
    """The pages of all tables that are read there: what reading each once would touch."""
    found = {one.key: one for below in node.walk() if (one := context.relation(below)) is not None}
    return sum(relation.bytes // BLOCK for relation in found.values())


def touched_blocks(node: Node) -> float:
    """Pages touched in all loops, those of the nodes below included."""
    return float(node.raw.get("Shared Hit Blocks", 0)) + float(node.raw.get("Shared Read Blocks", 0))


def nested_loops(context: Context) -> Iterator[tuple[Node, Node, Node]]:
    """Every nested loop with its sides."""
    for node in context.plan.nodes:
        both = sides(node) if node.node_type == "Nested Loop" else None
        if both is not None:
            yield node, *both
