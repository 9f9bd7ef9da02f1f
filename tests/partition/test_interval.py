"""Intervals as people and PostgreSQL write them, and how they are added."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dbopt.errors import UsageError
from dbopt.partition.interval import DAY_US, SECOND_US, Interval, parse
from tests.servers import Server

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("1 month", Interval(1)),
        ("1 mon", Interval(1)),
        ("1 year 6 mons", Interval(18)),
        ("2 centuries", Interval(2400)),
        ("1 quarter", Interval(3)),
        ("7 days", Interval(days=7)),
        ("1 WEEK", Interval(days=7)),
        ("90d", Interval(days=90)),
        ("00:15:00", Interval(microseconds=900 * SECOND_US)),
        ("1 day 12:00:00", Interval(days=1, microseconds=12 * 3600 * SECOND_US)),
        ("0.5 hours", Interval(microseconds=1800 * SECOND_US)),
        ("250ms", Interval(microseconds=250_000)),
        ("P1M", Interval(1)),
        ("P1Y2W3DT4H5M6.5S", Interval(12, 17, (4 * 3600 + 5 * 60 + 6) * SECOND_US + 500_000)),
        ("monthly", Interval(1)),
        ("Quarterly", Interval(3)),
        ("half-hour", Interval(microseconds=1800 * SECOND_US)),
    ],
)
def test_an_interval_is_read(text: str, interval: Interval) -> None:
    assert parse(text) == interval


@pytest.mark.parametrize("text", ["", "0 days", "month", "1", "-1 day", "1 fortnight", "0.5 months", "P", "1 month x"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not an interval"):
        parse(text)


@pytest.mark.parametrize("text", ["1 month", "1 year 6 months", "7 days", "1 hour", "15 minutes", "1 second"])
def test_it_is_written_as_it_is_read(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text", ["1 month", "1 year 6 mons", "2 centuries", "1 day 12:00:00", "250ms", "P1Y2W3DT4H5M6.5S"]
)
def test_postgresql_reads_the_same(pg18: Server, text: str) -> None:
    with pg18.connect() as session:
        row = session.fetch_workload("SELECT $1::interval = $2::interval AS same", [text, str(parse(text))])
    assert row == [{"same": True}]


def test_a_month_later_the_31st_is_the_last_of_the_month() -> None:
    moment = datetime(2024, 1, 31, tzinfo=UTC)
    assert Interval(1).after(moment) == datetime(2024, 2, 29, tzinfo=UTC)
    assert Interval(1).after(moment, -2) == datetime(2023, 11, 30, tzinfo=UTC)


def test_days_keep_the_clock_of_the_zone_and_hours_pass() -> None:
    evening = datetime(2024, 3, 30, 20, tzinfo=BERLIN)  # the clocks go forward that night
    assert Interval(days=1).after(evening) == datetime(2024, 3, 31, 20, tzinfo=BERLIN)
    assert Interval(microseconds=DAY_US).after(evening) == datetime(2024, 3, 31, 21, tzinfo=BERLIN)


def test_the_end_of_the_calendar_is_an_error() -> None:
    with pytest.raises(OverflowError):
        Interval(12).after(datetime(9999, 6, 1, tzinfo=UTC))
