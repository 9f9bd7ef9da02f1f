"""The statistics of few runs, against published and enumerated values."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.timing.statistics import rank_sum_p, ratio_interval


def enumerated_p(first: list[float], second: list[float]) -> float:
    """Two-sided p by trying every way to divide the values, for values without ties."""
    pooled = [*first, *second]

    def u(chosen: tuple[float, ...]) -> int:
        rest = [value for value in pooled if value not in chosen]
        return sum(one > other for one in chosen for other in rest)

    all_u = [u(chosen) for chosen in itertools.combinations(pooled, len(first))]
    most = len(first) * len(second)
    extreme = min(u(tuple(first)), most - u(tuple(first)))
    return min(1.0, 2 * sum(value <= extreme for value in all_u) / len(all_u))


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=9, unique=True), st.integers(2, 4))
def test_the_exact_p_is_that_of_all_divisions(values: list[int], cut: int) -> None:
    first, second = [float(v) for v in values[:cut]], [float(v) for v in values[cut:]]
    assert rank_sum_p(first, second) == pytest.approx(enumerated_p(first, second))


@pytest.mark.parametrize(("runs", "p"), [(3, 0.1), (4, 2 / 70), (5, 2 / 252), (8, 2 / 12870)])
def test_complete_separation_is_as_certain_as_the_runs_allow(runs: int, p: float) -> None:
    low, high = [float(n) for n in range(runs)], [float(n) for n in range(100, 100 + runs)]
    assert rank_sum_p(low, high) == pytest.approx(p)
    assert rank_sum_p(high, low) == pytest.approx(p)


def test_ties_use_the_corrected_approximation() -> None:
    # By hand: U = 4.5 of 25, ties of three and two values: variance 25/12 * (11 - 30/90), z = (8 - 0.5) / 4.7140.
    assert rank_sum_p([1, 2, 2, 3, 5], [2, 4, 5, 6, 7]) == pytest.approx(0.1116, abs=1e-4)
    assert rank_sum_p([2, 2, 2], [2, 2, 2]) == 1.0


def test_many_runs_use_the_approximation() -> None:
    low, high = [float(n) for n in range(30)], [n + 15.5 for n in range(30)]
    assert rank_sum_p(low, high) < 1e-4
    assert rank_sum_p(low, [n + 0.5 for n in low]) > 0.5


def test_the_interval_holds_the_ratio_and_is_the_same_every_time() -> None:
    before, after = [100.0, 104, 99, 101, 102], [10.0, 10.4, 9.9, 10.1, 10.2]
    low, high = ratio_interval(before, after)
    assert low < 10 < high
    assert (low, high) == ratio_interval(before, after)


def test_the_interval_of_single_runs_is_a_point() -> None:
    assert ratio_interval([10.0], [5.0]) == (2, 2)


@given(
    st.lists(st.floats(0.1, 1e5), min_size=1, max_size=8),
    st.lists(st.floats(0.1, 1e5), min_size=1, max_size=8),
)
def test_the_interval_stays_within_what_was_measured(before: list[float], after: list[float]) -> None:
    low, high = ratio_interval(before, after)
    assert min(before) / max(after) <= low * (1 + 1e-9)
    assert low <= high
    assert high <= max(before) / min(after) * (1 + 1e-9)
