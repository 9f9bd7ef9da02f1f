"""A plan as a tree of nodes, read from EXPLAIN (FORMAT JSON). Pure: no connection, no output."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dbopt.errors import CorruptDocument

_COUNT_NO_ROWS = frozenset({"BitmapAnd", "BitmapOr", "Hash", "ModifyTable"})
_REMOVED = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")
_CONDITIONS = (
    "Index Cond",
    "Recheck Cond",
    "TID Cond",
    "Order By",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "Filter",
    "One-Time Filter",
    "Run Condition",
    "Cache Key",
)
_NO_EXPRESSIONS = frozenset(
    {"Node Type", "Schema", "Relation Name", "Alias", "Index Name", "Parent Relationship", "CTE Name", "Subplan Name"}
)


_WHERE, _WHAT = ("Shared", "Local", "Temp"), ("Hit", "Read", "Dirtied", "Written")
_TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(sorted(_NO_EXPRESSIONS - {"Node Type"}), str),
    **dict.fromkeys(("Node Type", "Filter", "Strategy", "Partial Mode", "Join Type", "Storage"), str),
    **dict.fromkeys((*_REMOVED, "Sort Space Used", "Disk Usage", "Hash Batches"), (int, float)),
    **dict.fromkeys((f"{where} {what} Blocks" for where in _WHERE for what in _WHAT), (int, float)),
    **dict.fromkeys(("Sort Key", "Presorted Key", "Group Key"), list),
    "Actual Loops": int,
    "Plans": list,
}
"""Of attributes that are computed with, or read as lists."""


@dataclass(frozen=True)
class Node:
    """One plan node. Costs are the planner's units and include the children; rows are per loop, as EXPLAIN gives
    them. `actual_*` and `loops` are None in a plan that was not executed; a node that was never executed has loops 0.
    """

    node_type: str
    startup_cost: float
    total_cost: float
    plan_rows: float
    plan_width: int
    actual_startup_ms: float | None
    actual_total_ms: float | None
    actual_rows: float | None
    loops: int | None
    parent_relationship: str | None
    subplan_name: str | None
    schema: str | None
    relation: str | None
    alias: str | None
    index: str | None
    children: tuple[Node, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)  # every attribute EXPLAIN gave
    number: int = 0  # position in the plan, parents first: `plan.nodes[node.number] is node`

    def walk(self) -> Iterator[Node]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def executed(self) -> bool:
        return bool(self.loops)

    @property
    def rows_error(self) -> float | None:
        """By which factor the planner was wrong about the rows per loop, in whichever direction: 1.0 is right. This is
        the q-error, both sides at least one row (Moerkotte et al., "Preventing bad plans by bounding the impact of
        cardinality estimation errors", VLDB 2009). None where nothing was executed or PostgreSQL counts no rows.
        """
        if not self.loops or self.actual_rows is None or self.node_type in _COUNT_NO_ROWS:
            return None
        actual, planned = max(self.actual_rows, 1.0), max(self.plan_rows, 1.0)
        return max(actual, planned) / min(actual, planned)

    @property
    def total_rows(self) -> float | None:
        """Rows over all loops and workers."""
        return None if self.actual_rows is None or self.loops is None else self.actual_rows * self.loops

    @property
    def filter(self) -> str | None:
        """The condition that rows are checked against after they were read."""
        return self.raw.get("Filter")

    @property
    def rows_removed(self) -> float:
        """Rows that were read and thrown away by a filter, a join filter or an index recheck, over all loops."""
        return sum(float(self.raw.get(name, 0)) for name in _REMOVED) * (self.loops or 0)

    @property
    def conditions(self) -> dict[str, str]:
        """Every condition of the node by EXPLAIN's name for it: Index Cond, Hash Cond, Filter, ..."""
        return {name: str(self.raw[name]) for name in _CONDITIONS if name in self.raw}

    @property
    def expressions(self) -> tuple[str, ...]:
        """All text of the node in which an expression can stand; with VERBOSE, its output columns too."""
        texts: list[str] = []
        for name, value in self.raw.items():
            if name not in _NO_EXPRESSIONS:
                texts.extend(_strings(value))
        return tuple(texts)

    @property
    def qualified_relation(self) -> tuple[str | None, str] | None:
        """Schema (None without VERBOSE) and name of the table that is read or written."""
        return (self.schema, self.relation) if self.relation else None

    @property
    def spilled_kb(self) -> float:
        """Disk space a sort or hash needed because it did not fit in work_mem."""
        if self.raw.get("Sort Space Type") == "Disk":
            return float(self.raw.get("Sort Space Used", 0))
        return float(self.raw.get("Disk Usage", 0))

    @property
    def spilled(self) -> bool:
        """Whether a sort, hash or tuple store went to disk."""
        return self.spilled_kb > 0 or self.raw.get("Hash Batches", 1) > 1 or self.raw.get("Storage") == "Disk"


@dataclass(frozen=True)
class Plan:
    """A whole plan. Times are None where EXPLAIN did not measure them."""

    root: Node
    planning_ms: float | None = None
    execution_ms: float | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def cost(self) -> float:
        """The planner's total cost."""
        return self.root.total_cost

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(self.root.walk())

    @property
    def indexes(self) -> frozenset[str]:
        """Names of the indexes that the plan reads."""
        return frozenset(node.index for node in self.nodes if node.index)


def parse(explained: Any) -> Plan:
    """Read the value of EXPLAIN (FORMAT JSON): a list with one object, or that object. Raises CorruptDocument."""
    document = explained[0] if isinstance(explained, list) and explained else explained
    try:
        _check(document, dict)
        return Plan(
            root=_node(document["Plan"], itertools.count()),
            planning_ms=_number(document, "Planning Time"),
            execution_ms=_number(document, "Execution Time"),
            settings=_check(document.get("Settings", {}), dict),
            raw={name: value for name, value in document.items() if name != "Plan"},
        )
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise CorruptDocument(f"this is not a plan in EXPLAIN's JSON format ({error})") from None


def written(plan: Plan) -> list[dict[str, Any]]:
    """The plan as EXPLAIN (FORMAT JSON) writes it: the inverse of `parse`."""
    return [{"Plan": _written(plan.root), **plan.raw}]


def _written(node: Node) -> dict[str, Any]:
    below = {"Plans": [_written(child) for child in node.children]} if node.children else {}
    return {**node.raw, **below}


def _node(raw: Mapping[str, Any], numbers: Iterator[int]) -> Node:
    number = next(numbers)
    for name, wanted in _TYPES.items():
        if name in raw:
            _check(raw[name], wanted)
    return Node(
        node_type=raw["Node Type"],
        startup_cost=float(raw.get("Startup Cost", 0.0)),
        total_cost=float(raw.get("Total Cost", 0.0)),
        plan_rows=float(raw.get("Plan Rows", 0.0)),
        plan_width=int(raw.get("Plan Width", 0)),
        actual_startup_ms=_number(raw, "Actual Startup Time"),
        actual_total_ms=_number(raw, "Actual Total Time"),
        actual_rows=_number(raw, "Actual Rows"),
        loops=raw.get("Actual Loops"),
        parent_relationship=raw.get("Parent Relationship"),
        subplan_name=raw.get("Subplan Name"),
        schema=raw.get("Schema"),
        relation=raw.get("Relation Name"),
        alias=raw.get("Alias"),
        index=raw.get("Index Name"),
        children=tuple(_node(child, numbers) for child in raw.get("Plans", ())),
        raw={name: value for name, value in raw.items() if name != "Plans"},
        number=number,
    )


def _number(raw: Mapping[str, Any], name: str) -> float | None:
    return None if raw.get(name) is None else _check(raw[name], (int, float))


def _check(value: Any, wanted: type | tuple[type, ...]) -> Any:
    """The value, which must be of that type. Raises TypeError."""
    if not isinstance(value, wanted):
        raise TypeError(f"{str(value)[:40]!r} is not what PostgreSQL writes in this place")
    return value


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
