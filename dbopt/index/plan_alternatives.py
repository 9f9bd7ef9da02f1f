"""Plans that a statement would have without the indexes of its best ones. Pure over `Costs`.

What a budget leaves out decides which plan is second best: the search for a set (known_plans.py) is as good as the
plans that it knows. So, from the plan under all indexes on, each index that a plan reads is taken away in turn, the
cheapest plan first, as long as what is left is cheaper than none.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from dbopt.index.costs import Configuration, Costs
from dbopt.index.harvest import WORTHWHILE
from dbopt.index.model import Index

MOST_CALLS = 800  # for a workload,
MOST_FOR_STATEMENT = 70  # and of those for a statement
MOST_PLANS = 200  # of a statement: many cost no call


def explore(costs: Costs, numbers: Iterable[int], pool: Configuration) -> None:
    """Have `costs` know the plans of these statements, the most important first, under parts of the pool."""
    with costs.at_most(MOST_CALLS):
        for number in numbers:
            with costs.at_most(MOST_FOR_STATEMENT):
                _explore(costs, number, costs.relevant(number, pool))


def _explore(costs: Costs, number: int, pool: Configuration) -> None:
    dearest = WORTHWHILE * costs.cost(number, frozenset())
    nothing: Configuration = frozenset()
    seen = {nothing}
    waiting: list[tuple[float, int, list[Index]]] = [(0.0, 0, [])]
    for _ in range(MOST_PLANS):
        if not waiting or costs.exhausted:
            return
        *_, left_out = heapq.heappop(waiting)
        for index in sorted(costs.answer(number, pool.difference(left_out)).used):
            without = frozenset((*left_out, index))
            if without not in seen and not costs.exhausted:
                seen.add(without)
                cost = costs.cost(number, pool - without)
                if cost < dearest:
                    heapq.heappush(waiting, (cost, len(without), sorted(without)))
