"""What an index changes in a plan, in one sentence. Pure over plan trees.

"Seq Scan on orders -> Index Only Scan using orders_customer_id_idx; the sort goes away"
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from dbopt.plan.tree import Node, Plan
from dbopt.postgres.identifiers import quoted

_JOINS = ("Nested Loop", "Hash Join", "Merge Join")
_AGGREGATES = {"Hashed": "HashAggregate", "Sorted": "GroupAggregate", "Mixed": "MixedAggregate"}
_SORTS = ("Sort", "Incremental Sort")


def renamed(plan: Plan, names: Mapping[str, str]) -> Plan:
    """The plan with its indexes under other names, those that they will have."""
    return replace(plan, root=_renamed(plan.root, names))


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    children = tuple(_renamed(child, names) for child in node.children)
    if node.index is None or node.index not in names:
        return replace(node, children=children)
    name = names[node.index]
    return replace(node, children=children, index=name, raw={**node.raw, "Index Name": name})


def sentence(before: Plan, after: Plan, index: str) -> str:
    """How the table is read now that the index of that name is there, and what that spares; empty where no node of the
    plan reads it.
    """
    scans = [scan for scan in _scans(after.root) if index in _indexes(scan)]
    if not scans:
        return ""
    return "; ".join((_access(before, scans[0]), *_consequences(before, after)))


def _access(before: Plan, new: Node) -> str:
    olds = [scan for scan in _scans(before.root) if scan.relation == new.relation]
    old = next((scan for scan in olds if scan.alias == new.alias), olds[0] if olds else None)
    table = f" on {quoted(new.relation or '')}"
    if old is None:
        return f"{_method(new)}{table}"
    using, then = _method(old), _method(new)
    return f"{using}{table} -> {then}" if using != then else f"{then}{table}, with another condition"


def _scans(node: Node) -> Iterator[Node]:
    """The nodes that read tables; a bitmap index scan is part of the one above it."""
    for one in node.walk():
        if one.relation and one.node_type.endswith("Scan"):
            yield one


def _indexes(scan: Node) -> tuple[str, ...]:
    """The indexes by which a table is read, each once."""
    if scan.index:
        return (scan.index,)
    if scan.node_type != "Bitmap Heap Scan":
        return ()
    return tuple(dict.fromkeys(node.index for node in scan.walk() if node.index))


def _method(scan: Node) -> str:
    parallel = "Parallel " if scan.raw.get("Parallel Aware") else ""
    names = " and ".join(quoted(name) for name in _indexes(scan))
    return f"{parallel}{scan.node_type}" + (f" using {names}" if names else "")


def _consequences(before: Plan, after: Plan) -> Iterator[str]:
    old, new = _kinds(before), _kinds(after)
    yield from _of_sorts(old, new)
    for kinds in (_JOINS, tuple(_AGGREGATES.values())):
        gone, come = (
            [kind for kind in kinds for _ in range(one[kind] - other[kind])] for one, other in _both(old, new)
        )
        if gone and come:
            yield f"{_listed(gone)} become{'s' if len(gone) == 1 else ''} {_listed(come)}"
    if old["Gather"] and not new["Gather"]:
        yield "parallel workers are no longer needed"


def _of_sorts(old: Counter[str], new: Counter[str]) -> Iterator[str]:
    fewer = sum(old[kind] for kind in _SORTS) - sum(new[kind] for kind in _SORTS)
    if fewer > 0:
        left = any(new[kind] for kind in _SORTS)
        yield f"{fewer} sorts go away" if fewer > 1 else "one sort goes away" if left else "the sort goes away"
    elif old["Sort"] > new["Sort"] and new["Incremental Sort"] > old["Incremental Sort"]:
        yield "the sort becomes incremental"


def _both(old: Counter[str], new: Counter[str]) -> tuple[tuple[Counter[str], Counter[str]], ...]:
    return (old, new), (new, old)


def _kinds(plan: Plan) -> Counter[str]:
    return Counter(_kind(node) for node in plan.root.walk())


def _kind(node: Node) -> str:
    if node.node_type == "Aggregate":
        return _AGGREGATES.get(str(node.raw.get("Strategy")), node.node_type)
    return "Gather" if node.node_type == "Gather Merge" else node.node_type


def _listed(kinds: list[str]) -> str:
    """ "Hash Join", "2 Hash Joins", "Hash Join and Merge Join"."""
    words = [f"{number} {kind}s" if number > 1 else kind for kind, number in Counter(kinds).items()]
    return " and ".join(words)
