"""Inside which nodes the InitPlans of a plan ran. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from graphlib import TopologicalSorter

from dbopt.plan.tree import Node, Plan

_RETURNS = re.compile(r"\$\d+")
_NUMBERED = re.compile(r"InitPlan \d+")


def consumers(plan: Plan) -> dict[int, tuple[int, ...]]:
    """By the number of each InitPlan's top node: the numbers of the nodes that asked for its result. One of them, or
    for a CTE several, did its work inside themselves. InitPlans that others ran inside of come first.
    """
    parents = {child.number: node for node in plan.nodes for child in node.children}
    found = {}
    for node in plan.nodes:
        for child in node.children:
            if child.parent_relationship == "InitPlan":
                found[child.number] = _consumers(plan, parents, node, child)
    return {number: found[number] for number in _outer_first(plan, found)}


def _outer_first(plan: Plan, found: dict[int, tuple[int, ...]]) -> Iterable[int]:
    """An InitPlan before those that may have run inside of it: a node may be charged with both."""
    inside = {number: {node.number for node in plan.nodes[number].walk()} for number in found}
    around = {
        number: {other for other in found if other != number and not inside[other].isdisjoint(readers)}
        for number, readers in found.items()
    }
    return TopologicalSorter(around).static_order()


def _consumers(plan: Plan, parents: dict[int, Node], owner: Node, producer: Node) -> tuple[int, ...]:
    name = producer.subplan_name or ""
    if name.startswith("CTE "):
        wanted = name.removeprefix("CTE ")
        scans = [node for node in plan.nodes if node.node_type == "CTE Scan" and node.raw.get("CTE Name") == wanted]
        return tuple(node.number for node in scans)
    mark = _mark(name)
    own = {node.number for node in producer.walk()}
    readers = [node for node in plan.nodes if node.number not in own and _mentions(node, mark)]
    charged = dict.fromkeys(_charged(parents, owner, reader).number for reader in readers)
    return tuple(charged) or (owner.number,)


def _mark(subplan_name: str) -> re.Pattern[str]:
    """How expressions refer to the InitPlan: `$0` before PostgreSQL 17, `(InitPlan 1).col1` since."""
    numbered = _NUMBERED.match(subplan_name)
    names = [re.escape(name) for name in _RETURNS.findall(subplan_name)]
    if numbered:
        names.append(re.escape(numbered[0]))
    return re.compile(rf"(?:{'|'.join(names)})(?!\d)") if names else re.compile(r"(?!)")


def _mentions(node: Node, mark: re.Pattern[str]) -> bool:
    return any(mark.search(text) for text in node.expressions)


def _charged(parents: dict[int, Node], owner: Node, reader: Node) -> Node:
    """The reader itself, or the outermost Gather between it and the owner: that one computes what its workers need."""
    charged, node = reader, reader
    while node.number != owner.number and node.number in parents:
        node = parents[node.number]
        if node.node_type in ("Gather", "Gather Merge"):
            charged = node
    return charged
