"""Which node of one plan of a statement is which of another. Pure.

The tables of a statement keep their aliases whatever the planner does with them. So a node is known by the aliases that
it and all below it read, and by what it does with them: a join of `o` and `c` is the same join wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass

from dbopt.plan.names import Names
from dbopt.plan.shape import method
from dbopt.plan.tree import Node, Plan

_JOINS = frozenset(("Nested Loop", "Hash Join", "Merge Join"))
_SORTS = frozenset(("Sort", "Incremental Sort"))
_KEYS = ("Sort Key", "Presorted Key", "Group Key", "Grouping Sets", "Parallel Aware", "Join Type", "Scan Direction")


@dataclass(frozen=True)
class Pairs:
    """Numbers of nodes, before to after. `same` do the same work in the same way, but for values in their conditions;
    `replaced` do the same work in another way. Nodes in neither are gone, or new.
    """

    same: Mapping[int, int]
    replaced: Mapping[int, int]

    def all_same(self, before: Plan, after: Plan) -> bool:
        """Whether the plans are one and the same."""
        return len(self.same) == len(before.nodes) == len(after.nodes)


def pair(before: Plan, after: Plan) -> Pairs:
    """Pair the nodes of two plans of one statement, each at most once."""
    old, new = _described(before), _described(after)
    same = _matched(old, new, lambda one: one.way)
    left = [one for one in old if one.number not in same]
    taken = set(same.values())
    replaced = _matched(left, [one for one in new if one.number not in taken], lambda one: one.work)
    return Pairs(same, replaced)


@dataclass(frozen=True)
class _Described:
    """A node by what it does (None: nothing that another node could do in its place) and by how it does it."""

    number: int
    work: Hashable
    way: Hashable


def _described(plan: Plan) -> list[_Described]:
    nodes, names = plan.nodes, Names.of(plan)
    aliases = _aliases(nodes)
    found = []
    for node in nodes:
        read = aliases[node.number]
        details = tuple(str(node.raw.get(key, "")) for key in _KEYS)
        conditions = tuple((name, names.condition(text)) for name, text in node.conditions.items())
        way = (method(node), node.schema, node.relation, node.alias, node.index, read, details, conditions)
        found.append(_Described(node.number, _work(node, read), (way, node.parent_relationship == "InitPlan")))
    return found


def _aliases(nodes: tuple[Node, ...]) -> dict[int, frozenset[str]]:
    """What each node and all below it read, by its number."""
    found: dict[int, frozenset[str]] = {}
    for node in reversed(nodes):  # children first
        own = {alias} if (alias := node.alias or node.relation) else set()
        found[node.number] = frozenset(own.union(*(found[child.number] for child in node.children)))
    return found


def _work(node: Node, read: frozenset[str]) -> Hashable:
    if node.alias or node.relation:
        return ("scan", node.alias or node.relation)
    if node.node_type in _JOINS:
        return ("join", read)
    if node.node_type in _SORTS:
        return ("sort", read)
    if node.node_type == "Aggregate":
        return ("aggregate", node.raw.get("Partial Mode"), read)
    return None


def _matched(
    old: Iterable[_Described], new: Iterable[_Described], key: Callable[[_Described], Hashable]
) -> dict[int, int]:
    """Those with the same key, in their order."""
    waiting: dict[Hashable, list[int]] = {}
    for one in old:
        if key(one) is not None:
            waiting.setdefault(key(one), []).append(one.number)
    matched = {}
    for one in new:
        if waiting.get(key(one)):
            matched[waiting[key(one)].pop(0)] = one.number
    return matched
