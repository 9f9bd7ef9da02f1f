"""Verdicts on samples of a noisy machine, simulated."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from dbopt.check.timing_verdict import Decision, Draw, Finding, Rule, Samples, is_before, looks, repeats

Noise = Callable[[random.Random], Callable[[], float]]
"""A source of factors, 1 or more, for the runs of one comparison as they follow each other."""


def even(draw: random.Random) -> Callable[[], float]:
    return lambda: draw.lognormvariate(0, 0.05)


def heavy_tailed(draw: random.Random) -> Callable[[], float]:
    """Now and then a run is preempted, and then for long."""
    return lambda: draw.lognormvariate(0, 0.03) + (draw.paretovariate(1.2) if draw.random() < 0.15 else 0)


def bursts(draw: random.Random) -> Callable[[], float]:
    """A neighbour comes and goes: while it is there, runs take twice as long."""
    busy = False

    def factor() -> float:
        nonlocal busy
        busy ^= draw.random() < (0.1 if busy else 0.03)
        return draw.lognormvariate(0, 0.05) * (2 if busy else 1)

    return factor


def drift(draw: random.Random) -> Callable[[], float]:
    """The machine gets slower and slower."""
    level = 1.0

    def factor() -> float:
        nonlocal level
        level *= 1.003
        return level * draw.lognormvariate(0, 0.05)

    return factor


NOISES: tuple[Noise, ...] = (even, heavy_tailed, bursts, drift)


def machine(noise: Noise, seed: int, slowdown: float = 1.0, ms: float = 2.0, bias: float = 0.0) -> Draw:
    """Samples of 3 runs each, in turn; `bias` is by how much connections differ in speed."""
    draw = random.Random(seed)
    factor = noise(draw)

    def samples(count: int) -> Samples:
        sides: Samples = ([], [])
        speeds = [ms * draw.uniform(1, 1 + bias), ms * slowdown * draw.uniform(1, 1 + bias)]
        for place in range(2 * count):
            side = 0 if is_before(place) else 1
            sides[side].append(speeds[side] * min(factor() for _ in range(3)))
        return sides

    return samples


def findings(times: int, noise: Noise, slowdown: float, bias: float = 0.0, most: int = 32) -> Counter[Finding]:
    draws = (machine(noise, seed, slowdown, bias=bias) for seed in range(times))
    return Counter(Decision(draw, 0.10, most).reach()[0] for draw in draws)


@pytest.mark.parametrize("noise", NOISES)
def test_noise_alone_is_never_slower_or_faster(noise: Noise) -> None:
    found = findings(50, noise, 1.0)
    assert (found["slower"], found["faster"]) == (0, 0)
    assert found["same"] >= 30


def test_a_connection_that_is_slower_than_another_is_no_slower_statement() -> None:
    found = findings(50, even, 1.0, bias=0.15)
    assert (found["slower"], found["faster"]) == (0, 0)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("slowdown", "expected"), [(1.3, "slower"), (1.5, "slower"), (1 / 1.5, "faster")])
def test_real_differences_are_found(noise: Noise, slowdown: float, expected: Finding) -> None:
    found = findings(10, noise, slowdown, most=64)
    assert found[expected] >= 7
    assert found["same"] == 0


def test_a_difference_within_the_tolerance_is_the_same() -> None:
    found = findings(50, even, 1.04)
    assert found["same"] >= 45
    assert found["slower"] == 0


def steady(before_ms: float, after_ms: float) -> Draw:
    return lambda count: (
        [before_ms * (1 + 0.001 * n) for n in range(count)],
        [after_ms * (1 + 0.001 * n) for n in range(count)],
    )


def test_the_tolerance_decides() -> None:
    assert Decision(steady(10, 13), 0.10).reach()[0] == "slower"
    assert Decision(steady(10, 13), 0.50).reach()[0] == "same"


def test_what_nobody_would_notice_is_the_same() -> None:
    assert Decision(steady(0.02, 0.05), 0.10).reach()[0] == "same"
    assert Decision(steady(0, 0), 0.10).reach()[0] == "same"
    assert Decision(steady(0.02, 0.15), 0.10).reach()[0] == "slower"


def test_the_figures_are_of_all_samples() -> None:
    finding, timed = Decision(steady(10, 20), 0.10).reach()
    assert timed is not None
    assert (finding, timed.runs) == ("slower", 16)
    assert timed.ratio == pytest.approx(2)
    assert timed.ci_low < 2 < timed.ci_high
    assert timed.p < 0.001
    assert timed.after_ms == pytest.approx(2 * timed.before_ms)


def test_a_claim_that_is_not_confirmed_is_none() -> None:
    batches = iter([steady(10, 20), *[steady(10, 10)] * 9])
    assert Decision(lambda count: next(batches)(count), 0.10).reach()[0] == "same"


def test_no_more_samples_than_allowed_are_taken() -> None:
    asked: list[int] = []

    def draw(count: int) -> Samples:
        asked.append(count)
        return [1.0, 5.0] * (count // 2), [1.0, 5.0] * (count // 2)

    assert Decision(draw, 0.10, 24).reach()[0] == "undecided"
    assert asked == [8, 8, 8]


def test_out_of_time_there_is_no_verdict() -> None:
    assert Decision(lambda _: ([], []), 0.10).reach() == ("undecided", None)
    finding, timed = Decision(lambda _: ([1.0, 1.0], [9.0, 9.0]), 0.10).reach()
    assert (finding, timed and timed.ratio) == ("undecided", 9)


def test_too_few_samples_never_claim_a_difference() -> None:
    assert Rule(0.10, 0.01).find([1.0, 1.1, 1.2], [9.0, 9.1, 9.2])[0] == "undecided"


def test_looks_double() -> None:
    assert looks(64) == (8, 16, 32, 64)
    assert looks(40) == (8, 16, 32, 40)
    assert looks(5) == (5,)


def test_neither_side_is_favoured_by_a_drift() -> None:
    turns = [is_before(place) for place in range(16)]
    assert turns[:4] == [True, False, False, True]
    for power in (0, 1, 2, 3):  # linear, bent, and bent again
        assert sum(place**power * (1 if turn else -1) for place, turn in enumerate(turns)) == 0


def test_short_runs_are_repeated() -> None:
    assert [repeats(ms) for ms in (0.0, 1.0, 25.0, 60.0, 5000.0)] == [8, 8, 2, 1, 1]
