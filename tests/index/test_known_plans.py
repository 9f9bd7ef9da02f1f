"""The best set by the plans that are known: no other set within the budget is better by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.index.costs import Answer, Configuration
from dbopt.index.known_plans import best_set
from dbopt.index.model import Index, Key

INDEXES = [Index("public", "t" if name < "d" else "u", (Key(name),)) for name in "abcde"]
WRITES = [0.0, 1.0, 2.0, 3.0, 4.0]

Plans = Sequence[dict[str, float]]
"""By statement: plans by the letters of the indexes that they read; "" reads none."""


def best(plans: Plans, sizes: Sequence[int], budget: int | None, most: int | None = None) -> str:
    answers = [[Answer(cost, chosen(letters)) for letters, cost in one.items()] for one in plans]
    size = dict(zip(INDEXES, sizes, strict=True)).__getitem__
    write = dict(zip(INDEXES, WRITES, strict=True)).__getitem__
    found = best_set(answers, [1.0] * len(plans), size, write, budget, most)
    assert found is not None
    return "".join(sorted(index.keys[0].name for index in found))


def chosen(letters: str) -> Configuration:
    return frozenset(INDEXES["abcde".index(letter)] for letter in letters)


def test_two_indexes_that_help_only_together_are_found() -> None:
    assert best([{"": 100, "ab": 10}, {"": 100, "a": 90}], [1] * 5, None) == "ab"


def test_a_large_index_gives_way_to_two_small_ones() -> None:
    assert best([{"": 100, "a": 40}, {"": 100, "b": 50}, {"": 100, "c": 50}], [10, 5, 5, 1, 1], 10) == "bc"


def test_two_small_indexes_give_way_to_a_large_one() -> None:
    assert best([{"": 100, "a": 10}, {"": 100, "b": 95}, {"": 100, "c": 95}], [10, 5, 5, 1, 1], 10) == "a"


def test_what_costs_the_writes_more_than_it_saves_is_left_out() -> None:
    assert best([{"": 100, "a": 40}, {"": 100, "e": 97}], [1] * 5, None) == "a"


def test_nothing_known_but_plans_without_indexes_gives_no_index() -> None:
    assert best([{"": 100}], [1] * 5, 10) == ""


def test_a_budget_is_kept_to_the_byte() -> None:
    plans: Plans = [{"": 100, "a": 40}, {"": 100, "b": 40}]
    assert best(plans, [500_000_000, 500_000_001, 1, 1, 1], 1_000_000_000) == "a"
    assert best(plans, [500_000_000, 499_999_000, 1, 1, 1], 1_000_000_000) == "ab"


def test_the_solver_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    best([{"": 100, "a": 40}, {"": 100, "b": 50}], [1] * 5, 1)
    assert capfd.readouterr() == ("", "")


letters = st.sets(st.sampled_from("abcde"), min_size=1, max_size=3).map(lambda found: "".join(sorted(found)))
statements = st.lists(
    st.dictionaries(letters, st.floats(1, 99), max_size=4).map(lambda found: {"": 100.0, **found}),
    min_size=1,
    max_size=4,
)


@given(statements, st.lists(st.integers(1, 9), min_size=5, max_size=5), st.integers(1, 20), st.integers(1, 3))
def test_no_other_set_is_better(plans: Plans, sizes: list[int], budget: int, most: int) -> None:
    def places(letters: str) -> list[int]:
        return ["abcde".index(letter) for letter in letters]

    def total(letters: str) -> float:
        reads = sum(min(cost for used, cost in one.items() if set(used) <= set(letters)) for one in plans)
        return reads + sum(WRITES[place] for place in places(letters))

    def fits(letters: str) -> bool:
        by_table = len(letters) - sum(letter in letters for letter in "de"), sum(letter in letters for letter in "de")
        return sum(sizes[place] for place in places(letters)) <= budget and max(by_table) <= most

    def sets() -> Iterator[str]:
        for number in range(6):
            yield from ("".join(one) for one in combinations("abcde", number))

    found = best(plans, sizes, budget, most)
    assert fits(found)
    assert total(found) == pytest.approx(min(total(one) for one in sets() if fits(one)), rel=2e-4)
