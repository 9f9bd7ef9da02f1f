"""What the gate remembers of a plan."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Read:
    """How a plan reads a relation: the node type, the index if there is one, and how many of its partitions."""

    relation: str
    method: str
    index: str | None = None
    partitions: int | None = None


@dataclass(frozen=True)
class Facts:
    """A plan in what decides about it. `cost` is the planner's total cost. `reads` come in the plan's order. `joins`
    are the join types from the outermost inwards. `estimates` are planned rows by what they are rows of. `spills` are
    sorts and hashes that do not fit into memory. `outline` is the plan tree for people and for diffs, a line a node.
    """

    cost: float
    shape: str
    reads: tuple[Read, ...]
    joins: tuple[str, ...]
    estimates: dict[str, float]
    spills: tuple[str, ...]
    outline: tuple[str, ...]
