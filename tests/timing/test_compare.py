"""Verdicts on before and after."""

from __future__ import annotations

import random

import pytest

from dbopt.timing.compare import compare
from dbopt.timing.model import Compared, Timing, Timings, Verdict


def timing(
    *runs_ms: float,
    key: str = "a",
    shape: str | None = "Seq Scan",
    error: str | None = None,
    limit: float | None = None,
) -> Timing:
    middle = sorted(runs_ms)[len(runs_ms) // 2] if runs_ms else None
    return Timing(key, "SELECT 1", runs_ms, middle, 1, 1, 0, 0, shape, error, timeout_ms=limit)


def timings(*statements: Timing) -> Timings:
    return Timings("18.1", {}, statements)


def verdict(before: Timing, after: Timing) -> Compared:
    return compare(timings(before), timings(after)).statements[0]


STEADY = (100.0, 101, 99, 100.5, 99.5)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ((10, 10.2, 9.9, 10.1, 9.8), "faster"),
        ((90, 90.2, 89.9, 90.1, 89.8), "faster"),
        ((99, 101.5, 98.5, 100, 102), "same"),
        (STEADY, "same"),
        ((130, 131, 129, 130.5, 129.5), "slower"),
        ((20, 350, 90, 130, 60), "inconclusive"),
        ((50, 120, 48, 119, 51), "inconclusive"),
    ],
)
def test_the_verdict_follows_the_interval(after: tuple[float, ...], expected: Verdict) -> None:
    assert verdict(timing(*STEADY), timing(*after, shape="Index Scan")).verdict == expected


def test_a_small_difference_of_the_same_work_is_the_machines() -> None:
    slower_machine = verdict(timing(*STEADY), timing(130, 131, 129, 130.5, 129.5))
    assert slower_machine.verdict == "inconclusive"
    assert slower_machine.note is not None
    assert verdict(timing(*STEADY), timing(200, 202, 198, 201, 199)).verdict == "slower"


def test_statements_that_differ_in_literals_only_are_all_compared() -> None:
    slow, fast = timing(100, 101, 99, 100, 102, shape="a"), timing(1, 1.1, 1, 1, 1.2, shape="b")
    compared = compare(timings(fast, fast), timings(fast, slow)).statements
    assert [one.verdict for one in compared] == ["same", "slower"]


def test_a_timeout_after_some_runs_is_no_bound() -> None:
    assert verdict(timing(100, 101, 99, 100, limit=60_000), timing(100, 101, 99, 100, 102)).verdict == "same"


def test_a_clear_difference_needs_few_runs() -> None:
    assert verdict(timing(100, 110), timing(5, 6)).verdict == "faster"
    assert verdict(timing(5, 6), timing(100, 110)).verdict == "slower"
    assert verdict(timing(100, 101, 102), timing(80, 81, 82)).verdict == "inconclusive"


def test_what_nobody_would_notice_is_the_same() -> None:
    assert verdict(timing(0.01, 0.011, 0.012, 0.01), timing(0.03, 0.031, 0.032, 0.03)).verdict == "same"


def test_the_speedup_is_before_over_after() -> None:
    one = verdict(timing(*STEADY), timing(10, 10.2, 9.9, 10.1, 9.8))
    assert (one.before_ms, one.after_ms, one.speedup) == (100, 10, 10)
    assert one.ci_low is not None
    assert one.ci_high is not None
    assert one.ci_low < 10 < one.ci_high


def test_a_run_of_no_measurable_time_still_has_a_ratio() -> None:
    assert verdict(timing(5, 5, 5, 5), timing(0, 0, 0, 0)).speedup == 5000


def test_a_timeout_before_makes_the_speedup_a_lower_bound() -> None:
    one = verdict(timing(error="timeout after 60 s", limit=60_000), timing(100, 101, 99))
    assert (one.before_ms, one.after_ms, one.speedup) == (None, 100, 600)
    assert (one.ci_low, one.ci_high, one.verdict) == (600, None, "faster")
    assert "at least" in (one.note or "")


def test_a_timeout_after_makes_it_an_upper_bound() -> None:
    one = verdict(timing(100, 101, 99), timing(error="timeout after 60 s", limit=60_000))
    assert (one.before_ms, one.after_ms, one.verdict) == (100, None, "slower")
    assert (one.ci_low, one.ci_high) == (None, one.speedup)


def test_a_timeout_on_both_sides_says_nothing() -> None:
    both = timing(error="timeout after 60 s", limit=60_000)
    assert verdict(both, both).verdict == "inconclusive"


def test_a_timeout_beside_an_error_says_nothing() -> None:
    one = verdict(timing(error="timeout after 60 s", limit=60_000), timing(error="permission denied"))
    assert (one.verdict, one.speedup) == ("inconclusive", None)
    assert one.note == "before: timeout after 60 s; after: permission denied"


def test_errors_and_missing_statements_are_inconclusive() -> None:
    result = compare(
        timings(timing(1, key="only before"), timing(key="failed", error="no such table"), timing(1, key="fine")),
        timings(timing(2, key="only after"), timing(1, key="failed"), timing(1, key="fine")),
    )
    found = {one.id: (one.verdict, one.before_ms, one.after_ms, one.note) for one in result.statements}
    assert found == {
        "only before": ("inconclusive", 1, None, "only measured before"),
        "failed": ("inconclusive", None, 1, "before: no such table"),
        "fine": ("same", 1, 1, None),
        "only after": ("inconclusive", None, 2, "only measured after"),
    }


def test_totals_are_sums_over_what_was_measured_on_both_sides() -> None:
    result = compare(
        timings(timing(300, key="a"), timing(100, key="b"), timing(9, key="c")),
        timings(timing(30, key="a"), timing(10, key="b")),
    )
    assert (result.total.before_ms, result.total.after_ms, result.total.speedup) == (400, 40, 10)
    assert compare(timings(), timings()).total.speedup is None


def test_a_changed_plan_is_told() -> None:
    assert verdict(timing(1), timing(1, shape="Index Scan")).plan_changed
    assert not verdict(timing(1), timing(1)).plan_changed
    assert not verdict(timing(1), timing(1, shape=None)).plan_changed


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.3])
def test_noise_alone_is_hardly_ever_slower_or_faster(noise: float) -> None:
    draw = random.Random(7)

    def sample() -> Timing:
        return timing(*(100 * draw.lognormvariate(0, noise) for _ in range(5)))

    verdicts = [verdict(sample(), sample()).verdict for _ in range(100)]
    assert verdicts.count("faster") + verdicts.count("slower") <= 2
