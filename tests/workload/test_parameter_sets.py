"""Which executions stay of many."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dbopt.workload.parameter_sets import LARGEST, LARGEST_SLOWEST, MOST, Executions, drawn

Execution = tuple[str, str]
EXECUTIONS = st.lists(
    st.tuples(
        st.tuples(st.sampled_from("abcdefghij"), st.sampled_from(["x", "y", "z" * 60_000])),
        st.none() | st.sampled_from([0.0, 1.0, 2.5, 100.0]),
    ),
    max_size=80,
)


def sampled(executions: list[tuple[Execution, float | None]], limit: int = 5, start: int = 0) -> Executions[str]:
    found = Executions[str](limit)
    for place, (texts, elapsed) in enumerate(executions, start):
        found.add(texts, elapsed, drawn(b"%d" % place))
    return found


def test_few_all_stay_and_equal_ones_count_once() -> None:
    found = sampled([(("a", ""), 1.0), (("b", ""), 3.0), (("a", ""), 2.0), (("c", ""), 1.0)])
    assert sorted(found.chosen) == [("a", ""), ("b", ""), ("c", "")]
    assert (found.chosen[-1], found.longest) == (("b", ""), 3.0)


@given(EXECUTIONS, st.integers(1, 6))
def test_the_slowest_is_always_among_them(executions: list[tuple[Execution, float | None]], limit: int) -> None:
    found = sampled(executions, limit)
    timed = [(elapsed, texts) for texts, elapsed in executions if elapsed is not None]
    distinct = {texts for texts, _ in executions}
    assert len(found.chosen) == len(set(found.chosen)) <= min(limit, len(distinct))
    assert set(found.chosen) <= distinct
    if timed:
        longest = max(elapsed for elapsed, _ in timed)
        assert found.chosen[-1] in {texts for elapsed, texts in timed if elapsed == longest}


@given(EXECUTIONS, st.lists(st.integers(0, 80), max_size=3), st.integers(1, 6))
def test_workers_together_choose_what_one_would(
    executions: list[tuple[Execution, float | None]], cuts: list[int], limit: int
) -> None:
    edges = sorted({0, len(executions), *(min(cut, len(executions)) for cut in cuts)})
    together = Executions[str](limit)
    for start, end in pairwise(edges):
        together.merge(sampled(executions[start:end], limit, start))
    assert together.chosen == sampled(executions, limit).chosen


def test_none_are_kept_where_none_are_wanted() -> None:
    assert sampled([(("a", ""), 1.0)], limit=0).chosen == ()


def test_what_is_used_often_stays_the_likelier() -> None:
    """Of a thousand statements, each half the time with one set, else with one of a hundred rare ones. The chance
    that the common one is among three is 1 - 0.5^3; it would be 3 in 101 if all were alike.
    """
    kept = 0
    for number in range(1000):
        found = Executions[str](3)
        for place in range(200):
            found.add(("common",) if place % 2 else (f"rare {place}",), None, drawn(b"%d" % number, b"%d" % place))
        kept += ("common",) in found.chosen
    assert 800 < kept < 950


def test_every_rare_one_is_as_likely_as_the_others() -> None:
    counts = [0] * 10
    for number in range(5000):
        found = Executions[str](2)
        for place in range(100):
            found.add((str(place),), None, drawn(b"$1 = '%d'" % place, b"2026-01-01 00:00:%d" % number, place % 7))
        for (value,) in found.chosen:
            counts[int(value) // 10] += 1
    assert max(counts) < 1.2 * min(counts)


def test_the_draw_is_the_same_in_every_process() -> None:
    assert drawn(b"parameters: $1 = '7'", b"2026-01-01 00:00:00.000 UTC", 1234) == 11356756603882697359


def test_what_is_too_large_is_kept_as_the_slowest_alone() -> None:
    found = sampled([(("a", "b"), 1.0), (("x" * LARGEST, "y"), 9.0), (("x" * LARGEST, "z"), 8.0)])
    assert found.chosen == (("a", "b"), ("x" * LARGEST, "y"))
    found.add(("x" * LARGEST_SLOWEST, "y"), 99.0, 0)
    assert found.longest == 9.0


def test_memory_does_not_grow_with_executions() -> None:
    for size, most in ((10, 100_000), (LARGEST // 2, 3 * MOST)):
        found = Executions[str](50 if size > 10 else 5)
        tracemalloc.start()
        for place in range(5_000):
            found.add((f"{place:0{size}}",), float(place % 97), drawn(b"%d" % place))
        grown = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert grown < most
