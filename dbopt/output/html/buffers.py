"""What a node, a worker or the planning touched: buffers, time for I/O, write-ahead log. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbopt.output import units
from dbopt.output.html.values import amount, listed

_WHERE = ("Shared", "Local", "Temp")
_WHAT = ("Hit", "Read", "Dirtied", "Written")
_WAL = {"WAL Records": "records", "WAL FPI": "full pages", "WAL Buffers Full": "times buffers full"}
KEYS = frozenset(
    (
        *(f"{where} {what} Blocks" for where in _WHERE for what in _WHAT),
        *(f"{where}I/O {what} Time" for where in ("", "Shared ", "Local ", "Temp ") for what in ("Read", "Write")),
        *(*_WAL, "WAL Bytes"),
    )
)
"""The attributes that these functions speak of."""


def buffers(raw: Mapping[str, Any]) -> str:
    """`shared 1.5 MB hit, 16 kB read; temp 3.0 MB written`; empty where nothing was touched."""
    return listed(*(_touched(raw, where) for where in _WHERE), by="; ")


def _touched(raw: Mapping[str, Any], where: str) -> str:
    numbers = {what: amount(raw, f"{where} {what} Blocks") for what in _WHAT}
    words = listed(*(f"{units.blocks(number)} {what.lower()}" for what, number in numbers.items() if number))
    return f"{where.lower()} {words}" if words else ""


def times(raw: Mapping[str, Any]) -> str:
    """Time spent on blocks: `shared read 5.90 ms, temp write 1.00 ms`. Before PostgreSQL 17 EXPLAIN does not say which
    kind of block, but for temporary files.
    """
    spent = {
        f"{where}{what}": amount(raw, f"{where}I/O {what} Time")
        for where in ("", "Shared ", "Local ", "Temp ")
        for what in ("Read", "Write")
    }
    return listed(*(f"{name.lower()} {units.milliseconds(value)}" for name, value in spent.items() if value))


def wal(raw: Mapping[str, Any]) -> str:
    """`12 records, 2 full pages, 34 kB`; empty where nothing was written."""
    size = amount(raw, "WAL Bytes")
    counts = (f"{units.count(amount(raw, name))} {words}" for name, words in _WAL.items() if amount(raw, name))
    return listed(*counts, units.size(size) if size else "")
