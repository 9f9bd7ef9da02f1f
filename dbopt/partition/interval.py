"""Intervals of calendar time, as PostgreSQL has them: months, days and microseconds, each on its own. Pure."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from dbopt.errors import UsageError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US

# What pg_partman 4.x called its intervals.
NAMED = {
    "yearly": "1 year",
    "quarterly": "3 months",
    "monthly": "1 month",
    "weekly": "1 week",
    "daily": "1 day",
    "hourly": "1 hour",
    "half-hour": "30 minutes",
    "quarter-hour": "15 minutes",
}

_MONTHS = {"mon": 1, "month": 1, "quarter": 3, "y": 12, "yr": 12, "year": 12, "decade": 120, "century": 1200}
_DAYS = {"d": 1, "day": 1, "w": 7, "week": 7}
_MICROSECONDS = {
    "us": 1,
    "usec": 1,
    "microsecond": 1,
    "ms": 1000,
    "msec": 1000,
    "millisecond": 1000,
    "s": SECOND_US,
    "sec": SECOND_US,
    "second": SECOND_US,
    "m": 60 * SECOND_US,
    "min": 60 * SECOND_US,
    "minute": 60 * SECOND_US,
    "h": 3600 * SECOND_US,
    "hr": 3600 * SECOND_US,
    "hour": 3600 * SECOND_US,
}
_PLURALS = {"centuries": "century"}
_PART = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]+)")
_CLOCK = re.compile(r"\s*(\d+):(\d\d)(?::(\d\d(?:\.\d{1,6})?))?\s*$")
_ISO = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,6})?)S)?)?", re.IGNORECASE
)


@dataclass(frozen=True)
class Interval:
    """A month has no fixed number of days, and a day, in a time zone, no fixed number of hours."""

    months: int = 0
    days: int = 0
    microseconds: int = 0

    def __bool__(self) -> bool:
        return self != Interval()

    def __str__(self) -> str:
        """As PostgreSQL reads it: "1 year 6 months", "7 days", "1 hour"."""
        years, months = divmod(self.months, 12)
        parts = [_counted(years, "year"), _counted(months, "month"), _counted(self.days, "day")]
        return " ".join(part for part in (*parts, _clock(self.microseconds)) if part)

    @property
    def approximate_us(self) -> int:
        """Microseconds, a month of 30.436875 days: to compare, not to add."""
        return round(self.months * 30.436875 * DAY_US) + self.days * DAY_US + self.microseconds

    def after(self, moment: datetime, times: int = 1) -> datetime:
        """The moment so many intervals later (earlier, if negative), the clock of its own time zone kept, as PostgreSQL
        adds: months first (the 31st becomes the last of a shorter month), then days, then time that passes.

        Raises OverflowError past the years 1 to 9999.
        """
        zone = moment.tzinfo or UTC
        wall = _add_months(moment.replace(tzinfo=None), self.months * times) + timedelta(days=self.days * times)
        passed = wall.replace(tzinfo=zone).astimezone(UTC) + timedelta(microseconds=self.microseconds * times)
        return passed.astimezone(zone)


def parse(text: str) -> Interval:
    """Read "1 month", "1 year 6 mons", "90 days", "1 day 12:00:00", ISO 8601's "P1M" and pg_partman 4.x's "monthly".

    Raises UsageError for what is none of these, and for an interval of nothing.
    """
    asked = NAMED.get(text.strip().lower(), text.strip().lower())
    iso = _ISO.fullmatch(asked)
    found = _of_iso(iso) if iso else _of_words(asked, text)
    if not found:
        raise _not_an_interval(text)
    return found


def microseconds_of(moment: datetime) -> int:
    """Microseconds since 1970-01-01 00:00 UTC."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(microseconds: int, zone: tzinfo = UTC) -> datetime:
    """The moment so many microseconds after 1970-01-01 00:00 UTC. Raises OverflowError past the years 1 to 9999."""
    return (EPOCH + timedelta(microseconds=microseconds)).astimezone(zone)


def _of_words(asked: str, text: str) -> Interval:
    months, days, microseconds, position = Decimal(0), Decimal(0), Decimal(0), 0
    while position < len(asked):
        clock = _CLOCK.match(asked, position)
        if clock:
            microseconds += _clock_us(clock)
            break
        part = _PART.match(asked, position)
        if part is None:
            raise _not_an_interval(text)
        number, unit = Decimal(part[1]), _unit(part[2])
        if unit in _MONTHS:
            months += number * _MONTHS[unit]
        elif unit in _DAYS:
            days += number * _DAYS[unit]
        elif unit in _MICROSECONDS:
            microseconds += number * _MICROSECONDS[unit]
        else:
            raise _not_an_interval(text)
        position = part.end()
    return Interval(*(_whole(number, text) for number in (months, days, microseconds)))


def _of_iso(match: re.Match[str]) -> Interval:
    years, months, weeks, days, hours, minutes = (int(match[n] or 0) for n in range(1, 7))
    seconds = Decimal(match[7] or 0)
    return Interval(
        12 * years + months, 7 * weeks + days, (3600 * hours + 60 * minutes) * SECOND_US + int(seconds * SECOND_US)
    )


def _unit(word: str) -> str:
    if word in _PLURALS:
        return _PLURALS[word]
    known = word in _MONTHS or word in _DAYS or word in _MICROSECONDS
    return word if known else word.removesuffix("s")


def _clock_us(match: re.Match[str]) -> int:
    return (int(match[1]) * 3600 + int(match[2]) * 60) * SECOND_US + int(Decimal(match[3] or 0) * SECOND_US)


def _whole(number: Decimal, text: str) -> int:
    if number != int(number) or number > 2**53:
        raise _not_an_interval(text)
    return int(number)


def _not_an_interval(text: str) -> UsageError:
    return UsageError(f'"{text}" is not an interval', hint='write it as in "1 month", "7 days" or "1 hour"')


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}" if number else ""


def _clock(microseconds: int) -> str:
    if not microseconds:
        return ""
    for unit, size in (("hour", 3600 * SECOND_US), ("minute", 60 * SECOND_US), ("second", SECOND_US)):
        if microseconds % size == 0:
            return _counted(microseconds // size, unit)
    seconds, rest = divmod(microseconds, SECOND_US)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:06}".rstrip("0")


def _add_months(wall: datetime, months: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return wall.replace(year=year, month=month + 1, day=min(wall.day, calendar.monthrange(year, month + 1)[1]))
