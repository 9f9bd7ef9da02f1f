"""Sums by statement."""

from __future__ import annotations

import random

import pytest

from dbopt.workload.logs.aggregate import Example, LoggedPlan, Sums, Totals
from dbopt.workload.parameter_sets import LARGEST_SLOWEST, drawn


def test_long_texts_do_not_pile_up() -> None:
    sums = Sums()
    for number in range(20):
        sums.sample(number, b"%d" % number + b"x" * 300_000, b"", number)
    assert sums.samples.chosen == ((b"19" + b"x" * 300_000, b""),)
    sums.sample(30, b"y" * 2_000_000, b"", 0)
    assert sums.longest_us == 30
    assert sums.samples.longest == 19
    assert sums.example == Example(30, b"y" * LARGEST_SLOWEST, cut_bytes=2_000_000 - LARGEST_SLOWEST)


def test_the_slowest_of_those_without_values_shows_the_text() -> None:
    sums = Sums()
    for time_us, text in ((3, b"c"), (5, b"b"), (5, b"a"), (-1, b"failed")):
        sums.show(time_us, text)
    assert (sums.example, sums.longest_us) == (Example(5, b"a"), 5)


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
                sums.sample(time_us, text, b"", drawn(text, b"%d" % time_us))
                sums.show(time_us, text)
                sums.planned(LoggedPlan(time_us, text))
                sums.failed(b"22012", b"division by zero")
        together.add(part)
    assert len(together.samples.chosen) == len(whole.samples.chosen)
    assert together == whole


def test_the_period_of_syslog_is_in_the_order_of_its_lines() -> None:
    totals = Totals()
    for time in (b"Nov 30 23:59:59", b"Dec  1 00:00:00"):
        totals.seen(time)
    assert (totals.first, totals.last) == (b"Nov 30 23:59:59", b"Dec  1 00:00:00")
