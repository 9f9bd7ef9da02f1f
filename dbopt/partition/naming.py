"""Names of partitions: the table's, and a suffix that says what is in it. Pure.

The native names are those of pg_partman 5.x, so that it can take a set over; 4.x has its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Container
from datetime import tzinfo

from dbopt.partition.grid import Grid
from dbopt.partition.interval import DAY_US, Interval, moment_of
from dbopt.postgres.naming import MAX_BYTES, shortened

Suffix = Callable[[Grid, int], str]


def native(grid: Grid, lower: int) -> str:
    """p20240101 for days and longer, p20240101_133000 for less, p1000 for numbers: pg_partman 5.x's."""
    if isinstance(grid.step, int):
        return f"p{lower}".replace("-", "m")
    moment = moment_of(lower, grid.zone)
    whole_days = not grid.step.microseconds
    return f"p{moment:%Y%m%d}" if whole_days else f"p{moment:%Y%m%d_%H%M%S}"


def partman_4(grid: Grid, lower: int) -> str:
    """pg_partman 4.x's: p2024, p2024q1 (3 months), p2024_01, p2024w01 (7 days), p2024_01_01, p2024_01_01_1330."""
    if isinstance(grid.step, int):
        return f"p{lower}"
    return f"p{moment_of(lower, grid.zone).strftime(_format_4(grid.step))}".replace("%q", quarter(lower, grid.zone))


def datetime_string_4(step: Interval) -> str:
    """The format by which pg_partman 4.x reads the suffix back: of to_char()."""
    named = {Interval(3): 'YYYY"q"Q', Interval(days=7): 'IYYY"w"IW'}
    if step in named:
        return named[step]
    for least, text in ((Interval(12), "YYYY"), (Interval(1), "YYYY_MM"), (Interval(days=1), "YYYY_MM_DD")):
        if step.approximate_us >= least.approximate_us:
            return text
    return "YYYY_MM_DD_HH24MI" if step.microseconds >= DAY_US // 1440 else "YYYY_MM_DD_HH24MISS"


def named(table: str, suffix: str, taken: Container[str] = ()) -> str:
    """`<table>_<suffix>` in at most 63 bytes of whole characters; where another table with the same beginning has the
    name already, with four digits of the hash of its own name.
    """
    name = _joined(table, suffix)
    if name not in taken:
        return name
    digest = hashlib.sha256(table.encode()).hexdigest()[:4]
    return _joined(shortened(table, MAX_BYTES - len(f"_{digest}_{suffix}".encode())) + f"_{digest}", suffix)


def of_value(value: str | None) -> str:
    """The suffix for a value of a list: its letters and digits."""
    return "p_" + (re.sub(r"\W+", "_", value).strip("_").lower() or "empty" if value is not None else "null")


def quarter(position: int, zone: tzinfo) -> str:
    return f"q{(moment_of(position, zone).month + 2) // 3}"


def _format_4(step: Interval) -> str:
    formats = {
        'YYYY"q"Q': "%Y%%q",
        'IYYY"w"IW': "%Gw%V",
        "YYYY": "%Y",
        "YYYY_MM": "%Y_%m",
        "YYYY_MM_DD": "%Y_%m_%d",
        "YYYY_MM_DD_HH24MI": "%Y_%m_%d_%H%M",
        "YYYY_MM_DD_HH24MISS": "%Y_%m_%d_%H%M%S",
    }
    return formats[datetime_string_4(step)]


def _joined(table: str, suffix: str) -> str:
    end = f"_{suffix}"
    return shortened(table, MAX_BYTES - len(end.encode())) + end
