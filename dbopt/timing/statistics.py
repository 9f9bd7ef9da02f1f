"""The statistics of few and noisy runs. Pure, and the same result for the same input."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from statistics import median

__all__ = ["lower_quartile", "median", "rank_sum_p", "ratio_interval"]

_RESAMPLES = 2000
_SEED = 20241123
_EXACT_UP_TO = 12  # runs on each side: 2.7 million ways to divide them, counted in milliseconds


def ratio_interval(
    numerator: Sequence[float],
    denominator: Sequence[float],
    confidence: float = 0.95,
    of: Callable[[Sequence[float]], float] = median,
) -> tuple[float, float]:
    """Percentile bootstrap interval of median(numerator) / median(denominator), both sides resampled on their own; `of`
    takes another statistic than the median.

    B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979); the percentile interval
    after Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13. Both sides need a run and values
    above zero.
    """
    draw = random.Random(_SEED)  # noqa: S311 - resampling
    ratios = sorted(
        of(draw.choices(numerator, k=len(numerator))) / of(draw.choices(denominator, k=len(denominator)))
        for _ in range(_RESAMPLES)
    )
    tail = (1 - confidence) / 2
    return _quantile(ratios, tail), _quantile(ratios, 1 - tail)


def lower_quartile(values: Sequence[float]) -> float:
    """The value that a quarter of the runs stay below: load on the machine only ever adds to a run, and moves this less
    than the median.
    """
    return _quantile(sorted(values), 0.25)


def rank_sum_p(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided p of the Mann-Whitney U test that neither side tends to larger values.

    Exact where both sides are small and no two values are equal; otherwise the normal approximation with correction
    for ties and continuity. H. B. Mann and D. R. Whitney, "On a test of whether one of two random variables is
    stochastically larger than the other", Annals of Mathematical Statistics 18 (1947).
    """
    u = sum(_wins(one, other) for one in first for other in second)
    tied = len({*first, *second}) < len(first) + len(second)
    if not tied and max(len(first), len(second)) <= _EXACT_UP_TO:
        return _exact_p(u, len(first), len(second))
    return _approximate_p(u, first, second)


def _wins(one: float, other: float) -> float:
    return 1.0 if one > other else 0.5 if one == other else 0.0


def _exact_p(u: float, m: int, n: int) -> float:
    """From the number of orderings for each U, by the recurrence of Mann and Whitney's paper."""
    counts = _orderings(m, n)
    extreme = min(u, m * n - u)
    return min(1.0, 2 * sum(counts[: int(extreme) + 1]) / math.comb(m + n, m))


def _orderings(m: int, n: int) -> list[int]:
    """How many of the orderings of m and n values have U = 0, 1, ...: coefficients of the Gaussian binomial."""
    counts = [1] + [0] * (m * n)
    for factor in range(1, m + 1):
        upper, lower = n + factor, factor
        for index in range(m * n, upper - 1, -1):
            counts[index] -= counts[index - upper]
        for index in range(lower, m * n + 1):
            counts[index] += counts[index - lower]
    return counts


def _approximate_p(u: float, first: Sequence[float], second: Sequence[float]) -> float:
    m, n = len(first), len(second)
    total = m + n
    pooled = [*first, *second]
    ties = sum(count**3 - count for count in (pooled.count(value) for value in set(pooled)))
    variance = m * n / 12 * ((total + 1) - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(u - m * n / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def _quantile(ordered: Sequence[float], part: float) -> float:
    """Linear between the neighbours: definition 7 of Hyndman and Fan (1996)."""
    position = part * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)
