"""How a plan's time, or its cost where nothing was measured, falls to its nodes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dbopt.output import units
from dbopt.output.plan import target
from dbopt.plan import effort
from dbopt.plan.effort import Effort
from dbopt.plan.tree import Node, Plan


@dataclass(frozen=True)
class Shares:
    """The nodes of a plan and what each adds, in the order of their numbers."""

    plan: Plan
    nodes: tuple[Node, ...]
    efforts: tuple[Effort, ...]

    @staticmethod
    def of(plan: Plan) -> Shares:
        return Shares(plan, plan.nodes, effort.of(plan))

    @cached_property
    def schemas(self) -> frozenset[str]:
        """The schemas of what the plan reads and writes."""
        return frozenset(node.schema for node in self.nodes if node.schema)

    def target(self, node: Node) -> str:
        """What the node works on; with its schema where the plan knows several."""
        return target(node, schema=len(self.schemas) > 1)

    @cached_property
    def measured(self) -> bool:
        """Whether EXPLAIN measured times."""
        return any(one.self_ms for one in self.efforts)

    @cached_property
    def whole(self) -> float:
        return sum(map(self.own, range(len(self.nodes)))) or 1.0

    def own(self, number: int) -> float:
        """What a node adds: ms or cost."""
        one = self.efforts[number]
        return (one.self_ms or 0.0) if self.measured else one.self_cost

    def part(self, number: int) -> float:
        """What a node adds, as a part of the whole."""
        return self.own(number) / self.whole

    def text(self, own: float) -> str:
        """A figure of `own` with its unit; nothing for nothing."""
        if not own:
            return ""
        return units.milliseconds(own) if self.measured else units.cost(own)


def heat(part: float) -> int:
    """A part of the whole as a step from 0 to 20."""
    return min(20, round(20 * part))


def percent(part: float) -> str:
    """37 %; nothing for less than half a per cent."""
    return f"{100 * part:.0f} %" if part >= 0.005 else ""
