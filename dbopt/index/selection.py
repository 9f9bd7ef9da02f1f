"""The set of indexes that serves a workload best within a budget. Pure over `Costs`.

Objective: the statements' costs times their weights, plus what the indexes cost its writes. The plans of statements
without their best indexes are made known first; the best set by known plans is then an integer program (`combine`),
solved anew whenever more is known. More becomes known by greedy choices, by benefit per size^e for several exponents e
(lazily: a benefit computed earlier is looked at again only when it comes first), and by taking out one index and
filling up anew (`_swap`). At the end what is not worth it is dropped, and narrower indexes take the place of wide ones
where they do almost as well (thrift.py). The number of planner calls is bounded, never the time: the same input gives
the same advice on any machine.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

from dbopt.index.costs import Configuration
from dbopt.index.harvest import Harvest
from dbopt.index.known_plans import best_set
from dbopt.index.model import Index
from dbopt.index.plan_alternatives import explore
from dbopt.index.problem import Problem
from dbopt.index.thrift import begins, drop_needless, slim

EXPONENTS = (1.0, 0.5, 0.0)
MOST_FOR_SEEDS = 400  # planner calls of the greedy choices, however large the workload is
MOST_ROUNDS = 3  # of local search
MOST_COMBINED = 10  # searches among known plans, each with the answers to the last one

Gain = Callable[[Configuration, Configuration], float]


def select(problem: Problem, harvest: Harvest) -> Configuration:
    """The best set found. Every index in it saves more than it costs, and enough of some statement."""
    moves = sorted({frozenset((index,)) for index in harvest.pool} | harvest.teams, key=sorted)
    exponents = _exponents(problem, harvest.pool)
    if not problem.fits(harvest.pool):
        explore(problem.costs, _costliest_first(problem), harvest.pool)

    def rank(chosen: Configuration) -> tuple[float, int, list[Index]]:
        return problem.objective(chosen), problem.bytes(chosen), sorted(chosen)

    best = min(_seeds(problem, moves, exponents), key=rank)
    for _ in range(MOST_ROUNDS):
        best = min((best, combine(problem, best)), key=rank)
        improved = _swap(problem, moves, best, exponents)
        if rank(improved) >= rank(best):
            break
        best = improved
    best = min((best, combine(problem, best)), key=rank)
    return _filled_again(problem, moves, slim(problem, _filled_up(problem, best), harvest), exponents[0])


def _filled_again(
    problem: Problem, moves: Sequence[Configuration], slimmed: Configuration, exponent: float
) -> Configuration:
    """With others in the room that smaller indexes left, but none that does their work anew."""
    kept = drop_needless(problem, slimmed)
    if problem.budget_bytes is None:
        return kept
    others = [move for move in moves if not any(begins(mine, other) for other in move for mine in kept)]
    fuller = drop_needless(problem, _fill(problem, others, kept, exponent))
    return fuller if problem.improves(kept, fuller) else kept


def _costliest_first(problem: Problem) -> list[int]:
    """The statements' numbers."""
    nothing: Configuration = frozenset()
    costs = [weight * problem.costs.cost(number, nothing) for number, weight in enumerate(problem.weights)]
    return sorted(range(len(costs)), key=lambda number: (-costs[number], number))


def _filled_up(problem: Problem, chosen: Configuration) -> Configuration:
    """Without the indexes that are not worth it, their room used for others."""
    useless: Configuration = frozenset()
    kept = drop_needless(problem, chosen)
    while more := chosen - kept - useless:
        useless |= more
        chosen = combine(problem, kept, without=useless)
        kept = drop_needless(problem, chosen)
    return kept


def _seeds(problem: Problem, moves: Sequence[Configuration], exponents: Sequence[float]) -> list[Configuration]:
    """The greedy choice by true costs and the best by the plans known so far: neither is always the better start. In a
    large workload most of what a choice costs is known from the harvest; the greedy one may ask only so much more.
    """
    starts = [frozenset(), combine(problem, frozenset())]
    with problem.costs.at_most(MOST_FOR_SEEDS):
        seeds = [_fill(problem, moves, start, exponent) for start in starts for exponent in exponents]
    return [*seeds, combine(problem, frozenset())]


def combine(problem: Problem, chosen: Configuration, without: Configuration = frozenset()) -> Configuration:
    """The best set by the plans that are known, as long as that set is better than the chosen one when the planner is
    asked; what it then answers is known, too. It holds nothing of `without`.
    """
    for _ in range(MOST_COMBINED):
        trial = best_set(
            [
                [plan for plan in problem.costs.plans(number) if plan.used.isdisjoint(without)]
                for number in range(len(problem.weights))
            ],
            problem.weights,
            problem.size,
            problem.write_cost,
            problem.budget_bytes,
            problem.max_per_table,
        )
        if trial is None or not problem.improves(chosen, trial):
            break
        chosen = trial
    return chosen


def _exponents(problem: Problem, pool: Configuration) -> Sequence[float]:
    """Where the whole pool fits, the size does not decide."""
    return EXPONENTS[-1:] if problem.fits(pool) else EXPONENTS


def _fill(problem: Problem, moves: Sequence[Configuration], start: Configuration, exponent: float) -> Configuration:
    """Add the move of the best benefit per size^exponent, until none fits or helps."""
    chosen, room = start, problem.room(start)
    queue = [
        (-_score(problem, chosen, move, exponent, problem.most), order, -1)
        for order, move in enumerate(moves)
        if not move <= chosen and problem.bytes(move - chosen) <= room and not problem.crowds(chosen | move)
    ]
    heapq.heapify(queue)
    turn = 0
    while queue:
        score, order, seen = heapq.heappop(queue)
        if score >= 0:
            break
        move = moves[order]
        if move <= chosen or problem.bytes(move - chosen) > room or problem.crowds(chosen | move):
            continue
        if seen == turn:
            room -= problem.bytes(move - chosen)
            chosen |= move
            turn += 1
            continue
        # what was hoped for a while ago may be out of reach since: that is known without a question
        hoped = -_score(problem, chosen, move, exponent, problem.most)
        if queue and hoped > queue[0][0]:
            heapq.heappush(queue, (hoped, order, -1))
        else:
            heapq.heappush(queue, (-_score(problem, chosen, move, exponent, problem.gain), order, turn))
    return chosen


def _score(problem: Problem, chosen: Configuration, move: Configuration, exponent: float, gain: Gain) -> float:
    added = move - chosen
    size = max(problem.bytes(added), 1)
    saved = gain(chosen, added)
    return float(saved / size**exponent) if saved > 0 else 0.0


def _swap(
    problem: Problem, moves: Sequence[Configuration], chosen: Configuration, exponents: Sequence[float]
) -> Configuration:
    """Take one index out and fill up with others that the same statements could read; keep what is better."""
    best = chosen
    by_statement: dict[int, list[int]] = {}
    for order, move in enumerate(moves):
        for number in problem.costs.statements(move):
            by_statement.setdefault(number, []).append(order)
    for index in sorted(chosen):
        if index not in best or problem.costs.exhausted:
            continue
        asked = problem.costs.statements(frozenset((index,)))
        near = sorted({order for number in asked for order in by_statement.get(number, ())})
        others = [moves[order] for order in near if index not in moves[order]]
        for exponent in exponents:
            trial = _fill(problem, others, best - {index}, exponent)
            if problem.improves(best, trial):
                best = trial
                break
    return best
