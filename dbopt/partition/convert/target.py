"""What a table is to become. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from dataclasses import dataclass

from dbopt.partition.model import Name
from dbopt.partition.table import Index, Table
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.naming import MAX_BYTES, shortened

NEW, OLD, FIRST, SYNC = "_dbopt_new", "_dbopt_old", "_dbopt_first", "_dbopt_sync"


@dataclass(frozen=True)
class Key:
    """A unique index: its plain columns, and its definition, which begins with USING."""

    name: str
    columns: tuple[str, ...]
    definition: str


@dataclass(frozen=True)
class Part:
    """A partition to be: "FOR VALUES ..." or "DEFAULT"."""

    name: str
    bound: str


@dataclass(frozen=True)
class Target:
    """A partitioned table with `key`, such as RANGE (created_at), over the columns `control`, and its partitions; or a
    plain table, with none of these. `widen` allows that unique keys get the control columns that they lack; `widened`
    are those that do, as they were before. `narrow` makes keys what they were. `check` is what holds for
    the rows of the table that becomes the first partition.
    """

    key: str | None = None
    control: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    widen: bool = False
    widened: tuple[Key, ...] = ()
    narrow: tuple[Key, ...] = ()
    check: str = ""

    @property
    def is_partitioned(self) -> bool:
        return self.key is not None


def beside(name: str, suffix: str, taken: Container[str] = ()) -> str:
    """The name of what stands beside something of this name, in at most 63 bytes: of a long name the beginning, and
    four digits of its hash, since others may begin alike; with a number where that is taken.
    """
    number = 1
    while True:
        end = suffix if number == 1 else f"{suffix}{number}"
        found = name + end
        if len(found.encode()) > MAX_BYTES:
            end = f"_{hashlib.sha256(name.encode()).hexdigest()[:4]}{end}"
            found = shortened(name, MAX_BYTES - len(end)) + end
        if found not in taken:
            return found
        number += 1


def sync_key(table: Table) -> Index | None:
    """The unique index by which rows are told apart: the primary key, else another without NULLs or exceptions."""
    return next(
        (
            one
            for one in table.indexes
            if one.is_unique and one.is_valid and one.is_immediate and not one.is_special and one.not_null
        ),
        None,
    )


def lacking(index: Index, control: tuple[str, ...]) -> tuple[str, ...]:
    """The control columns that a unique index does not have, without which no partitioned table can have it."""
    return tuple(name for name in control if name not in index.columns) if index.is_unique else ()


def log_columns(table: Table, target: Target) -> tuple[str, ...]:
    """What the log of changes keeps of a row: its key, and where it is."""
    key = sync_key(table)
    columns = key.columns if key is not None else ()
    return columns + tuple(name for name in target.control if name not in columns)


def list_of(columns: tuple[str, ...], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{quoted(name)}" for name in columns)


def new_name(table: Name) -> Name:
    return Name(table.schema, beside(table.name, NEW))


def log_names(table: Table, target: Target) -> dict[str, str]:
    """What the templates of the log need of the table: its columns in the log, in a trigger, in comparisons."""
    columns, found = log_columns(table, target), sync_key(table)
    key = found.columns if found is not None else ()
    return {
        "columns": list_of(columns),
        "old_values": list_of(columns, "OLD."),
        "new_values": list_of(columns, "NEW."),
        "same_place": " AND ".join(f"n.{quoted(name)} = k.{quoted(name)}" for name in columns),
        "same_key": " AND ".join(f"l.{quoted(name)} = t.{quoted(name)}" for name in key),
        "key": list_of(key),
        "all_columns": stored(table),
    }


def stored(table: Table) -> str:
    """The columns that are written, as a list."""
    return list_of(tuple(one.name for one in table.stored))
