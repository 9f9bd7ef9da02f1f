"""Columns of an Iceberg table by the names of their types, and how they change with the tables of PostgreSQL. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

Columns = dict[str, str]
"""The Iceberg type of each column."""

_OF_ARROW = {
    "bool": "boolean",
    "int16": "int",
    "int32": "int",
    "int64": "long",
    "float": "float",
    "double": "double",
    "string": "string",
    "binary": "binary",
    "date32[day]": "date",
    "time64[us]": "time",
    "timestamp[us]": "timestamp",
    "timestamp[us, tz=UTC]": "timestamptz",
}
_WIDER = {("int", "long"): "long", ("float", "double"): "double"}
_DECIMAL = re.compile(r"decimal(?:128)?\((\d+), (\d+)\)")


def of_arrow(name: str) -> str:
    """The type of a column of a file, by the name of its Arrow type."""
    digits = _DECIMAL.fullmatch(name)
    return f"decimal({digits[1]}, {digits[2]})" if digits else _OF_ARROW[name]


def united(columns: Columns, types: Mapping[str, str]) -> tuple[Columns, str | None]:
    """The columns of a table that takes these files, too, or the same and why it cannot."""
    found = dict(columns)
    for name, arrow in types.items():
        new = of_arrow(arrow)
        wider = new if name not in found else _wider(found[name], new)
        if wider is None:
            return columns, f"its column {name} is {new}, which was {found[name]} before"
        found[name] = wider
    return found, None


def _wider(one: str, other: str) -> str | None:
    """The type that has the values of both; None where Iceberg cannot make one the other."""
    if one == other:
        return one
    first, second = _DECIMAL.fullmatch(one), _DECIMAL.fullmatch(other)
    if first and second:
        return f"decimal({max(int(first[1]), int(second[1]))}, {first[2]})" if first[2] == second[2] else None
    return _WIDER.get((one, other)) or _WIDER.get((other, one))
