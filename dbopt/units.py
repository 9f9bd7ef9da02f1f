"""Durations, sizes and shares as people type them: PostgreSQL intervals, PostgreSQL's units of memory, per cent."""

from __future__ import annotations

import re
from decimal import Decimal

from dbopt.errors import UsageError

MOST = 2**63 - 1
"""The largest number of bytes, rows, calls or milliseconds that is taken from anywhere: that of PostgreSQL's bigint."""

_MILLISECONDS = {
    "us": 0.001,
    "usec": 0.001,
    "microsecond": 0.001,
    "ms": 1.0,
    "msec": 1.0,
    "millisecond": 1.0,
    "": 1000.0,
    "s": 1000.0,
    "sec": 1000.0,
    "second": 1000.0,
    "m": 60_000.0,
    "min": 60_000.0,
    "minute": 60_000.0,
    "h": 3_600_000.0,
    "hr": 3_600_000.0,
    "hour": 3_600_000.0,
    "d": 86_400_000.0,
    "day": 86_400_000.0,
    "w": 604_800_000.0,
    "week": 604_800_000.0,
}
_BYTES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}

_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"
_PART = re.compile(rf"\s*({_NUMBER})\s*([a-zA-Z]*)")
_CLOCK = re.compile(r"\s*(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?\s*$")
_SIZE = re.compile(rf"\s*({_NUMBER})\s*([kmgtp]?)(i?b|bytes?)?\s*", re.IGNORECASE)


def milliseconds(text: str) -> float:
    """A duration in milliseconds: "500ms", "60s", "2 min", "1 hour 30 minutes", "01:30:00"; a number alone is seconds,
    as in an interval. Months and years have no fixed length and are refused. Raises UsageError.
    """
    clock = _CLOCK.match(text)
    if clock:
        found = (float(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3] or 0)) * 1000
    else:
        found = _milliseconds(text)
    if found > MOST:
        raise UsageError(f'"{text}" is too long for a duration')
    return found


def _milliseconds(text: str) -> float:
    total, position = 0.0, 0
    while position < len(text.rstrip()) or position == 0:
        part = _PART.match(text, position)
        if part is None or _unit(part[2]) not in _MILLISECONDS:
            raise UsageError(f'"{text}" is not a duration', hint='write it as in "500ms", "60s", "2 min" or "1 hour"')
        total += float(part[1]) * _MILLISECONDS[_unit(part[2])]
        position = part.end()
    return total


def bytes_of(text: str) -> int:
    """A size in bytes: "2GB", "512 MB", "1.5 TB", "8192"; units are powers of 1024. At most MOST. Raises UsageError."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise UsageError(f'"{text}" is not a size', hint='write it as in "512MB", "2 GB" or a number of bytes')
    found = Decimal(match[1]) * _BYTES[match[2].lower()]
    if found > MOST:
        raise UsageError(f'"{text}" is too large for a size', hint=f"at most {MOST} bytes, which no server has")
    return int(found.to_integral_value())


def size_text(value: float) -> str:
    """A size as people read it, in PostgreSQL's units: powers of 1024."""
    amount = float(value)
    for unit in ("bytes", "kB", "MB", "GB"):
        if abs(amount) < 10240:
            return f"{amount:,.0f} {unit}"
        amount /= 1024
    return f"{amount:,.0f} TB"


def share(text: str) -> float:
    """A share in per cent, as a fraction: "10%" and "10" are 0.1. Raises UsageError."""
    match = re.fullmatch(rf"\s*({_NUMBER})\s*%?\s*", text)
    if match is None:
        raise UsageError(f'"{text}" is not a percentage', hint='write it as in "10%"')
    return float(match[1]) / 100


def _unit(word: str) -> str:
    """The unit without case and plural: "Minutes" and "mins" are "minute" and "min"."""
    unit = word.lower()
    return unit.removesuffix("s") if unit not in _MILLISECONDS else unit
