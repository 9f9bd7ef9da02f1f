"""How busy others are, by made-up looks; on real servers in test_governor.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dbopt.postgres.others import Look, Others

START = Look(at=0, active_ms=5000, sessions=3, pids=frozenset({7}), active=0, stirred=True)


def after(*looks: tuple[float, float], own: tuple[float, ...] = (), **values: Any) -> Others:
    """Looks at seconds and active milliseconds since the start, while we worked so many seconds before each."""
    others = Others()
    others.seen(START)
    for number, (at, active_ms) in enumerate(looks):
        others.worked(own[number] if own else 0)
        others.seen(replace(START, at=at, active_ms=START.active_ms + active_ms, **values))
    return others


def test_nothing_is_known_before_two_comparisons() -> None:
    assert after().busy is None
    assert after().are_busy
    assert after((1, 0)).are_busy
    assert not after((1, 0), (2, 0)).are_busy


def test_time_that_is_not_ours_is_that_of_others() -> None:
    assert after((1, 500), (2, 1000)).busy == pytest.approx(0.5)
    assert after((1, 1500), (2, 3000), own=(1, 1)).busy == pytest.approx(0.5)
    assert after((1, 1000), (2, 2000), own=(1, 1)).busy == 0
    assert not after((1, 1090), (2, 2090), own=(1, 1)).are_busy


def test_our_own_time_may_be_counted_late() -> None:
    """A batch of five seconds is counted with the statement after it."""
    others = after((5, 100), (8, 8000), (9, 9000), own=(5, 3, 1))
    assert others.busy == 0


def test_time_of_ours_that_never_was_does_not_hide_others_for_long() -> None:
    others = after((1, 500), (2, 1000), (3, 1500), (4, 2000), (5, 2500), (6, 3000), own=(1, 1, 1, 0, 0, 0))
    assert others.are_busy


def test_who_is_at_work_at_the_moment_counts_at_once() -> None:
    others = Others()
    others.seen(replace(START, active=2))
    assert others.busy == 2
    assert after((1, 0), (2, 0), active=1).busy == 1


def test_what_was_counted_while_nobody_stirred_is_old() -> None:
    assert after((1, 900), stirred=False).busy == 0
    others = Others()
    others.seen(replace(START, stirred=False))
    assert others.busy == 0


@pytest.mark.parametrize("change", [{"sessions": 4}, {"pids": frozenset[int]()}], ids=["came", "went"])
def test_who_came_or_went_may_have_worked(change: dict[str, Any]) -> None:
    assert after((1, 900), (2, 1800), stirred=False, **change).are_busy


@pytest.mark.parametrize("reset", [None, "2024-01-01"])
def test_a_reset_of_the_counts_tells_nothing(reset: str | None) -> None:
    others = after((1, 0), (2, 0))
    others.seen(replace(START, at=3, active_ms=0 if reset is None else 60_000, reset=reset))
    assert others.busy == 0
    others.seen(replace(START, at=4, active_ms=60_900, reset=reset))
    others.seen(replace(START, at=5, active_ms=61_800, reset=reset))
    assert others.are_busy


def test_a_burst_is_forgotten() -> None:
    assert after((1, 3_600_000)).busy is None
    assert not after((1, 3_600_000), (2, 3_600_000), (3, 3_600_000), (4, 3_600_000)).are_busy
