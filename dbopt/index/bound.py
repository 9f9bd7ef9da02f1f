"""How low the cost of a workload can be at all: a bound that no set of candidates within the budget goes below. Pure,
from what the planner was asked already.

It holds if more indexes never make a plan dearer (to PostgreSQL's planner, paths within 1 % are the same), and if no
statement reads an index that it could not, by `Costs.relevant`. Then a statement asked under the set S at the cost c
costs no less under any set that has nothing of D, the candidates that it could read beyond S. With such pairs by cost,
c1 < c2 < ..., and c0 its cost under all candidates at once, its cost under X is at least

    c0 + sum over k of (ck - c(k-1)) * max(0, 1 - |X & Dk|)

since it is at least that of the dearest pair whose D it misses. Minimised over X, with what the indexes cost the
writes, as an integer program: that of warehouses that serve customers, under a budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from dbopt.index.costs import Configuration, Costs
from dbopt.index.integer_program import Program
from dbopt.index.known_plans import limit_tables
from dbopt.index.model import Index


def lower_bound(
    costs: Costs,
    weights: Sequence[float],
    candidates: Configuration,
    size: Callable[[Index], int],
    write_cost: Callable[[Index], float],
    budget_bytes: int | None,
    max_per_table: int | None,
    known: float,
) -> float:
    """A bound of the statements' weighted costs and the indexes' write costs together, never above `known`, which is
    that of the set chosen. `candidates` each fit the budget.
    """
    indexes = sorted(candidates)
    program = Program()
    variables = {index: program.variable(write_cost(index), whole=True) for index in indexes}
    if budget_bytes is not None:  # no `limit`: a budget lowered for rounding would not bound the real one
        program.row({variables[index]: size(index) / max(budget_bytes, 1) for index in indexes}, most=1.0)
    if max_per_table is not None:
        limit_tables(program, variables, max_per_table)
    reachable = 0.0
    for number, weight in enumerate(weights):
        least = costs.bound(number, candidates)
        reachable += weight * least
        for cost, missed in _misses(costs, number, candidates, least):
            missing = program.variable(weight * cost)
            program.row({missing: 1.0, **{variables[index]: 1.0 for index in sorted(missed)}}, least=1.0)
    found = program.minimise()
    return max(min(reachable + found.bound, known), 0.0) if found is not None else 0.0


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
