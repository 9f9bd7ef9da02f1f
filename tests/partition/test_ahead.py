"""Which partitions a set lacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dbopt.partition.ahead import MOST, ahead, free, window
from dbopt.partition.bound import Bound, Default, Edge, Range
from dbopt.partition.grid import Grid, Span
from dbopt.partition.interval import microseconds_of, parse
from dbopt.partition.key import Kind, literal
from dbopt.partition.model import KeyColumn, Name, Partition, PartitionSet

BERLIN = ZoneInfo("Europe/Berlin")
DAILY = Grid(Kind.TIMESTAMPTZ, parse("1 day"))


def at(text: str, zone: tzinfo = UTC) -> int:
    return microseconds_of(datetime.fromisoformat(text).replace(tzinfo=zone))


def a_set(*bounds: tuple[str | Edge, str | Edge] | None, zone: tzinfo = UTC, type_name: str = "") -> PartitionSet:
    """Partitions with these bounds; None is the default."""
    found: list[Bound] = [Default() if one is None else Range((one[0],), (one[1],)) for one in bounds]
    members = tuple(Partition(Name("public", f"p{n}"), bound, "", 0, 0) for n, bound in enumerate(found))
    key = (KeyColumn("at", "at", type_name or "timestamp with time zone"),)
    return PartitionSet(Name("public", "events"), "range", key, members, zone=zone)


def day(number: int) -> tuple[str, str]:
    """The bounds of a day of March 2024."""
    return f"2024-03-{number:02} 00:00:00+00", f"2024-03-{number + 1:02} 00:00:00+00"


def days_of(spans: tuple[Span, ...]) -> list[int]:
    return [(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=lower)).day for lower, _ in spans]


def test_premake_counts_those_beyond_the_current_one() -> None:
    found = ahead(a_set(day(9), day(10)), DAILY, at("2024-03-10T15:00"), 3)
    assert (days_of(found.spans), found.notes) == ([11, 12, 13], ())


def test_gaps_are_filled_and_what_was_missed_since_the_last_one() -> None:
    found = ahead(a_set(day(3), day(6)), DAILY, at("2024-03-08T15:00"), 1)
    assert days_of(found.spans) == [4, 5, 7, 8, 9]


def test_odd_partitions_are_left_alone_and_what_lies_beside_them_is_cut() -> None:
    odd = ("2024-03-10 12:00:00+00", "2024-03-12 06:00:00+00")
    found = ahead(a_set(day(9), odd), DAILY, at("2024-03-10T15:00"), 2)
    assert found.spans == (
        (at("2024-03-10"), at("2024-03-10T12:00")),
        (at("2024-03-12T06:00"), at("2024-03-13")),
    )


def test_nothing_is_made_beyond_maxvalue_or_infinity() -> None:
    for end in (Edge.MAXVALUE, "infinity"):
        found = ahead(a_set(day(9), ("2024-03-10 00:00:00+00", end)), DAILY, at("2024-03-20"), 3)
        assert (found.spans, found.notes) == ((), ())


def test_a_clock_far_ahead_makes_no_partitions() -> None:
    found = ahead(a_set(day(9)), DAILY, at("2124-03-09"), 3)
    assert found.spans == ()
    assert "is the clock right" in found.notes[0]
    assert "36,5" in found.notes[0]


def test_a_clock_that_went_back_makes_none_before_the_set() -> None:
    found = ahead(a_set(day(9)), DAILY, at("1970-01-01"), 3)
    assert found.spans == ()
    assert "before its first partition" in found.notes[0]


def test_a_stray_number_makes_no_partitions() -> None:
    numbers = a_set(("0", "1000"), type_name="bigint")
    assert ahead(numbers, Grid(Kind.ID, 1000), 1500, 1).spans == ((1000, 2000), (2000, 3000))
    assert ahead(numbers, Grid(Kind.ID, 1000), 10**15, 1).spans == ()


def test_numbers_end_where_their_type_does() -> None:
    numbers = a_set(("30000", "31000"), type_name="smallint")
    assert ahead(numbers, Grid(Kind.ID, 1000), 30500, 4).spans == ((31000, 32000),)


def test_days_of_the_zone_of_a_set_go_on_through_the_change_of_clocks() -> None:
    bounds = [(f"2024-03-{n} 00:00:00+01", f"2024-03-{n + 1} 00:00:00+01") for n in (28, 29, 30)]
    berlin = a_set(*bounds, zone=BERLIN)
    grid = berlin.grid(Kind.TIMESTAMPTZ)
    assert grid is not None
    found = ahead(berlin, grid, at("2024-03-30T20:00", BERLIN), 2)
    assert found.spans == (
        (at("2024-03-31", BERLIN), at("2024-04-01", BERLIN)),
        (at("2024-04-01", BERLIN), at("2024-04-02", BERLIN)),
    )
    assert found.spans[0][1] - found.spans[0][0] == 23 * 3600 * 10**6


def test_bounds_that_no_interval_reaches_are_not_guessed_at() -> None:
    found = ahead(a_set(day(9), ("0044-03-15 00:00:00+00 BC", "0001-01-01 00:00:00+00")), DAILY, at("2024-03-09"), 3)
    assert found.spans == ()
    assert found.notes


@given(st.lists(st.integers(1, 28), unique=True, max_size=8), st.integers(1, 28), st.integers(0, 5))
def test_nothing_overlaps_and_now_always_has_a_partition(taken: list[int], today: int, premake: int) -> None:
    one = a_set(*map(day, sorted(taken)), None)
    now = at(f"2024-03-{today:02}T12:00")
    made = ahead(one, DAILY, now, premake).spans
    spans = sorted([*made, *(span for span, _ in one.spans(Kind.TIMESTAMPTZ))])
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    first = min((at(literal(Kind.TIMESTAMPTZ, span[0])[:10]) for span in spans), default=now)
    assert any(lower <= now < upper for lower, upper in spans) or now < first


def test_the_window_ends_with_the_calendar() -> None:
    yearly = Grid(Kind.TIMESTAMPTZ, parse("1 year"))
    lower, upper = window(a_set(day(9)), yearly, at("2024-06-01"))
    assert at("0001-01-01") <= lower < at("2024-01-01")
    assert at("2025-01-01") < upper <= at("9999-12-31")
    assert len(free(a_set(day(9)), yearly, at("0900-01-01"), upper)) > MOST
