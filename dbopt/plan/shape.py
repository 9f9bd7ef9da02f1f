"""The stable shape of a plan: what the planner decided, without what it computed. Pure.

Two plans have the same shape when they run by the same strategy: the same tree of node types over the same tables and
indexes, joined in the same way and order, aggregated by the same method, sorted by the same columns. Costs, row counts,
widths, times, values of parameters and literals, conditions, aliases and the number of workers are left out. That a
plan runs in parallel at all is part of its strategy and stays.

Partitions stand for the table they belong to where the caller knows it (`parents`): how many of them there are changes
with the calendar, and which of them are read changes with the parameters. Equal plans of several partitions count once.
"""

from __future__ import annotations

import hashlib

from dbopt.plan.names import Names, Parents
from dbopt.plan.tree import Node, Plan
from dbopt.postgres.identifiers import qualified, quoted

_AGGREGATES = {
    "Plain": "Aggregate",
    "Sorted": "GroupAggregate",
    "Hashed": "HashAggregate",
    "Mixed": "MixedAggregate",
}


def shape(plan: Plan, parents: Parents | None = None) -> str:
    """The shape on one line: `Limit(Sort by total DESC(Hash Join(Seq Scan public.orders, Hash(...))))`."""
    return _Shaper(parents or {}, Names.of(plan, parents)).text(plan.root, None)


def digest(text: str) -> str:
    """A shape in 12 hex digits, to compare it in a narrow place."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class _Shaper:
    def __init__(self, parents: Parents, names: Names) -> None:
        self._parents = parents
        self._names = names

    def text(self, node: Node, schema: str | None) -> str:
        """`schema` is that of the heap scan above a bitmap index scan, which does not say it itself."""
        inner = node.schema or schema
        children = [self._child(child, inner) for child in node.children]
        if node.node_type in ("Append", "Merge Append"):
            children = self._merged(node, children)
            if len(children) == 1:
                return children[0]
        return self._head(node, inner) + (f"({', '.join(children)})" if children else "")

    def _child(self, child: Node, schema: str | None) -> str:
        text = self.text(child, schema)
        name = child.subplan_name
        if child.parent_relationship == "InitPlan" and name and name.startswith("CTE "):
            return f"{name}: {text}"
        return f"{child.parent_relationship}: {text}" if child.parent_relationship in ("InitPlan", "SubPlan") else text

    def _merged(self, node: Node, children: list[str]) -> list[str]:
        """Equal plans of partitions once, in the place of the first."""
        merged: list[str] = []
        for child, text in zip(node.children, children, strict=True):
            if not (text in merged and self._reads_partition(child)):
                merged.append(text)
        if self._reads_partition(node) and len(merged) > 1:
            return sorted(merged)  # which partition comes first depends on their bounds
        return merged

    def _reads_partition(self, node: Node) -> bool:
        return any((below.schema or "", below.relation or "") in self._parents for below in node.walk())

    def _head(self, node: Node, schema: str | None) -> str:
        words = [
            "Parallel" if node.raw.get("Parallel Aware") and node.node_type != "Append" else "",
            method(node),
            _join(node),
            self._named(schema, node.index, "using "),
            self._named(node.schema, node.relation, "on " if node.index else ""),
            _source(node),
            "backward" if node.raw.get("Scan Direction") == "Backward" else "",
            self._sorting(node),
        ]
        return " ".join(word for word in words if word)

    def _named(self, schema: str | None, name: str | None, before: str) -> str:
        if name is None:
            return ""
        schema, name = self._parents.get((schema or "", name), (schema or "", name))
        return before + (qualified(schema, name) if schema and before != "using " else quoted(name))

    def _sorting(self, node: Node) -> str:
        keys = node.raw.get("Sort Key")
        if not keys:
            return ""
        presorted = node.raw.get("Presorted Key", [])
        text = ", ".join(self._names.text(str(key)) for key in keys)
        return f"by {text}" + (f" ({len(presorted)} presorted)" if presorted else "")


def method(node: Node) -> str:
    """What the node does, as EXPLAIN's text form calls it; a scan of a whole index is a Full one."""
    raw = node.raw
    if node.node_type == "Aggregate":
        mode = raw.get("Partial Mode", "Simple")
        method = _AGGREGATES.get(raw.get("Strategy", "Plain"), "Aggregate")
        return method if mode == "Simple" else f"{mode} {method}"
    if node.node_type == "SetOp":
        hashed = "Hash" if raw.get("Strategy") == "Hashed" else ""
        return f"{hashed}SetOp {raw.get('Command', '')}".strip()
    if node.node_type == "ModifyTable":
        return str(raw.get("Operation", node.node_type))
    if node.node_type in ("Index Scan", "Index Only Scan") and "Index Cond" not in raw and "Order By" not in raw:
        return f"Full {node.node_type}"
    return node.node_type


def _join(node: Node) -> str:
    kind = node.raw.get("Join Type", "Inner")
    return "" if kind == "Inner" else str(kind)


def _source(node: Node) -> str:
    """What is read where it is no table."""
    raw = node.raw
    if "Function Name" in raw:
        return f"{raw['Schema']}.{raw['Function Name']}" if "Schema" in raw else str(raw["Function Name"])
    return str(raw.get("CTE Name") or raw.get("Table Function Name") or "")
