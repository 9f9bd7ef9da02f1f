"""What a selection of indexes is made from: costs, weights, sizes and limits, and what a set is worth by them. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dbopt.index.bound import lower_bound
from dbopt.index.costs import Configuration, Costs
from dbopt.index.model import Index

ROUNDING = 1e-9  # relative change of a cost that may be no change


@dataclass(frozen=True)
class Problem:
    """What to choose from. `weights` are by statement number; sizes in bytes; write costs in planner units. `repeats`
    says whether an index begins like an existing one.
    """

    costs: Costs
    weights: Sequence[float]
    size: Callable[[Index], int]
    write_cost: Callable[[Index], float]
    budget_bytes: int | None = None
    repeats: Callable[[Index], bool] = lambda _: False
    max_per_table: int | None = None

    def objective(self, chosen: Configuration) -> float:
        reads = sum(weight * self.costs.cost(number, chosen) for number, weight in enumerate(self.weights))
        return reads + sum(self.write_cost(index) for index in sorted(chosen))

    def change(self, old: Configuration, new: Configuration) -> float:
        """What the objective is more under the new set."""
        added, gone = (sum(map(self.write_cost, sorted(part))) for part in (new - old, old - new))
        more = added - gone
        for number in self.costs.statements(old ^ new):
            more += self.weights[number] * (self.costs.cost(number, new) - self.costs.cost(number, old))
        return more

    def improves(self, old: Configuration, new: Configuration, share: float = ROUNDING) -> bool:
        """Whether the new set is better by more than that share; only what the statements that could tell them apart
        cost counts, so that a huge one beside them hides nothing.
        """
        at_stake = sum(self.weights[n] * self.costs.cost(n, old) for n in self.costs.statements(old ^ new))
        return self.change(old, new) < -share * at_stake

    def gain(self, chosen: Configuration, added: Configuration) -> float:
        """What these indexes save on top of those chosen; only statements that could read them are looked at."""
        saved = -sum(map(self.write_cost, sorted(added)))
        for number in self.costs.statements(added):
            saved += self.weights[number] * (self.costs.cost(number, chosen) - self.costs.cost(number, chosen | added))
        return saved

    def reads(self, chosen: Configuration, index: Index) -> float:
        """What the statements that could read the index cost together."""
        numbers = self.costs.statements(frozenset((index,)))
        return sum(self.weights[number] * self.costs.cost(number, chosen) for number in numbers)

    def most(self, chosen: Configuration, added: Configuration) -> float:
        """What these indexes can save at most, as far as is known without asking the planner about them."""
        saved = -sum(map(self.write_cost, sorted(added)))
        for number in self.costs.statements(added):
            saved += self.weights[number] * (self.costs.cost(number, chosen) - self.costs.bound(number, chosen | added))
        return saved

    def bound(self, candidates: Configuration, known: float) -> float:
        """What the objective is at least, whichever of the candidates are chosen; no more than a value that is `known`
        to be reached.
        """
        return lower_bound(
            self.costs,
            self.weights,
            candidates,
            self.size,
            self.write_cost,
            self.budget_bytes,
            self.max_per_table,
            known,
        )

    def bytes(self, indexes: Configuration) -> int:
        return sum(self.size(index) for index in indexes)

    def room(self, indexes: Configuration) -> float:
        """Bytes that these leave of the budget."""
        return math.inf if self.budget_bytes is None else self.budget_bytes - self.bytes(indexes)

    def fits(self, indexes: Configuration) -> bool:
        """Whether they keep to the budget, and to the most that a table may get."""
        return not self.crowds(indexes) and self.room(indexes) >= 0

    def crowds(self, indexes: Configuration) -> bool:
        """Whether a table would get too many."""
        if self.max_per_table is None:
            return False
        by_table = Counter((index.schema, index.table) for index in indexes)
        return any(count > self.max_per_table for count in by_table.values())
