"""Why others were not taken: the best few indexes that the search knew for the same work, and what spoke against them.

Each is put in the place of the index that was taken. What the workload then costs is read off the plans that are
known; the planner is asked only a few times more where they leave a doubt, and where they leave one still, the cost is
said to be an upper bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from dbopt.index.advice import Alternative
from dbopt.index.candidates import repeated
from dbopt.index.costs import Configuration, Costs
from dbopt.index.model import Index
from dbopt.index.problem import Problem
from dbopt.postgres.schema import Catalog
from dbopt.units import size_text

MOST = 3
MOST_ASKED = 2  # planner calls for each index that was taken
_COUNTS = 0.0005  # of the workload's cost: what is shown as 0.1 % at least
_CERTAIN = 1e-6  # relative width of what is known about a cost


@dataclass(frozen=True)
class _Swapped:
    """One index in the place of another: the workload costs between `least` and `most` more. `is_read` by some plan."""

    index: Index
    size: int
    least: float
    most: float
    is_read: bool


AskCost = Callable[[int, Configuration], float]
"""Asks the planner for the cost of a statement, by its number."""


def alternatives(
    taken: Index, chosen: Configuration, problem: Problem, candidates: Iterable[Index], catalog: Catalog, ask: AskCost
) -> tuple[Alternative, ...]:
    """The best few that could do the work of an index that was taken, the best first. `candidates` are those of the
    statements that it serves.
    """
    table = (taken.schema, taken.table)
    rivals = sorted(one for one in candidates if (one.schema, one.table) == table and one not in chosen)
    without = chosen - {taken}
    first = sorted((_swapped(rival, taken, without, problem, {}) for rival in rivals), key=_rank)[: 2 * MOST]
    asked: dict[tuple[int, Index], float] = {}
    for one in first:
        _ask_more(one.index, taken, without, problem, ask, asked)
    best = sorted((_swapped(one.index, taken, without, problem, asked) for one in first), key=_rank)[:MOST]
    whole = problem.objective(chosen)
    return tuple(_in_words(one, taken, without, whole, problem, catalog) for one in best)


def _rank(one: _Swapped) -> tuple[float, int, Index]:
    return one.most, one.size, one.index


def _ask_more(
    rival: Index,
    taken: Index,
    without: Configuration,
    problem: Problem,
    ask: AskCost,
    asked: dict[tuple[int, Index], float],
) -> None:
    """As long as calls are left, ask what is not certain of the statements that could read the rival."""
    for number in problem.costs.statements(frozenset((rival, taken))):
        low, high = _bounds(problem.costs, number, without | {rival})
        if high - low > _CERTAIN * high and len(asked) < MOST_ASKED:
            asked[number, rival] = ask(number, problem.costs.relevant(number, without | {rival}))


def _swapped(
    rival: Index, taken: Index, without: Configuration, problem: Problem, asked: dict[tuple[int, Index], float]
) -> _Swapped:
    """What the workload costs more with the rival, by what is known and what was `asked`."""
    costs = problem.costs
    least = most = problem.write_cost(rival) - problem.write_cost(taken)
    is_read = _is_read(rival, costs)
    for number in costs.statements(frozenset((rival, taken))):
        low, high = _bounds(costs, number, without | {rival})
        if (number, rival) in asked:
            is_read |= asked[number, rival] < high * (1 - _CERTAIN)
            low = high = min(asked[number, rival], high)
        weight, now = problem.weights[number], costs.cost(number, without | {taken})
        least += weight * (low - now)
        most += weight * (high - now)
    return _Swapped(rival, problem.size(rival), least, most, is_read)


def _bounds(costs: Costs, number: int, indexes: Configuration) -> tuple[float, float]:
    high = _known_cost(costs, number, indexes)
    return min(costs.bound(number, indexes), high), high


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
    if not one.is_read:
        yield "the planner never reads it" if is_certain else "no plan that was tried reads it"
    saved = _saved(one, taken, without, problem)
    if is_certain and saved <= 0:
        yield "saves nothing beside the other indexes"
    if is_certain and saved <= problem.write_cost(one.index):
        yield "costs more writes than it saves"
    if not is_certain and saved <= 0:
        yield "was not tried in place of this one"
    dearer = one.most / whole if whole else 0.0
    if dearer > _COUNTS:
        bound = "" if is_certain else "up to "
        much = f"{100 * dearer:.1f} % dearer" if dearer < 1 else f"{1 + dearer:.1f} times as dear"
        yield f"the workload is {bound}{much} with it"
    like = repeated(one.index, catalog)
    if like is not None and problem.repeats(one.index):
        yield f"begins like {like.sql_name} and saves too little for that"
    more = one.size - problem.size(taken)
    saves = f"saves {-100 * dearer:.1f} % more" if dearer < -_COUNTS else "does no better"
    if more > 0:
        yield f"{saves} and is {size_text(more)} larger"
    yield f"{saves}" if dearer >= -_COUNTS else f"{saves}, too little to count"


def _is_read(index: Index, costs: Costs) -> bool:
    """Whether a plan that is known reads it."""
    return any(
        index in answer.used for number in costs.statements(frozenset((index,))) for answer in costs.plans(number)
    )


def _saved(one: _Swapped, taken: Index, without: Configuration, problem: Problem) -> float:
    """What the statements save at least by it, its writes aside, where the one that was taken is not there."""
    lost = problem.change(without | {taken}, without)
    return lost - one.most + problem.write_cost(one.index)
