"""What samples say, on made-up sessions whose truth is known: no clock has a part in it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.workload.model import Wait
from dbopt.workload.sampling import Estimate, Samples, Seen, Tally, estimate, moment, shares

INTERVAL_MS = 100.0
SQL = "SELECT * FROM t WHERE id = 1"


def session(
    draw: random.Random, length_ms: Callable[[], float], gap_ms: Callable[[], float], until_ms: float
) -> list[tuple[float, float]]:
    """Executions, each with its start and end: the first began at a random moment before the time that is sampled."""
    now = -5000.0 * draw.random()
    executions = []
    while now < until_ms:
        length = length_ms()
        executions.append((now, now + length))
        now += length + gap_ms()
    return executions


def sampled(sessions: list[list[tuple[float, float]]], count: int) -> Tally:
    samples = Samples()
    for number in range(count):
        now = (number + moment(number)) * INTERVAL_MS
        samples.add(seen for pid, executions in enumerate(sessions) for seen in _at(pid, executions, now))
    samples.finish()
    [tally] = samples.tallies.values()
    return tally


def _at(pid: int, executions: list[tuple[float, float]], now: float) -> Iterator[Seen]:
    begun = [one for one in executions if one[0] <= now]
    if begun:
        start, end = begun[-1]
        yield Seen(pid, SQL, 7, now < end, None, start / 1000, now - start, end - start, cut=False)


def truth(sessions: list[list[tuple[float, float]]], until_ms: float) -> tuple[int, float]:
    """Calls that began, and time that passed in statements, while it was sampled."""
    inside = [(max(0.0, start), min(until_ms, end)) for one in sessions for start, end in one if end > 0]
    return sum(start >= 0 for one in sessions for start, _ in one), sum(end - start for start, end in inside)


SHAPES: dict[str, tuple[Callable[[random.Random], float], Callable[[random.Random], float]]] = {
    "short and even": (lambda _: 5.0, lambda draw: draw.expovariate(1 / 60)),
    "short and uneven": (lambda draw: draw.expovariate(1 / 20), lambda draw: draw.expovariate(1 / 100)),
    "on a timer": (lambda _: 8.0, lambda _: 992.0),
    "as long as the interval": (lambda draw: draw.uniform(60, 160), lambda draw: draw.expovariate(1 / 50)),
    "long": (lambda draw: draw.uniform(300, 900), lambda draw: draw.expovariate(1 / 500)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_stated_error_covers_the_truth(shape: str) -> None:
    """Over 60 runs, the estimates are right on average, and two standard errors hold nine in ten."""
    length, gap = SHAPES[shape]
    count, runs = 300, 60
    within, ratios, calls_ratios = 0, [], []
    for seed in range(runs):
        draw = random.Random(seed)
        sessions = [
            session(draw, lambda: length(draw), lambda: gap(draw), count * INTERVAL_MS)  # noqa: B023
            for _ in range(4)
        ]
        calls, total = truth(sessions, count * INTERVAL_MS)
        found = estimate(sampled(sessions, count), INTERVAL_MS)
        within += abs(found.total_ms - total) <= 2 * found.error_ms
        ratios.append(found.total_ms / total)
        calls_ratios.append(found.calls / calls)
    assert within >= 0.9 * runs
    assert math.isclose(sum(ratios) / runs, 1, rel_tol=0.1)
    assert math.isclose(sum(calls_ratios) / runs, 1, rel_tol=0.15)


def test_a_statement_met_in_each_sample_has_no_missed_executions() -> None:
    found = estimate(sampled([[(0.0, 1000.0), (1000.0, 2500.0)]], 20), INTERVAL_MS)
    assert (found.calls, found.missed) == (2, 0)
    assert found.total_ms == 2000


def test_short_executions_that_were_not_met_are_told() -> None:
    """1 ms every 10 ms: a tenth of the time, one in a hundred met."""
    found = estimate(sampled([[(n * 10.0, n * 10.0 + 1) for n in range(3000)]], 300), INTERVAL_MS)
    assert found.missed > 10 * (found.calls - found.missed)
    assert math.isclose(found.mean_ms, 1.0, rel_tol=0.05)


def test_without_an_end_in_sight_ages_tell_how_long_one_takes() -> None:
    """A session that is never idle: executions of 50 ms, one after the other."""
    found = estimate(sampled([[(n * 50.0, n * 50.0 + 50) for n in range(800)]], 300), INTERVAL_MS)
    assert math.isclose(found.mean_ms, 50, rel_tol=0.15)
    assert math.isclose(found.calls, 600, rel_tol=0.15)


SEEN = Seen(1, SQL, None, True, None, 5.0, 10.0, 0.0, cut=False)


def test_an_execution_is_a_session_and_a_start() -> None:
    samples = Samples()
    samples.add([SEEN, replace(SEEN, pid=2)])
    samples.add([replace(SEEN, age_ms=110), replace(SEEN, pid=2, started=5.1)])
    samples.add([])
    samples.add([replace(SEEN, started=6.0)])
    samples.finish()
    [tally] = samples.tallies.values()
    assert (tally.samples, tally.executions, tally.in_several, samples.count) == (5, 4, 1, 4)


def test_idle_sessions_are_not_counted_as_running() -> None:
    samples = Samples()
    samples.add([replace(SEEN, runs=False, took_ms=4)])
    samples.add([replace(SEEN, runs=False, started=6.0, took_ms=4)])
    samples.finish()
    [tally] = samples.tallies.values()
    assert (tally.samples, tally.executions, tally.ended) == (0, 0, 1)


def test_texts_that_differ_in_values_are_one_statement_and_a_query_identifier_goes_first() -> None:
    samples = Samples()
    samples.add([SEEN, replace(SEEN, pid=2, query=SQL.replace("1", "2"))])
    assert len(samples.tallies) == 1
    samples.add(
        [replace(SEEN, pid=3, queryid=8), replace(SEEN, pid=4, queryid=8, query="SELECT * FROM cut o", cut=True)]
    )
    assert len(samples.tallies) == 2


def test_waits_are_shares_of_the_samples() -> None:
    samples = Samples()
    for wait in (None, "IO:DataFileRead", "Lock:tuple", "IO:DataFileRead"):
        samples.add([replace(SEEN, wait=wait)])
    [tally] = samples.tallies.values()
    assert shares(tally.waits) == (Wait("IO:DataFileRead", 0.5), Wait("CPU", 0.25), Wait("Lock:tuple", 0.25))


@given(st.integers(0, 10_000), st.integers(50, 400))
def test_moments_spread_evenly_over_the_interval(start: int, count: int) -> None:
    """So that what happens at a fixed moment of each interval is met as often as it should be."""
    found = sorted(moment(number) for number in range(start, start + count))
    gaps = [later - earlier for earlier, later in zip([0.0, *found], [*found, 1.0], strict=True)]
    assert max(gaps) < 3 / count


def test_estimates_are_finite_for_the_least_that_can_be_seen() -> None:
    samples = Samples()
    samples.add([replace(SEEN, age_ms=0.0)])
    samples.finish()
    [tally] = samples.tallies.values()
    found = estimate(tally, INTERVAL_MS)
    assert isinstance(found, Estimate)
    assert found.total_ms == INTERVAL_MS
    assert all(map(math.isfinite, (found.error_ms, found.mean_ms, found.mean_error_ms)))
