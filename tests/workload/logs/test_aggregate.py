"""Sums by statement."""

from __future__ import annotations

import random

import pytest

from dbopt.workload.logs.aggregate import SAMPLES, LoggedPlan, Sums, Totals


def test_the_slowest_samples_are_kept_each_text_once() -> None:
    sums = Sums()
    for number in (3, 9, 1, 7, 5, 8, 9, 2):
        sums.sample(number, b"%d" % number, b"")
        sums.sample(number - 1, b"%d" % number, b"")
    assert [one.time_us for one in sums.samples] == [9, 8, 7, 5, 3]
    assert sums.floor_us == 3


def test_long_texts_do_not_pile_up() -> None:
    sums = Sums()
    for number in range(20):
        sums.sample(number, b"%d" % number + b"x" * 300_000, b"")
    assert [one.time_us for one in sums.samples] == [19]


@pytest.mark.parametrize("seed", range(5))
def test_parts_add_up_to_the_whole(seed: int) -> None:
    draw = random.Random(seed)
    whole, together = Sums(), Sums()
    for _ in range(6):
        part = Sums()
        for _ in range(draw.randrange(30)):
            time_us, text = draw.randrange(9), b"%d" % draw.randrange(9) * draw.choice((1, 90_000))
            for sums in (whole, part):
                sums.calls += 1
                sums.total_us += time_us
                sums.sample(time_us, text, b"")
                sums.planned(LoggedPlan(time_us, text))
                sums.failed(b"22012", b"division by zero")
        together.add(part)
    assert together == whole
    assert len(whole.samples) <= SAMPLES


def test_the_period_of_syslog_is_in_the_order_of_its_lines() -> None:
    totals = Totals()
    for time in (b"Nov 30 23:59:59", b"Dec  1 00:00:00"):
        totals.seen(time)
    assert (totals.first, totals.last) == (b"Nov 30 23:59:59", b"Dec  1 00:00:00")
