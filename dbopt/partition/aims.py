"""What is asked of each set: its sections [[partition]] and [[archive]], the options, and what the set itself shows.
Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dbopt.config import Config
from dbopt.errors import UsageError
from dbopt.partition import grid as grids
from dbopt.partition import interval
from dbopt.partition.grid import Grid
from dbopt.partition.interval import Interval, microseconds_of, moment_of
from dbopt.partition.key import Kind, kind_of
from dbopt.partition.model import Name, PartitionSet
from dbopt.partition.settings import PREMAKE, Settings, step_of

_EPOCHS = {"seconds": Kind.EPOCH_S, "milliseconds": Kind.EPOCH_MS, "nanoseconds": Kind.EPOCH_NS}


@dataclass(frozen=True)
class Asked:
    """Options of the command; None leaves it to the section and to the set."""

    premake: int | None = None
    step: Interval | int | None = None


@dataclass(frozen=True)
class Archived:
    """A section [[archive]], as far as partitions matter to it."""

    name: str
    table: Name
    keep_hot: Interval


@dataclass(frozen=True)
class Aim:
    """How a set is to go on: None, with the reason, where that cannot be told."""

    grid: Grid | None
    premake: int = PREMAKE
    reason: str = ""


def aim(one: PartitionSet, asked: Asked, section: Settings | None) -> Aim:
    """Options go before the section, it before pg_partman's row, that before the bounds. Raises UsageError."""
    partman = one.partman
    premake = _first(asked.premake, section.premake if section else None, partman.premake if partman else None, PREMAKE)
    if one.strategy != "range":
        return Aim(None, premake, f"its partitions go by {one.strategy}: there is nothing to make ahead")
    try:
        kind = kind_of(one.key[0].type, (section and section.key) or _partman_kind(one))
    except UsageError as error:
        return Aim(None, premake, error.message)
    step = asked.step if asked.step is not None or section is None else section.step
    grid = one.grid(kind, step)
    if grid is None and partman is not None:
        grid = Grid(kind, step_of(partman.interval))
    if grid is None:
        return Aim(
            None, premake, "its bounds follow no interval; name one by --interval, or in a section [[partition]]"
        )
    return Aim(grids.check(grid), premake)


def archives(config: Config) -> tuple[Archived, ...]:
    """The sections [[archive]] that say how long rows stay; what else they say is not looked at."""
    sections = config.values.get("archive", [])
    found = []
    for section in sections if isinstance(sections, list) else []:
        if isinstance(section, dict) and isinstance(section.get("keep_hot"), str):
            table = str(section.get("table", ""))
            schema, _, name = table.rpartition(".")
            keep_hot = interval.parse(section["keep_hot"])
            found.append(Archived(str(section.get("name", table)), Name(schema or "public", name), keep_hot))
    return tuple(found)


def to_archive(one: PartitionSet, grid: Grid, policy: Archived, now_us: int) -> tuple[Name, ...]:
    """Its partitions that end before the rows that stay begin, the oldest first; none for keys that are no times."""
    if not grid.kind.is_time:
        return ()
    boundary = microseconds_of(policy.keep_hot.after(moment_of(now_us), -1))
    return tuple(partition.name for span, partition in one.spans(grid.kind) if span[1] <= boundary)


def policy_of(policies: Sequence[Archived], table: Name) -> Archived | None:
    return next((policy for policy in policies if policy.table == table), None)


def _first(*numbers: int | None) -> int:
    return next(number for number in numbers if number is not None)


def _partman_kind(one: PartitionSet) -> str | None:
    kind: Any = _EPOCHS.get(one.partman.epoch) if one.partman is not None else None
    return kind.value if kind is not None else None
