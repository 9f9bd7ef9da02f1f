"""How low the cost of a workload can be at all: a bound that no set of candidates within the budget goes below. Pure,
from what the planner was asked already.

It holds if more indexes never make a plan dearer (to PostgreSQL's planner, paths within 1 % are the same), and if no
statement reads an index that it could not, by `Costs.relevant`. Then a statement asked under the set S at the cost c
costs no less under any set that has nothing of D, the candidates that it could read beyond S. With such pairs by cost,
c1 < c2 < ..., and c0 its cost under all candidates at once, its cost under X is at least

    c0 + sum over k of (ck - c(k-1)) * max(0, 1 - |X & Dk|)

since it is at least that of the dearest pair whose D it misses. To be minimised over X, with what the indexes cost the
writes; X may hold indexes by halves, so that this is a linear program, as for warehouses that serve customers. Its dual
gives a bound with any multipliers 0 <= v <= ck - c(k-1), by one fractional knapsack; they are improved by subgradients
with Polyak's step (Held, Wolfe and Crowder, Mathematical Programming 6, 1974).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dbopt.index.costs import Configuration, Costs
from dbopt.index.model import Index

MOST_STEPS = 300
MOST_WORK = 3_000_000  # members of sets looked at in all steps
_PATIENCE = 10  # steps without progress before shorter ones
_SHORTEST = 1e-3


@dataclass(frozen=True)
class _Miss:
    """What it costs at least to have none of these indexes, by place."""

    cost: float
    places: tuple[int, ...]


@dataclass
class _Dual:
    """`reachable` is the cost with everything; sizes and writes are by place."""

    reachable: float
    misses: Sequence[_Miss]
    sizes: Sequence[int]
    writes: Sequence[float]
    budget: float

    def value(self, multipliers: Sequence[float]) -> tuple[float, list[float]]:
        """The bound that these give, and how much of each index its knapsack holds."""
        profits = [-write for write in self.writes]
        for multiplier, miss in zip(multipliers, self.misses, strict=True):
            for place in miss.places:
                profits[place] += multiplier
        held, room, most = [0.0] * len(profits), self.budget, 0.0
        worth = [place for place, profit in enumerate(profits) if profit > 0]
        for place in sorted(worth, key=lambda place: (-profits[place] / max(self.sizes[place], 1), place)):
            share = min(1.0, room / self.sizes[place]) if self.sizes[place] > 0 else 1.0
            held[place] = share
            most += share * profits[place]
            room -= share * self.sizes[place]
        return self.reachable + sum(multipliers) - most, held

    def best(self, target: float) -> float:
        """The highest bound found; `target` is the cost of a set that is known."""
        multipliers = [0.0] * len(self.misses)
        best, length, waited = -float("inf"), 1.0, 0
        steps = min(MOST_STEPS, MOST_WORK // max(sum(len(miss.places) for miss in self.misses), 1))
        for _ in range(steps + 1):
            value, held = self.value(multipliers)
            waited += 1
            if value > best:
                best, waited = value, 0
            if waited >= _PATIENCE:
                length, waited = length / 2, 0
            slopes = [1 - sum(held[place] for place in miss.places) for miss in self.misses]
            square = sum(slope * slope for slope in slopes)
            if square == 0 or best >= target or length < _SHORTEST:
                break
            step = length * (target - value) / square
            multipliers = [
                min(max(multiplier + step * slope, 0.0), miss.cost)
                for multiplier, slope, miss in zip(multipliers, slopes, self.misses, strict=True)
            ]
        return best


def lower_bound(
    costs: Costs,
    weights: Sequence[float],
    candidates: Configuration,
    size: Callable[[Index], int],
    write_cost: Callable[[Index], float],
    budget_bytes: int | None,
    known: float,
) -> float:
    """A bound of the statements' weighted costs and the indexes' write costs together, never above `known`, which is
    that of the set chosen. `candidates` each fit the budget.
    """
    indexes = sorted(candidates)
    places = {index: place for place, index in enumerate(indexes)}
    reachable, misses = 0.0, []
    for number, weight in enumerate(weights):
        least = costs.bound(number, candidates)
        reachable += weight * least
        for cost, missed in _misses(costs, number, candidates, least):
            misses.append(_Miss(weight * cost, tuple(sorted(places[index] for index in missed))))
    budget = float("inf") if budget_bytes is None else float(budget_bytes)
    dual = _Dual(reachable, misses, list(map(size, indexes)), list(map(write_cost, indexes)), budget)
    return max(min(dual.best(known), known), 0.0)


def _misses(
    costs: Costs, number: int, candidates: Configuration, least: float
) -> Iterator[tuple[float, Configuration]]:
    """What each step up costs, and the indexes of which one avoids it; those that say more than another only."""
    readable = costs.relevant(number, candidates)
    pairs = sorted(
        ((cost, readable - asked) for asked, cost in costs.asked(number) if cost > least),
        key=lambda pair: (-pair[0], len(pair[1]), sorted(pair[1])),
    )
    kept: list[tuple[float, Configuration]] = []
    for cost, missed in pairs:
        if missed and not any(other <= missed for _, other in kept):
            kept.append((cost, missed))
    below = least
    for cost, missed in reversed(kept):
        yield cost - below, missed
        below = cost
