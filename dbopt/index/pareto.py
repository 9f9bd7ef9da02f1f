"""What storage buys: the workload's cost under budgets from nothing to all that helps. Pure over a search.

Each budget is searched with the plans that are known from the search without one and from the budgets before, so that
few calls more are enough, and on top of the set of the budget before, so that a larger one is never worse. The knee is
that of Kneedle (Satopaa, Albrecht, Irwin and Raghavan, "Finding a 'Kneedle' in a Haystack", ICDCSW 2011) for a curve
that falls and flattens: both axes scaled to 0..1, the point that lies farthest below the line between its ends, if that
is far enough to speak of a knee.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from dbopt.index.costs import Configuration
from dbopt.index.harvest import Harvest
from dbopt.index.model import Index
from dbopt.index.problem import Problem
from dbopt.index.search import Search
from dbopt.index.selection import combine, select

BUDGETS = 12
CALLS = 60
"""Planner calls for each budget: on TPC-H within one per cent of a search of its own with over a thousand."""
LEAST_BEND = 0.1
"""How far below the line between the ends a knee lies, at least."""
_LEAST = 1e-6  # share of the cost of the statements concerned that makes a point of its own


@dataclass(frozen=True)
class Point:
    """The best set within a budget. `cost` is that of the statements and of what the indexes cost their writes,
    `write_cost` the latter alone; `relative_cost` is `cost` as a part of that without any new index.
    """

    budget_bytes: int
    storage_bytes: int
    cost: float
    write_cost: float
    relative_cost: float
    indexes: tuple[str, ...]


@dataclass(frozen=True)
class Pareto:
    """The points by their budget, the first without an index; each costs less than the one before. `knee` is the
    number of a point, None where the curve has none.
    """

    SCHEMA: ClassVar[str] = "dbopt.pareto/1"
    WRITTEN_BY: ClassVar[str] = "dbopt suggest --pareto -o pareto.json"

    what_if: str
    server_version: str
    snapshot: str | None
    planner_calls: int
    cost_before: float
    knee: int | None
    points: tuple[Point, ...]


def pareto(
    found: Search,
    *,
    snapshot_name: str | None = None,
    on_progress: Callable[[int, int, str], None] = lambda *_: None,
) -> Pareto:
    """The curve of a search without a budget."""
    problem = found.problem
    before = problem.objective(frozenset())
    sets = curve(problem, found.harvest, found.chosen, lambda done, of: on_progress(done, of, "trying budgets"))
    points = tuple(_point(problem, budget, chosen, before) for budget, chosen in sets)
    return Pareto(
        what_if=found.what_if.name,
        server_version=found.what_if.server_version,
        snapshot=snapshot_name,
        planner_calls=found.what_if.planner_calls,
        cost_before=before,
        knee=knee([(point.storage_bytes, point.relative_cost) for point in points]),
        points=points,
    )


def curve(
    problem: Problem,
    harvest: Harvest,
    whole: Configuration,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> list[tuple[int, Configuration]]:
    """Budgets, ascending, with their sets; those that change nothing are left out. `whole` is the set that is chosen
    without a budget.
    """
    found: list[tuple[int, Configuration]] = [(0, frozenset())]
    tried = budgets(problem, whole)
    for number, budget in enumerate(tried):
        on_progress(number, len(tried))
        limited = replace(problem, budget_bytes=budget)
        last = found[-1][1]
        problem.costs.allow(CALLS)
        sets = [combine(limited, last), select(limited, _fitting(harvest, limited))]
        sets += [whole] if limited.fits(whole) else []
        best = last
        for trial in sorted(sets, key=lambda chosen: (problem.bytes(chosen), sorted(chosen))):
            best = trial if problem.improves(best, trial) else best
        if problem.improves(last, best, _LEAST):
            found.append((budget, best))
    return found


def _fitting(harvest: Harvest, problem: Problem) -> Harvest:
    def fits(index: Index) -> bool:
        return problem.fits(frozenset((index,)))

    return Harvest(
        frozenset(filter(fits, harvest.candidates)),
        frozenset(filter(fits, harvest.pool)),
        frozenset(team for team in harvest.teams if problem.fits(team)),
    )


def budgets(problem: Problem, whole: Configuration, number: int = BUDGETS) -> list[int]:
    """Bytes, in equal ratios from the smallest index of the set to all of it; the first holds that one."""
    sizes = sorted(problem.size(index) for index in whole)
    if not sizes:
        return []
    least, most = max(sizes[0], 1), sum(sizes)
    ratio = (most / least) ** (1 / (number - 1))
    return sorted({*(math.ceil(least * ratio**step) for step in range(number - 1)), most})


def _point(problem: Problem, budget: int, chosen: Configuration, before: float) -> Point:
    cost = problem.objective(chosen)
    return Point(
        budget_bytes=budget,
        storage_bytes=problem.bytes(chosen),
        cost=cost,
        write_cost=sum(problem.write_cost(index) for index in sorted(chosen)),
        relative_cost=cost / before if before else 1.0,
        indexes=tuple(index.definition() for index in sorted(chosen)),
    )


def knee(points: Sequence[tuple[float, float]]) -> int | None:
    """The number of the point of a falling curve that lies farthest below the line between the first and the last;
    None where none is far below.
    """
    if len(points) < 3:
        return None
    (first_x, first_y), (last_x, last_y) = points[0], points[-1]
    if last_x <= first_x or last_y >= first_y:
        return None
    below = [(first_y - y) / (first_y - last_y) - (x - first_x) / (last_x - first_x) for x, y in points]
    best = max(range(len(points)), key=lambda number: (below[number], -number))
    return best if below[best] >= LEAST_BEND else None
