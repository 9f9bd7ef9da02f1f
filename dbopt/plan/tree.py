"""A plan as a tree of nodes, read from EXPLAIN (FORMAT JSON). Pure: no connection, no output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dbopt.errors import CorruptDocument


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

    def walk(self) -> Iterator[Node]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


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
        return Plan(
            root=_node(document["Plan"]),
            planning_ms=document.get("Planning Time"),
            execution_ms=document.get("Execution Time"),
            settings=document.get("Settings", {}),
            raw={name: value for name, value in document.items() if name != "Plan"},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise CorruptDocument(f"this is not a plan in EXPLAIN's JSON format ({error})") from None


def _node(raw: Mapping[str, Any]) -> Node:
    return Node(
        node_type=raw["Node Type"],
        startup_cost=float(raw.get("Startup Cost", 0.0)),
        total_cost=float(raw.get("Total Cost", 0.0)),
        plan_rows=float(raw.get("Plan Rows", 0.0)),
        plan_width=int(raw.get("Plan Width", 0)),
        actual_startup_ms=raw.get("Actual Startup Time"),
        actual_total_ms=raw.get("Actual Total Time"),
        actual_rows=raw.get("Actual Rows"),
        loops=raw.get("Actual Loops"),
        parent_relationship=raw.get("Parent Relationship"),
        subplan_name=raw.get("Subplan Name"),
        schema=raw.get("Schema"),
        relation=raw.get("Relation Name"),
        alias=raw.get("Alias"),
        index=raw.get("Index Name"),
        children=tuple(_node(child) for child in raw.get("Plans", ())),
        raw={name: value for name, value in raw.items() if name != "Plans"},
    )
