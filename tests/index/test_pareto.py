"""What storage buys: budgets are kept, more is never worse, and the knee is where the curve bends most."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbopt.index.costs import Configuration, Costs
from dbopt.index.harvest import harvest
from dbopt.index.model import Index
from dbopt.index.pareto import BUDGETS, CALLS, budgets, curve, knee
from dbopt.index.problem import Problem
from dbopt.index.selection import select
from tests.index.test_selection import BASE, Planner, an_index

A, B, C, D = (an_index(name) for name in "abcd")


def problem_of(
    savings: dict[tuple[int, Index], float], sizes: dict[Index, int], statements: int, weights: Sequence[float] = ()
) -> Problem:
    costs = Costs(Planner(savings, statements), [BASE] * statements, lambda number, index: (number, index) in savings)
    return Problem(costs, weights or [1.0] * statements, lambda index: sizes[index], lambda _: 0.0)


def curve_of(
    problem: Problem, savings: dict[tuple[int, Index], float], statements: int
) -> tuple[Configuration, list[tuple[int, Configuration]]]:
    """What is chosen without a budget, and the curve."""
    own = [frozenset(index for n, index in savings if n == number) for number in range(statements)]
    harvested = harvest(problem.costs, own, 3)
    whole = select(problem, harvested)
    return whole, curve(problem, harvested, whole)


def test_each_further_index_is_a_point() -> None:
    savings = {(0, A): 900.0, (1, B): 500.0, (2, C): 100.0}
    problem = problem_of(savings, {A: 10, B: 100, C: 1000}, 3)
    _, found = curve_of(problem, savings, 3)
    assert [chosen for _, chosen in found] == [frozenset(), {A}, {A, B}, {A, B, C}]
    assert [problem.bytes(chosen) for _, chosen in found] == [0, 10, 110, 1110]


@pytest.mark.parametrize("calls", [1e9, 1e13, 9e18])
def test_a_frequent_statement_does_not_hide_what_others_gain(calls: float) -> None:
    savings = {(0, A): 900.0, (1, B): 500.0, (2, C): 100.0}
    problem = problem_of(savings, {A: 10, B: 100, C: 1000}, 3, [calls, 1.0, 1.0])
    _, found = curve_of(problem, savings, 3)
    assert [chosen for _, chosen in found] == [frozenset(), {A}, {A, B}, {A, B, C}]


def test_where_nothing_helps_there_is_one_point() -> None:
    problem = problem_of({}, {}, 2)
    assert curve_of(problem, {}, 2) == (frozenset(), [(0, frozenset())])


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 4), st.sampled_from([A, B, C, D, an_index("a", "b"), an_index("c", "d")])),
        st.floats(20, 990),
        max_size=12,
    ),
    st.lists(st.integers(1, 500), min_size=6, max_size=6),
)
def test_budgets_are_kept_and_more_is_never_worse(savings: dict[tuple[int, Index], float], sizes: list[int]) -> None:
    indexes = [A, B, C, D, an_index("a", "b"), an_index("c", "d")]
    problem = problem_of(savings, dict(zip(indexes, sizes, strict=True)), 5)
    whole, found = curve_of(problem, savings, 5)
    assert all(problem.bytes(chosen) <= budget for budget, chosen in found)
    costs = [problem.objective(chosen) for _, chosen in found]
    assert all(later < earlier for earlier, later in pairwise(costs))
    assert costs[-1] <= problem.objective(whole) * (1 + 1e-6)
    again = problem_of(savings, dict(zip(indexes, sizes, strict=True)), 5)
    assert curve_of(again, savings, 5) == (whole, found)


def test_each_budget_asks_the_planner_a_few_times_only() -> None:
    indexes = [an_index(a, b) for a in "abcdefgh" for b in "ijklmnop"]
    savings = {(n, index): 10.0 + (7 * n + 13 * k) % 900 for n in range(8) for k, index in enumerate(indexes)}
    planner = Planner(savings, 8)
    costs = Costs(planner, [BASE] * 8, lambda number, index: (number, index) in savings, 10)
    problem = Problem(costs, [1.0] * 8, lambda index: 10 + 3 * indexes.index(index), lambda _: 0.0)
    curve_of(problem, savings, 8)
    assert 10 < planner.calls <= 10 + BUDGETS * CALLS


def test_budgets_grow_in_equal_ratios_up_to_all_that_helps() -> None:
    problem = problem_of({}, {A: 1000, B: 1_000_000}, 0)
    found = budgets(problem, frozenset((A, B)))
    assert (found[0], found[-1], len(found)) == (1000, 1_001_000, BUDGETS)
    ratios = [later / earlier for earlier, later in pairwise(found)]
    assert max(ratios) / min(ratios) < 1.01


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(0, 1.0), (10, 0.3), (20, 0.25), (100, 0.2)], 1),
        ([(0, 1.0), (1, 0.9), (10, 0.3), (100, 0.2)], 2),
        ([(0, 1.0), (50, 0.6), (100, 0.2)], None),  # a line
        ([(0, 1.0), (60, 0.9), (100, 0.2)], None),  # it falls late
        ([(0, 1.0), (100, 0.2)], None),
        ([(0, 1.0)], None),
        ([], None),
    ],
)
def test_the_knee_is_the_point_farthest_below_the_line_between_the_ends(
    points: list[tuple[float, float]], expected: int | None
) -> None:
    assert knee(points) == expected
