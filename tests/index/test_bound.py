"""The bound: no set of candidates within the budget costs less, and it is close where the planner was asked enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.index.costs import Answer, Configuration, Costs
from dbopt.index.harvest import harvest, widened
from dbopt.index.model import Index, Key
from dbopt.index.problem import Problem
from dbopt.index.selection import select

LETTERS = "abcde"
INDEXES = {letter: Index("public", "t", (Key(letter),)) for letter in LETTERS}
EVERY: Configuration = frozenset(INDEXES.values())
Plans = Mapping[str, float]
"""What a statement costs by the letters of the indexes that it reads; "" reads none."""


def chosen(letters: str) -> Configuration:
    return frozenset(INDEXES[letter] for letter in letters)


def a_problem(
    plans: Sequence[Plans],
    sizes: Sequence[int],
    budget: int | None,
    writes: float = 0.0,
    max_per_table: int | None = None,
    max_calls: int | None = None,
) -> Problem:
    def ask(number: int, indexes: Configuration) -> Answer:
        open_ = [(cost, letters) for letters, cost in plans[number].items() if chosen(letters) <= indexes]
        cost, letters = min(open_)
        return Answer(cost, chosen(letters))

    costs = Costs(ask, [one[""] for one in plans], lambda *_: True, max_calls)
    size = dict(zip(INDEXES.values(), sizes, strict=True)).__getitem__
    return Problem(costs, [1.0] * len(plans), size, lambda _: writes, budget, max_per_table=max_per_table)


def found(problem: Problem, made_later: str = "") -> tuple[float, float]:
    """The objective of what is chosen, and the bound. Some indexes come when the others are harvested already."""
    fitting = frozenset(index for index in EVERY if problem.fits(frozenset((index,))))
    first = fitting - chosen(made_later)
    harvested = harvest(problem.costs, [first] * len(problem.weights), 1)
    harvested = widened(problem.costs, harvested, fitting & chosen(made_later))
    objective = problem.objective(select(problem, harvested))
    return objective, problem.bound(harvested.candidates, objective)


def test_without_a_budget_the_best_index_of_each_statement_is_the_bound() -> None:
    problem = a_problem([{"": 100, "a": 10, "b": 50}, {"": 100, "c": 20}], [1] * 5, None)
    objective, bound = found(problem)
    assert objective == 30
    assert bound == pytest.approx(30)


def test_what_the_budget_has_no_room_for_raises_the_bound() -> None:
    problem = a_problem([{"": 100, "a": 10}, {"": 100, "b": 10}], [5] * 5, 5)
    objective, bound = found(problem)
    assert objective == 110
    assert bound == pytest.approx(110, rel=0.01)


def test_what_indexes_cost_the_writes_raises_the_bound() -> None:
    problem = a_problem([{"": 100, "a": 10}], [1] * 5, None, writes=30)
    objective, bound = found(problem)
    assert objective == 40
    assert bound == pytest.approx(40, rel=0.01)


def test_a_statement_that_was_never_asked_may_cost_nothing() -> None:
    problem = a_problem([{"": 100, "a": 10}], [1] * 5, None)
    assert problem.bound(EVERY, problem.objective(frozenset())) == 0


_LETTERS = st.sets(st.sampled_from(LETTERS), min_size=1, max_size=3).map(lambda some: "".join(sorted(some)))
_STATEMENT = st.dictionaries(_LETTERS, st.floats(1, 99), max_size=4).map(lambda plans: {"": 100.0, **plans})


@given(
    st.lists(_STATEMENT, min_size=1, max_size=4),
    st.lists(st.integers(1, 9), min_size=5, max_size=5),
    st.integers(0, 30),
    st.floats(0, 20),
    st.none() | st.integers(1, 3),
    st.sets(st.sampled_from(LETTERS)).map("".join),
    st.integers(0, 20),
)
def test_no_set_that_is_allowed_goes_below_the_bound(
    plans: list[Plans], sizes: list[int], budget: int, writes: float, most: int | None, later: str, calls: int
) -> None:
    problem = a_problem(plans, sizes, budget, writes, most, calls)
    objective, bound = found(problem, later)
    problem.costs.allow(1000)  # what follows is to know the truth
    sets = [frozenset(some) for count in range(6) for some in combinations(sorted(EVERY), count)]
    best = min(problem.objective(some) for some in sets if problem.fits(some))
    assert bound <= best + 1e-6
    assert best <= objective + 1e-6


def test_an_index_that_was_made_of_two_others_counts_for_the_bound() -> None:
    problem = a_problem([{"": 100, "a": 50, "e": 10}], [1] * 5, None)
    harvested = widened(problem.costs, harvest(problem.costs, [chosen("a")], 1), chosen("e"))
    assert problem.bound(harvested.candidates, problem.objective(chosen("a"))) == pytest.approx(10)


def test_the_bound_knows_that_a_table_gets_only_so_many() -> None:
    problem = a_problem([{"": 100, "a": 10}, {"": 100, "b": 40}], [1] * 5, None, max_per_table=1)
    choice = select(problem, harvest(problem.costs, [EVERY, EVERY], 3))
    assert problem.objective(choice) == pytest.approx(110)
    assert problem.bound(EVERY, problem.objective(choice)) == pytest.approx(110)


def test_where_nothing_can_be_had_the_bound_is_the_cost() -> None:
    problem = a_problem([{"": 100, "a": 10}], [1] * 5, None)
    assert problem.bound(frozenset(), 100) == 100
