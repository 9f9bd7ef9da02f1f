"""Why others were not taken: the best few indexes that the search knew for the same work, and what spoke against them.

Each is put in the place of the index that was taken. What the workload then costs is read off the plans that are
known; the planner is asked only a few times more where they leave a doubt, and where they leave one still, the cost is
said to be an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbopt.index.advice import Alternative
from dbopt.index.candidates import repeated
from dbopt.index.costs import Configuration, Costs
from dbopt.index.model import Index
from dbopt.index.selection import Problem
from dbopt.postgres.schema import Catalog
from dbopt.units import size_text

MOST = 3
MOST_ASKED = 4  # planner calls for each index that was taken
_CERTAIN = 1e-6  # relative width of what is known about a cost


@dataclass(frozen=True)
class _Swapped:
    """The workload with one index in the place of another: its cost lies between `least` and `most`."""

    index: Index
    size: int
    least: float
    most: float


def alternatives(
    taken: Index, chosen: Configuration, problem: Problem, known: Iterable[Index], catalog: Catalog
) -> tuple[Alternative, ...]:
    """The best few of the known indexes that could do the work of one that was taken, the best first."""
    rivals = _rivals(taken, chosen, problem.costs, known)
    if not rivals:
        return ()
    without = chosen - {taken}
    left = [MOST_ASKED]
    first = sorted((_swapped(rival, taken, without, problem, None) for rival in rivals), key=_rank)[: 2 * MOST]
    best = sorted((_swapped(one.index, taken, without, problem, left) for one in first), key=_rank)[:MOST]
    whole = problem.objective(chosen)
    return tuple(_in_words(one, taken, without, whole, problem, catalog) for one in best)


def _rank(one: _Swapped) -> tuple[float, int, Index]:
    return one.most, one.size, one.index


def _rivals(taken: Index, chosen: Configuration, costs: Costs, known: Iterable[Index]) -> list[Index]:
    """On the same table, not taken, and readable by a statement that could read the one that was taken."""
    served = set(costs.statements(frozenset((taken,))))
    return sorted(
        index
        for index in known
        if (index.schema, index.table) == (taken.schema, taken.table)
        and index not in chosen
        and not served.isdisjoint(costs.statements(frozenset((index,))))
    )


def _swapped(rival: Index, taken: Index, without: Configuration, problem: Problem, left: list[int] | None) -> _Swapped:
    """What the workload costs with the rival. As long as some are `left`, the planner is asked where it is not sure."""
    costs, trial = problem.costs, without | {rival}
    touched = costs.statements(frozenset((rival, taken)))
    now = without | {taken}
    least = most = problem.write_cost(rival) - problem.write_cost(taken)
    for number in sorted(touched, key=lambda number: -problem.weights[number] * costs.cost(number, now)):
        low, high = costs.bound(number, trial), _known_cost(costs, number, trial)
        if left and left[0] > 0 and high - low > _CERTAIN * high and not costs.exhausted:
            left[0] -= 1
            low = high = costs.cost(number, trial)
        weight, current = problem.weights[number], costs.cost(number, now)
        least += weight * (min(low, high) - current)
        most += weight * (high - current)
    return _Swapped(rival, problem.size(rival), least, most)


def _known_cost(costs: Costs, number: int, indexes: Configuration) -> float:
    """The cost of the cheapest known plan whose indexes are all there: the true cost is at most that."""
    return min(answer.cost for answer in costs.plans(number) if answer.used <= indexes)


# -- in words ---------------------------------------------------------------------------------------------------------


def _in_words(
    one: _Swapped, taken: Index, without: Configuration, whole: float, problem: Problem, catalog: Catalog
) -> Alternative:
    index = one.index
    reasons = _reasons(one, taken, without, whole, problem, catalog)
    return Alternative(
        columns=tuple(key.sql() for key in index.keys),
        include=index.include,
        access_method=index.method,
        predicate=index.predicate,
        size_bytes=one.size,
        reason=next(reasons),
    )


def _reasons(
    one: _Swapped, taken: Index, without: Configuration, whole: float, problem: Problem, catalog: Catalog
) -> Iterator[str]:
    """What speaks against it, the plainest first."""
    room = problem.room(without)
    if one.size > room:
        yield f"does not fit the budget: {size_text(one.size)} where {size_text(room)} are left"
    is_certain = one.most - one.least <= _CERTAIN * abs(whole)
    if not _is_read(one.index, problem.costs):
        yield "the planner never reads it" if is_certain else "no plan that was tried reads it"
    if problem.write_cost(one.index) >= _saved(one, without, problem):
        yield "costs more writes than it saves"
    dearer = one.most / whole if whole else 0.0
    if dearer > 0.0005:
        bound = "" if is_certain else "up to "
        yield f"the workload is {bound}{100 * dearer:.1f} % dearer with it"
    like = repeated(one.index, catalog)
    if like is not None and problem.repeats(one.index):
        yield f"begins like {like.sql_name} and saves too little for that"
    more = one.size - problem.size(taken)
    saves = f"saves {-100 * dearer:.1f} % more" if dearer < -0.0005 else "does no better"
    if more > 0:
        yield f"{saves} and is {size_text(more)} larger"
    yield f"{saves}" if dearer >= -0.0005 else f"{saves}, too little to count"


def _is_read(index: Index, costs: Costs) -> bool:
    """Whether a plan that is known reads it."""
    return any(
        index in answer.used for number in costs.statements(frozenset((index,))) for answer in costs.plans(number)
    )


def _saved(one: _Swapped, without: Configuration, problem: Problem) -> float:
    """What the statements save by it, as far as is known, where the one that was taken is not there."""
    costs, trial = problem.costs, without | {one.index}
    return sum(
        problem.weights[number] * (_known_cost(costs, number, without) - _known_cost(costs, number, trial))
        for number in costs.statements(frozenset((one.index,)))
    )
