"""Where bounds stand, and what an existing set's bounds say about it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.errors import UsageError
from dbopt.partition.grid import Grid, Span, check, inferred
from dbopt.partition.interval import Interval, microseconds_of, moment_of, parse
from dbopt.partition.key import Kind

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: tzinfo = UTC) -> int:
    return microseconds_of(datetime.fromisoformat(text).replace(tzinfo=zone))


def grid(interval: str, kind: Kind = Kind.TIMESTAMPTZ) -> Grid:
    return Grid(kind, parse(interval))


def months(zone: tzinfo, year: int = 2024) -> list[Span]:
    starts = [microseconds_of(datetime(year, month, 1, tzinfo=zone)) for month in range(1, 13)]
    return list(itertools.pairwise(starts))


@pytest.mark.parametrize(
    ("interval", "moment", "floor"),
    [
        ("1 year", "2024-08-15T13:14:15", "2024-01-01"),
        ("10 years", "2024-08-15", "2020-01-01"),
        ("3 months", "2024-08-15", "2024-07-01"),
        ("1 month", "2024-08-15", "2024-08-01"),
        ("1 week", "2024-08-15", "2024-08-12"),
        ("1 day", "2024-08-15T13:14:15", "2024-08-15"),
        ("1 hour", "2024-08-15T13:14:15", "2024-08-15T13:00"),
        ("15 minutes", "2024-08-15T13:14:15", "2024-08-15T13:00"),
        ("1 month", "1969-12-31T23:59:59", "1969-12-01"),
        ("1 week", "1969-12-28", "1969-12-22"),
    ],
)
def test_bounds_stand_where_people_expect_them(interval: str, moment: str, floor: str) -> None:
    assert grid(interval).floor(at(moment)) == at(floor)


@given(st.integers(at("1900-01-01"), at("2200-01-01")), st.sampled_from(["1 year", "5 months", "9 days", "7 hours"]))
def test_a_position_lies_between_its_floor_and_the_next(position: int, interval: str) -> None:
    asked = grid(interval)
    floor = asked.floor(position)
    assert floor <= position < asked.following(floor)
    assert asked.floor(floor) == floor


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6), st.integers(-1000, 1000))
def test_numbers_are_cut_at_multiples(position: int, step: int, anchor: int) -> None:
    asked = Grid(Kind.ID, step, anchor=anchor)
    assert (asked.floor(position) - anchor) % step == 0
    assert asked.floor(position) <= position < asked.following(asked.floor(position))


def test_spans_fill_what_lies_between_and_are_cut_at_bounds() -> None:
    spans = list(grid("1 month").spans(at("2024-01-15"), at("2024-03-01")))
    assert spans == [(at("2024-01-15"), at("2024-02-01")), (at("2024-02-01"), at("2024-03-01"))]


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (Kind.TIMESTAMPTZ, 1000),
        (Kind.ID, parse("1 month")),
        (Kind.ID, 0),
        (Kind.TIMESTAMPTZ, parse("1 month 1 day")),
        (Kind.DATE, parse("6 hours")),
        (Kind.TIMESTAMPTZ, parse("10ms")),
        (Kind.EPOCH_S, parse("1500ms")),
    ],
)
def test_a_step_that_cannot_be_kept_is_refused(kind: Kind, step: Interval | int) -> None:
    with pytest.raises(UsageError, match="--interval"):
        check(Grid(kind, step))


def test_the_interval_of_a_set_is_told_from_its_bounds() -> None:
    found = inferred(Kind.TIMESTAMPTZ, months(UTC))
    assert found is not None
    assert (found.step, found.zone) == (Interval(1), UTC)
    assert found.following(at("2024-12-01")) == at("2025-01-01")


def test_days_that_begin_in_the_zone_of_the_server_go_on_there() -> None:
    found = inferred(Kind.TIMESTAMPTZ, months(BERLIN), (UTC, BERLIN))
    assert found is not None
    assert (found.step, found.zone) == (Interval(1), BERLIN)
    assert found.floor(at("2025-07-20")) == at("2025-07-01", BERLIN)


def test_days_of_one_offset_alone_are_those_that_begin_at_midnight() -> None:
    winter = [(at(f"2024-01-{day:02}", BERLIN), at(f"2024-01-{day + 1:02}", BERLIN)) for day in range(1, 6)]
    found = inferred(Kind.TIMESTAMPTZ, winter, (UTC, BERLIN))
    assert found is not None
    assert (found.step, found.zone) == (Interval(days=1), BERLIN)


def test_one_odd_partition_does_not_matter() -> None:
    merged = [*months(UTC), (at("2024-12-01"), at("2026-01-01"))]
    found = inferred(Kind.TIMESTAMPTZ, merged)
    assert found is not None
    assert found.step == Interval(1)


def test_no_pattern_is_no_grid() -> None:
    lengths = [3, 5, 8, 13]
    start, spans = at("2024-01-01"), []
    for days in lengths:
        end = microseconds_of(moment_of(start) + timedelta(days=days))
        spans.append((start, end))
        start = end
    assert inferred(Kind.TIMESTAMPTZ, spans) is None
    assert inferred(Kind.ID, []) is None
