"""Points in time that are written in a statement, and the bounds of days, months and years. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_WRITTEN = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?")
_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
UNITS = (*_UNITS, *_MONTHS)
DAYS = ("day", "week", "month", "quarter", "year")
"""Units of whole days."""

# Where clocks were once put back across midnight, so that a day came to an end and went on: there, a later time may
# have an earlier date. (From the time zone database; all others put them back to midnight at the most.)
_JUMPING = frozenset(
    (
        *("america/adak", "america/anchorage", "america/atka", "america/goose_bay", "america/juneau"),
        *("america/metlakatla", "america/moncton", "america/nome", "america/phoenix", "america/sitka"),
        *("america/st_johns", "america/yakutat", "antarctica/casey", "canada/newfoundland", "pacific/guam"),
        *("pacific/saipan", "us/alaska", "us/aleutian", "us/arizona", "localtime"),
    )
)
_ZONE = re.compile(r"[a-z][a-z_]+(?:/[a-z0-9_+-]+)*")


def keeps_days_in_order(zone: str) -> bool:
    """Whether a later time never has an earlier date in this time zone. Not known of those that are given by a rule."""
    name = zone.lower().removeprefix("posix/").removeprefix("right/")
    return _ZONE.fullmatch(name) is not None and name not in _JUMPING


def read(written: str) -> datetime | None:
    """The time of 2024-01-31 or 2024-01-31 12:30:00, whatever DateStyle says; None for any other text."""
    match = _WRITTEN.fullmatch(written.strip())
    if match is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None


def start(unit: str, of: datetime) -> datetime:
    """As date_trunc: the beginning of the unit that the time is in."""
    day = of.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "second":
            return of.replace(microsecond=0)
        case "minute":
            return of.replace(second=0, microsecond=0)
        case "hour":
            return of.replace(minute=0, second=0, microsecond=0)
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case _:
            return day.replace(month=1, day=1)


def following(unit: str, beginning: datetime) -> datetime | None:
    """The beginning of the next unit; None where there is none before the year 9999."""
    try:
        if unit in _UNITS:
            return beginning + _UNITS[unit]
        months = beginning.month - 1 + _MONTHS[unit]
        return beginning.replace(year=beginning.year + months // 12, month=months % 12 + 1)
    except (ValueError, OverflowError):
        return None


def length(unit: str) -> str:
    """The unit as an interval's text."""
    return {"week": "7 days", "quarter": "3 months"}.get(unit, f"1 {unit}")


def written(time: datetime) -> str:
    """As ISO has it; midnight is the day alone."""
    if (time.hour, time.minute, time.second) == (0, 0, 0):
        return f"{time.year:04}-{time.month:02}-{time.day:02}"
    return f"{time.year:04}-{time.month:02}-{time.day:02} {time.hour:02}:{time.minute:02}:{time.second:02}"
