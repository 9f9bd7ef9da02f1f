"""Which parameter sets stay of many."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from dbopt.workload.parameter_sets import LARGEST_SET, ParameterSets, Set

FINGERPRINT = "00c0ffee00c0ffee"
EXECUTIONS = st.lists(
    st.tuples(
        st.tuples(st.none() | st.sampled_from("abcdefghij"), st.none() | st.sampled_from("xyz")),
        st.none() | st.sampled_from([0.0, 1.0, 2.5, 100.0]),
    ),
    max_size=80,
)


def sampled(executions: list[tuple[Set, float | None]], limit: int = 5, start: int = 0) -> ParameterSets:
    sets = ParameterSets(FINGERPRINT, limit)
    for place, (values, elapsed) in enumerate(executions, start):
        sets.add(values, elapsed, place)
    return sets


def test_few_sets_all_stay_and_equal_ones_count_once() -> None:
    executions: list[tuple[Set, float | None]] = [(("a",), 1.0), (("b",), 3.0), (("a",), 2.0), ((None,), 1.0)]
    sets = sampled(executions)
    assert sorted(sets.chosen, key=str) == [("a",), ("b",), (None,)]
    assert sets.chosen[-1] == ("b",)
    assert sets.seen == 4


@given(EXECUTIONS, st.integers(1, 6))
def test_the_slowest_is_always_among_them(executions: list[tuple[Set, float | None]], limit: int) -> None:
    sets = sampled(executions, limit)
    timed = [(elapsed, values) for values, elapsed in executions if elapsed is not None]
    distinct = {values for values, _ in executions}
    assert len(sets.chosen) == len(set(sets.chosen)) == min(limit, len(distinct))
    assert set(sets.chosen) <= distinct
    if timed:
        longest = max(elapsed for elapsed, _ in timed)
        assert sets.chosen[-1] in {values for elapsed, values in timed if elapsed == longest}


@given(EXECUTIONS, st.integers(0, 80), st.integers(1, 6))
def test_workers_together_choose_what_one_would(
    executions: list[tuple[Set, float | None]], cut: int, limit: int
) -> None:
    whole = sampled(executions, limit)
    first, second = sampled(executions[:cut], limit), sampled(executions[cut:], limit, start=min(cut, len(executions)))
    second.merge(first)
    assert second.chosen == whole.chosen
    assert second.seen == whole.seen


def test_none_are_kept_where_none_are_wanted() -> None:
    assert sampled([(("a",), 1.0)], limit=0).chosen == ()


def test_a_set_stays_the_likelier_the_more_often_it_was_used() -> None:
    """Of a thousand statements, each half the time with one set, else with one of a hundred rare ones. The chance
    that the common one is among three is 1 - 0.5^3; it would be 3 in 101 if all were alike.
    """
    kept = 0
    for number in range(1000):
        sets = ParameterSets(f"{number * 7919 + 13:016x}", 3)
        for place in range(200):
            sets.add(("common",) if place % 2 else (f"rare {place}",), None, place)
        kept += ("common",) in sets.chosen
    assert 800 < kept < 950


def test_every_rare_set_is_as_likely_as_the_others() -> None:
    counts = [0, 0]
    for number in range(2000):
        for values in sampled_with(f"{number:016x}").chosen:
            counts[int(values[0] or 0) >= 50] += 1
    assert abs(counts[0] - counts[1]) < 0.1 * sum(counts)


def sampled_with(fingerprint: str) -> ParameterSets:
    sets = ParameterSets(fingerprint, 2)
    for place in range(100):
        sets.add((str(place),), None, place)
    return sets


def test_what_cannot_be_used_is_counted_not_kept() -> None:
    sets = sampled([(("a", "b"), 1.0)])
    sets.add(("cut",), 9.0, 1, truncated=True)
    sets.add(("a",), 9.0, 2)
    sets.add(("x" * LARGEST_SET, "y"), 9.0, 3)
    assert sets.chosen == (("a", "b"),)
    assert (sets.seen, sets.truncated, sets.unfit, sets.oversized) == (4, 1, 1, 1)


def test_lists_of_another_length_seen_by_another_worker() -> None:
    few, many = sampled([(("a",), 1.0)]), sampled([(("a", "b"), 1.0), (("a", "c"), 2.0)])
    few.merge(many)
    assert few.chosen[-1] == ("a", "c")
    assert (few.width, few.seen, few.unfit) == (2, 3, 1)


def test_memory_does_not_grow_with_executions() -> None:
    sets = ParameterSets(FINGERPRINT)
    for place in range(1000):
        sets.add((str(place) * 10,), float(place % 97), place)
    tracemalloc.start()
    for place in range(1000, 50_000):
        sets.add((str(place) * 10,), float(place % 97), place)
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert grown < 10_000
