"""Values of EXPLAIN's JSON as text. Pure, and sure of no type: a plan may come from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbopt.output import units

Detail = tuple[str, str]
"""A name and a text."""


def amount(raw: Mapping[str, Any], name: str) -> float:
    """A number, 0 where there is none."""
    value = raw.get(name)
    return float(value) if isinstance(value, (int, float)) else 0.0


def mapping(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object, empty where there is none."""
    value = raw.get(name)
    return value if isinstance(value, Mapping) else {}


def objects(raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of objects."""
    value = raw.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def plain(value: Any) -> str:
    """Any value on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {plain(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return rows(value) if isinstance(value, (int, float)) else str(value)


def rows(value: float) -> str:
    """A count that may be a mean over loops: 1,234 or 0.33."""
    return units.count(value) if value >= 100 or value == int(value) else f"{value:.2f}"


def kilobytes(number: float) -> str:
    return units.blocks(number / 8)


def listed(*parts: str, by: str = ", ") -> str:
    """Those parts that say something, in one text."""
    return by.join(part for part in parts if part)
