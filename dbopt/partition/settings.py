"""The sections [[partition]] of the configuration: what is asked of each set. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dbopt.config import Config
from dbopt.errors import ConfigurationError, UsageError
from dbopt.partition import interval
from dbopt.partition.interval import Interval
from dbopt.partition.model import Name

PREMAKE = 4
STRATEGIES = ("range", "list", "hash")
FLAVOURS = ("native", "pg_partman")

_TYPES: dict[str, type | tuple[type, ...]] = {
    "table": str,
    "strategy": str,
    "control": str,
    "key": str,
    "interval": (str, int),
    "premake": int,
    "flavour": str,
}


@dataclass(frozen=True)
class Settings:
    """One section. `key` is a Kind by its name, None for the one that the column's type suggests; `step` the interval,
    None to go on as the set does.
    """

    table: str
    strategy: str = "range"
    control: str | None = None
    key: str | None = None
    step: Interval | int | None = None
    premake: int = PREMAKE
    flavour: str = "native"


def step_of(text: str) -> Interval | int:
    """An interval: a number for a key of numbers, else of time. Raises UsageError."""
    digits = text.strip().replace("_", "")
    return int(digits) if digits.isascii() and digits.isdigit() else interval.parse(text)


def read(config: Config) -> tuple[Settings, ...]:
    """The sections, in their order. Raises ConfigurationError for one that says what none may."""
    sections = config.values.get("partition", [])
    if not isinstance(sections, list) or not all(isinstance(section, dict) for section in sections):
        raise ConfigurationError(f"{config.path}: partition must be sections [[partition]]")
    return tuple(_section(section, f"{config.path}: [[partition]] {n}") for n, section in enumerate(sections, 1))


def of_table(config: Config, table: Name) -> Settings:
    """The section of a table, which it may name with or without the schema public; the defaults where there is none."""
    labels = (str(table), f"{table.schema}.{table.name}", *((table.name,) if table.schema == "public" else ()))
    return next((one for one in read(config) if one.table in labels), Settings(str(table)))


def _section(values: dict[str, Any], label: str) -> Settings:
    for name, value in values.items():
        if name not in _TYPES:
            raise ConfigurationError(f"{label}: there is no setting {name}", hint=f"one of {', '.join(_TYPES)}")
        if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
            raise ConfigurationError(f"{label}: {name} has a value of the wrong type")
    if "table" not in values:
        raise ConfigurationError(f"{label} names no table")
    _one_of(values, "strategy", STRATEGIES, label)
    _one_of(values, "flavour", FLAVOURS, label)
    if values.get("premake", 0) < 0:
        raise ConfigurationError(f"{label}: premake is negative")
    given = {name: value for name, value in values.items() if name != "interval"}
    return Settings(**given, step=_step(values.get("interval"), label))


def _one_of(values: dict[str, Any], name: str, allowed: tuple[str, ...], label: str) -> None:
    if values.get(name, allowed[0]) not in allowed:
        raise ConfigurationError(f"{label}: {name} is {values[name]}", hint=f"one of {', '.join(allowed)}")


def _step(value: str | int | None, label: str) -> Interval | int | None:
    if value is None:
        return None
    try:
        return step_of(str(value))
    except UsageError as error:
        raise ConfigurationError(f"{label}: {error.message}", hint=error.hint) from None
