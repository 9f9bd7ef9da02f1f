"""The search among plans that are known: it asks nothing, keeps to the budget, and never makes a set worse."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from dbopt.index.costs import Answer, Configuration
from dbopt.index.known_plans import KnownPlans
from dbopt.index.model import Index, Key

INDEXES = [Index("public", "t", (Key(name),)) for name in "abcde"]
NOTHING: Configuration = frozenset()


def known(plans: Sequence[dict[str, float]], sizes: Sequence[int], budget: int | None) -> KnownPlans:
    """Plans by the letters of the indexes that they read; "" reads none."""
    answers = [[Answer(cost, chosen(letters)) for letters, cost in one.items()] for one in plans]
    size = dict(zip(INDEXES, sizes, strict=True)).__getitem__
    return KnownPlans.of(answers, [1.0] * len(plans), size, lambda _: 0.0, budget, (1.0, 0.5, 0.0))


def chosen(letters: str) -> Configuration:
    return frozenset(INDEXES["abcde".index(letter)] for letter in letters)


def test_two_indexes_that_help_only_together_are_found_where_one_of_them_is_there() -> None:
    plans = known([{"": 100, "ab": 10}, {"": 100, "a": 90}], [1] * 5, None)
    assert plans.improved(chosen("a")) == chosen("ab")


def test_a_large_index_gives_way_to_two_small_ones() -> None:
    plans = known([{"": 100, "a": 40}, {"": 100, "b": 50}, {"": 100, "c": 50}], [10, 5, 5, 1, 1], 10)
    assert plans.improved(chosen("a")) == chosen("bc")


def test_two_small_indexes_give_way_to_a_large_one() -> None:
    plans = known([{"": 100, "a": 10}, {"": 100, "b": 95}, {"": 100, "c": 95}], [10, 5, 5, 1, 1], 10)
    assert plans.improved(chosen("bc")) == chosen("a")


def test_what_serves_nothing_is_left_out() -> None:
    plans = known([{"": 100, "a": 40}, {"": 100, "b": 100}], [1] * 5, None)
    assert plans.improved(chosen("e")) == chosen("a")


letters = st.sets(st.sampled_from("abcde"), min_size=1, max_size=3).map(lambda found: "".join(sorted(found)))
statements = st.lists(
    st.dictionaries(letters, st.floats(1, 99), max_size=4).map(lambda found: {"": 100.0, **found}),
    min_size=1,
    max_size=4,
)


@given(statements, st.lists(st.integers(1, 9), min_size=5, max_size=5), st.integers(1, 20))
def test_it_is_never_worse_than_any_single_index_and_fits(
    plans: list[dict[str, float]], sizes: list[int], budget: int
) -> None:
    def total(letters: str) -> float:
        return sum(min(cost for used, cost in one.items() if set(used) <= set(letters)) for one in plans)

    def size(letters: str) -> int:
        return sum(sizes["abcde".index(letter)] for letter in letters)

    found = known(plans, sizes, budget).improved(NOTHING)
    names = "".join(sorted(index.keys[0].name for index in found))
    assert size(names) <= budget
    singles = ["", *("".join(one) for one in combinations("abcde", 1) if size(one[0]) <= budget)]
    assert total(names) <= min(map(total, singles)) + 1e-6
