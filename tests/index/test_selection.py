"""Choosing indexes: few questions to the planner, a budget that is kept, nothing that is not worth it. The planner here
is a formula: an index saves a share of a statement's cost, and the best one is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from dbopt.index.costs import Answer, Configuration, Costs
from dbopt.index.harvest import harvest
from dbopt.index.model import Index, Key
from dbopt.index.problem import Problem
from dbopt.index.selection import select

BASE = 1000.0
Savings = Mapping[tuple[int, Index], float]


def an_index(*columns: str, table: str = "t", include: tuple[str, ...] = ()) -> Index:
    return Index("public", table, tuple(Key(column) for column in columns), include)


A, B, C = an_index("a"), an_index("b"), an_index("c")
A_B = an_index("a", "b")


class Planner:
    """Answers from a table of savings, and counts."""

    def __init__(self, savings: Savings, statements: int) -> None:
        self.savings = savings
        self.statements = statements
        self.calls = 0

    def __call__(self, number: int, indexes: Configuration) -> Answer:
        self.calls += 1
        offers = [(BASE - self.savings.get((number, one), 0.0), one) for one in sorted(indexes)]
        cost, best = min(offers, default=(BASE, None))
        return Answer(cost, frozenset((best,)) if best is not None and cost < BASE else frozenset())

    def choose(
        self,
        *,
        budget: int | None = None,
        sizes: Mapping[Index, int] | None = None,
        writes: Mapping[Index, float] | None = None,
        max_calls: int | None = None,
        max_per_table: int | None = None,
        weights: Sequence[float] | None = None,
    ) -> set[Index]:
        indexes = frozenset(index for _, index in self.savings)
        bases = [BASE] * self.statements
        costs = Costs(self, bases, lambda number, index: (number, index) in self.savings, max_calls)
        problem = Problem(
            costs,
            weights or [1.0] * self.statements,
            lambda index: (sizes or {}).get(index, 10),
            lambda index: (writes or {}).get(index, 0.0),
            budget,
            max_per_table=max_per_table,
        )
        fitting = frozenset(index for index in indexes if problem.fits(frozenset((index,))))
        own = [frozenset(i for i in fitting if (n, i) in self.savings) for n in range(self.statements)]
        return set(select(problem, harvest(costs, own, 3)))


def test_the_best_index_is_chosen() -> None:
    assert Planner({(0, A): 100, (0, B): 900}, 1).choose() == {B}


def test_each_statement_gets_its_own() -> None:
    assert Planner({(0, A): 500, (1, B): 500}, 2).choose() == {A, B}


def test_under_a_budget_the_better_use_of_bytes_wins() -> None:
    planner = Planner({(0, A): 600, (1, B): 500, (2, C): 500}, 3)
    assert planner.choose(budget=20, sizes={A: 20, B: 10, C: 10}) == {B, C}


def test_under_a_budget_one_large_index_may_beat_small_ones() -> None:
    planner = Planner({(0, A): 900, (1, B): 200}, 2)
    assert planner.choose(budget=20, sizes={A: 20, B: 1}) == {A}


def test_a_table_gets_no_more_indexes_than_allowed_and_the_best_of_them() -> None:
    elsewhere = an_index("d", table="u")
    planner = Planner({(0, A): 300, (1, B): 900, (2, C): 600, (3, elsewhere): 100}, 4)
    assert planner.choose(max_per_table=1) == {B, elsewhere}
    assert planner.choose(max_per_table=2) == {B, C, elsewhere}


def test_where_a_table_may_get_one_index_it_is_one_that_serves_all() -> None:
    planner = Planner({(0, A): 900, (0, A_B): 600, (1, B): 800, (1, A_B): 600}, 2)
    assert planner.choose(max_per_table=1) == {A_B}


def test_what_does_not_fit_is_left_out() -> None:
    assert Planner({(0, A): 900}, 1).choose(budget=5, sizes={A: 10}) == set()


def test_an_index_that_costs_writes_more_than_it_saves_is_left_out() -> None:
    assert Planner({(0, A): 500}, 1).choose(writes={A: 501}) == set()
    assert Planner({(0, A): 500}, 1).choose(writes={A: 400}) == {A}


def test_a_gain_of_less_than_a_hundredth_is_not_worth_an_index() -> None:
    assert Planner({(0, A): 9}, 1).choose() == set()
    assert Planner({(0, A): 11}, 1).choose() == {A}


def test_a_narrower_index_that_does_almost_as_well_is_preferred() -> None:
    assert Planner({(0, A): 896, (0, A_B): 900}, 1).choose(sizes={A: 10, A_B: 15}) == {A}
    assert Planner({(0, A): 880, (0, A_B): 900}, 1).choose(sizes={A: 10, A_B: 15}) == {A_B}
    assert Planner({(0, A): 500, (0, A_B): 900}, 1).choose(sizes={A: 10, A_B: 15}) == {A_B}


def test_the_room_that_a_narrower_index_leaves_is_used() -> None:
    planner = Planner({(0, A): 896, (0, A_B): 900, (1, C): 999}, 2)
    assert planner.choose(sizes={A: 10, A_B: 15, C: 5}, budget=15, weights=(1000, 1)) == {A, C}


def test_a_frequent_statement_does_not_make_up_for_one_that_a_narrower_index_ruins() -> None:
    planner = Planner({(0, A): 900, (0, A_B): 900, (1, A): 100, (1, A_B): 990}, 2)
    assert planner.choose(sizes={A: 10, A_B: 15}, weights=(1e12, 1)) == {A_B}


def test_a_frequent_statement_does_not_hide_another() -> None:
    planner = Planner({(0, A): 900, (1, B): 500, (1, C): 600}, 2)
    assert planner.choose(weights=(1e12, 1)) == {A, C}


def test_the_beginning_of_another_index_needs_a_good_reason() -> None:
    assert Planner({(0, A): 600, (0, A_B): 500, (1, A_B): 900}, 2).choose() == {A, A_B}
    assert Planner({(0, A): 550, (0, A_B): 500, (1, A_B): 900}, 2).choose() == {A_B}


def test_when_the_calls_are_spent_it_answers_with_what_it_knows() -> None:
    planner = Planner({(n, index): 100.0 * n for n in range(1, 5) for index in (A, B, C)}, 5)
    chosen = planner.choose(max_calls=5)
    assert planner.calls == 5
    assert chosen <= {A, B, C}


def test_a_plan_is_not_asked_for_twice() -> None:
    planner = Planner({(0, A): 100, (0, B): 900}, 1)
    costs = Costs(planner, [BASE], lambda *_: True)
    everything = frozenset((A, B, C))
    assert costs.answer(0, everything) == Answer(100.0, frozenset((B,)))
    assert costs.answer(0, frozenset((B,))).cost == 100.0
    assert costs.answer(0, frozenset((B, C))).cost == 100.0
    assert planner.calls == 1
    assert costs.bound(0, frozenset((A,))) == 100.0
    assert costs.cost(0, frozenset((A,))) == 900.0
    assert planner.calls == 2


def test_a_narrower_index_that_is_larger_does_not_break_the_budget() -> None:
    b_c = an_index("b", "c")
    planner = Planner({(0, C): 11, (1, B): 10, (2, b_c): 1}, 3)
    sizes = {A: 1, B: 2, b_c: 1, C: 10}
    chosen = planner.choose(budget=11, sizes=sizes)
    assert sum(sizes[index] for index in chosen) <= 11


_INDEXES = st.sampled_from([A, B, C, A_B, an_index("b", "c"), an_index("a", include=("c",))])
_SAVINGS = st.dictionaries(st.tuples(st.integers(0, 3), _INDEXES), st.floats(0, 999), max_size=16)


@given(_SAVINGS, st.integers(0, 60), st.dictionaries(_INDEXES, st.integers(1, 30)))
def test_the_budget_is_kept_and_nothing_is_useless(savings: Savings, budget: int, sizes: dict[Index, int]) -> None:
    planner = Planner(savings, 4)
    chosen = planner.choose(budget=budget, sizes=sizes)
    assert sum(sizes.get(index, 10) for index in chosen) <= budget
    for index in chosen:
        without = [planner(n, frozenset(chosen - {index})).cost for n in range(4)]
        assert sum(without) > sum(planner(n, frozenset(chosen)).cost for n in range(4))


@given(_SAVINGS, st.integers(1, 2))
def test_the_best_index_of_a_table_is_found_by_trying_all(savings: Savings, most: int) -> None:
    planner = Planner(savings, 4)
    chosen = planner.choose(max_per_table=most)
    assert len(chosen) <= most

    def total(indexes: Configuration) -> float:
        return sum(planner(number, indexes).cost for number in range(4))

    singles = [frozenset((index,)) for _, index in savings]
    best = min(map(total, singles), default=4 * BASE)
    assert total(frozenset(chosen)) <= best + 0.02 * 4 * BASE + 0.06 * (4 * BASE - best)


@given(_SAVINGS)
def test_the_same_input_gives_the_same_choice(savings: Savings) -> None:
    shuffled = dict(sorted(savings.items(), reverse=True))
    assert Planner(savings, 4).choose(budget=30) == Planner(shuffled, 4).choose(budget=30)
