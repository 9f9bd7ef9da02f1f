"""The set of indexes that serves a workload best within a budget. Pure over `Costs`.

Objective: the statements' costs times their weights, plus what the indexes cost its writes. Greedy by benefit per
size^e for several exponents e (lazily: a benefit computed earlier is looked at again only when it comes first), the
best of those improved by local search: combine (by the plans that are known, which asks nothing), drop, swap (take one
out, fill up anew) and slim (a narrower index instead). The number of planner calls is bounded, never the time: the same
input gives the same advice on any machine.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dbopt.index.bound import lower_bound
from dbopt.index.costs import Configuration, Costs
from dbopt.index.harvest import Harvest, narrowed
from dbopt.index.known_plans import best_set
from dbopt.index.model import Index
from dbopt.index.plan_alternatives import explore

EXPONENTS = (1.0, 0.5, 0.0)
MOST_FOR_SEEDS = 400  # planner calls of the greedy choices, however large the workload is
MOST_ROUNDS = 3  # of local search
MOST_COMBINED = 10  # searches among known plans, each with the answers to the last one
THRIFT = 0.05  # share of an index's benefit that is given up for a smaller one, and by which its readers become dearer
SMALL_PART, THRIFT_FOR_PART = 0.2, 0.5  # the same where an index over at most so large a share of the rows does
LESS_SPACE = 0.9  # share of an index's size that one of another kind may take in its place
MIN_SHARE = 0.01  # of a statement's cost that an index must save,
MIN_COST = 4.0  # and no less than the read of one random page each time it runs
MIN_SHARE_OF_PART = 0.5  # of the cost without it, of one over a small part of the rows of such another
MIN_SHARE_OF_REPEATED = 0.10  # asked, of the cost without any index, of one that begins like another


Gain = Callable[[Configuration, Configuration], float]


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

    def bound(self, chosen: Configuration, candidates: Configuration) -> float:
        """What the objective is at least, whichever of the candidates are chosen."""
        return lower_bound(
            self.costs,
            self.weights,
            candidates,
            self.size,
            self.write_cost,
            self.budget_bytes,
            self.objective(chosen),
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
    return _drop(problem, _slim(problem, _filled_up(problem, best), harvest))


def _costliest_first(problem: Problem) -> list[int]:
    """The statements' numbers."""
    nothing: Configuration = frozenset()
    costs = [weight * problem.costs.cost(number, nothing) for number, weight in enumerate(problem.weights)]
    return sorted(range(len(costs)), key=lambda number: (-costs[number], number))


def _filled_up(problem: Problem, chosen: Configuration) -> Configuration:
    """Without the indexes that are not worth it, their room used for others."""
    useless: Configuration = frozenset()
    kept = _drop(problem, chosen)
    while more := chosen - kept - useless:
        useless |= more
        chosen = combine(problem, kept, without=useless)
        kept = _drop(problem, chosen)
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
    objective = problem.objective(chosen)
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
        if trial is None or (found := problem.objective(trial)) >= objective * (1 - 1e-9):
            break
        chosen, objective = trial, found
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


def _drop(problem: Problem, chosen: Configuration) -> Configuration:
    """Without the indexes that are not worth it, the least useful first."""
    while chosen:
        useless = [index for index in chosen if not is_worthwhile(problem, chosen, index)]
        if not useless:
            break
        chosen -= {min(useless, key=lambda index: (problem.gain(chosen - {index}, frozenset((index,))), index))}
    return chosen


def is_worthwhile(problem: Problem, chosen: Configuration, index: Index) -> bool:
    """Whether the index saves more than it costs, and a share of some statement that is worth an index."""
    without = chosen - {index}
    if problem.gain(without, frozenset((index,))) <= 0:
        return False
    repeats = problem.repeats(index) or any(_begins(index, other) for other in without)
    is_small = all(
        problem.size(index) <= SMALL_PART * problem.size(other) for other in without if _begins(index, other)
    )
    for number in problem.costs.statements(frozenset((index,))):
        before = problem.costs.cost(number, without)
        asked = MIN_SHARE * before
        if repeats:
            asked = MIN_SHARE_OF_REPEATED * problem.costs.cost(number, frozenset())
            if index.predicate and is_small:
                asked = min(asked, MIN_SHARE_OF_PART * before)
        if before - problem.costs.cost(number, chosen) >= max(asked, MIN_COST):
            return True
    return False


def _begins(index: Index, other: Index) -> bool:
    """Whether the other serves what this one serves, if less well: its keys begin with the same, and it holds the same
    rows, or all. What BRIN and hash serve, a b-tree does.
    """
    if (index.schema, index.table) != (other.schema, other.table) or other.predicate not in ("", index.predicate):
        return False
    if other.method == "btree" and index.method in ("btree", "brin", "hash"):
        return other.keys[: index.width] == index.keys
    return other.method == index.method and other.columns == index.columns


def _swap(
    problem: Problem, moves: Sequence[Configuration], chosen: Configuration, exponents: Sequence[float]
) -> Configuration:
    """Take one index out and fill up with others that the same statements could read; keep what is better."""
    best, least = chosen, 1e-9 * abs(problem.objective(chosen))
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
            if problem.change(best, trial) < -least:
                best = trial
                break
    return best


def _slim(problem: Problem, chosen: Configuration, harvest: Harvest) -> Configuration:
    """Smaller indexes where they do almost as well: narrower ones, which are useful to more statements of tomorrow, and
    those over fewer rows or by another method.
    """
    for index in sorted(chosen):
        without = chosen - {index}
        least = (1 - THRIFT) * problem.gain(without, frozenset((index,)))
        for smaller in _smaller(problem, index, harvest):
            trial = without | {smaller}
            if (
                problem.change(chosen, trial) <= _bearable(problem, chosen, index, smaller)
                and problem.gain(without, frozenset((smaller,))) >= least
            ):
                chosen = trial
                break
    return chosen


def _bearable(problem: Problem, chosen: Configuration, index: Index, smaller: Index) -> float:
    """By how much the index's readers may become dearer: a little; for what it includes, one page of the table each
    time they run; for a small part of the rows in place of all, half as much again.
    """
    reads = problem.reads(chosen, index)
    if smaller == replace(index, include=()):
        runs = sum(problem.weights[number] for number in problem.costs.statements(frozenset((index,))))
        return max(THRIFT * reads, 1.01 * MIN_COST * runs)
    is_part = smaller.method == index.method and bool(smaller.predicate) and not index.predicate
    if is_part and problem.size(smaller) <= SMALL_PART * problem.size(index):
        return THRIFT_FOR_PART * reads
    return THRIFT * reads


def _smaller(problem: Problem, index: Index, harvest: Harvest) -> list[Index]:
    """What could stand in for the index, the smallest first."""
    narrower = harvest.candidates.intersection(narrowed(index))
    found = [other for other in narrower if problem.size(other) <= problem.size(index)]
    asked = set(problem.costs.statements(frozenset((index,))))
    found += [
        other
        for other in harvest.pool
        if (other.schema, other.table) == (index.schema, index.table)
        and (other.method, other.predicate) != (index.method, index.predicate)
        and problem.size(other) <= LESS_SPACE * problem.size(index)
        and not asked.isdisjoint(problem.costs.statements(frozenset((other,))))
    ]
    return sorted(dict.fromkeys(found), key=lambda other: (problem.size(other), other))
