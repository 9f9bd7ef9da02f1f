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
# The last year in which clocks were put back to midnight, so that a day began twice, or skipped it: then the server
# takes the second midnight for the one that is meant, and the bounds of that day leave out its first hour. (From the
# time zone database, its old entries included, up to 2039; 9999 where that is still done.)
_NO_ONE_MIDNIGHT = {
    zone: int(line.split()[0])
    for line in """
    1892 pacific/apia pacific/midway pacific/pago_pago pacific/samoa us/samoa
    1899 pacific/rarotonga
    1912 asia/dili atlantic/cape_verde
    1916 arctic/longyearbyen atlantic/jan_mayen europe/amsterdam europe/berlin europe/bratislava
    1916 europe/brussels europe/copenhagen europe/kaliningrad europe/oslo europe/prague europe/stockholm
    1916 europe/vienna europe/warsaw poland
    1918 europe/moscow w-su
    1919 america/montreal america/nassau america/nipigon america/thunder_bay america/toronto canada/eastern
    1921 atlantic/reykjavik
    1922 america/cancun america/merida america/mexico_city america/ojinaga mexico/general
    1928 africa/ceuta europe/luxembourg
    1939 europe/chisinau europe/tiraspol
    1942 europe/helsinki europe/mariehamn
    1945 africa/algiers asia/taipei roc
    1950 america/araguaina america/bahia america/belem america/boa_vista america/campo_grande america/cuiaba
    1950 america/eirunepe america/fortaleza america/maceio america/manaus america/noronha america/porto_acre
    1950 america/porto_velho america/recife america/rio_branco america/santarem america/sao_paulo brazil/acre
    1950 brazil/denoronha brazil/east brazil/west
    1951 asia/tokyo japan
    1955 asia/ho_chi_minh asia/saigon
    1965 america/dawson america/whitehorse canada/yukon
    1974 europe/malta
    1975 europe/athens
    1976 europe/monaco europe/paris
    1977 europe/madrid
    1978 asia/tehran iran
    1979 europe/rome europe/san_marino europe/vatican
    1980 europe/sofia
    1983 europe/budapest
    1985 atlantic/madeira europe/lisbon portugal
    1990 africa/tunis
    1992 america/guyana
    1993 europe/bucharest
    1999 america/iqaluit america/pangnirtung
    2004 asia/jerusalem asia/tel_aviv israel
    2006 america/managua asia/colombo
    2011 antarctica/davis
    2014 asia/chita asia/magadan
    2021 asia/amman asia/gaza asia/hebron
    2023 america/scoresbysund antarctica/vostok
    9999 america/havana atlantic/azores cuba
    """.strip().splitlines()
    for zone in line.split()[1:]
}


def midnights_are_bounds(zone: str, since: datetime | None = None) -> bool:
    """Whether, in this time zone, a point in time is before the midnight that begins a day if and only if its date is:
    for all days, or for those since a time. Not known of time zones that are given by a rule.
    """
    name = zone.lower().removeprefix("posix/").removeprefix("right/")
    if _ZONE.fullmatch(name) is None or name in _JUMPING:
        return False
    last = _NO_ONE_MIDNIGHT.get(name)
    return last is None or (since is not None and since.year > last)


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
