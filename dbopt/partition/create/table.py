"""The table that shall become a set, as it is on the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dbopt.errors import Obstructed, UsageError
from dbopt.partition import table
from dbopt.partition.convert.obstacles import of_replacing
from dbopt.partition.convert.target import Target as Becoming
from dbopt.partition.model import Name, PartitionSet
from dbopt.partition.read import read_sets
from dbopt.partition.table import Column, Table
from dbopt.postgres.identifiers import SQL, Identifier
from dbopt.postgres.session import Session

PARTITIONED = Becoming(key="RANGE")
"""Whatever its key: check_unique() asks for that."""

_UNIQUE = {"p": "primary key", "u": "unique", "x": "exclusion"}


@dataclass(frozen=True)
class Target:
    """What a name stands for: `state` is partitioned, empty, or missing. `now_us` is the server's clock."""

    name: Name
    state: str
    now_us: int
    table: Table | None = None
    set: PartitionSet | None = None


def read_target(session: Session, text: str, *, may_be_missing: bool) -> Target:
    """Raises Obstructed for what cannot become a partitioned table here: one with rows, a view."""
    row = session.row("partition/create_name", table=text)
    name = Name(row["schema"], row["name"])
    if row["oid"] is None:
        if not may_be_missing:
            raise Obstructed(f"there is no table {name}", hint="--like OTHER makes it like another one")
        return Target(name, "missing", row["now_us"])
    found = read_table(session, name)
    if row["kind"] == "p":
        return Target(name, "partitioned", row["now_us"], found, read_sets(session, name)[0])
    if row["kind"] != "r":
        raise Obstructed(f"{name} is not a table")
    if may_be_missing:
        raise UsageError(f"{name} exists and is not partitioned", hint="leave out --like")
    return Target(name, "empty", row["now_us"], _replaceable(session, found))


def read_named(session: Session, text: str, option: str) -> Table:
    """The table that an option names. Raises UsageError where there is none."""
    row = session.row("partition/create_name", table=text)
    if row["oid"] is None:
        raise UsageError(f"{option}: there is no table {text}")
    return read_table(session, Name(row["schema"], row["name"]))


def read_table(session: Session, name: Name) -> Table:
    """A table with everything that it carries."""
    with session.rolled_back():
        return table.read_table(session, name)


def column_of(source: Table, name: str | None) -> Column:
    """Raises UsageError where there is none."""
    found = source.column(name or "")
    if found is None:
        known = ", ".join(column.name for column in source.columns)
        raise UsageError(f"{source.name} has no column {name}", hint=f"its columns: {known}")
    return found


def check_unique(source: Table, controls: Sequence[str]) -> None:
    """Raises Obstructed where a primary key or a unique index lacks a column of the partition keys: PostgreSQL keeps
    uniqueness within a partition only.
    """
    for kind, name, own in _unique(source):
        missing = [control for control in controls if control not in own]
        if missing:
            columns = ", ".join(dict.fromkeys((*own, *missing)))
            raise Obstructed(
                f"{kind} {name} of {source.name} does not contain the partition key {', '.join(missing)}",
                hint=f"what is unique in a partitioned table contains its key: make it ({columns}), or drop it",
            )


def _unique(source: Table) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What it is, its name, and its columns."""
    for constraint in source.constraints:
        if constraint.type in _UNIQUE:
            yield _UNIQUE[constraint.type], constraint.name, constraint.columns
    for index in source.indexes:
        if index.is_unique and index.is_valid and index.constraint is None:
            yield "index", index.name, index.columns


def beneath(session: Session, whole: PartitionSet, depth: int) -> Mapping[Name, PartitionSet]:
    """The sets that are partitions of a set, so many levels down."""
    found: dict[Name, PartitionSet] = {}
    level = [whole]
    for _ in range(depth):
        names = [one.name for parent in level for one in parent.partitions if one.is_partitioned]
        level = [read_sets(session, name)[0] for name in names]
        found.update((one.table, one) for one in level)
    return found


def highest(session: Session, source: Table, column: str) -> int:
    """The greatest value of a column of numbers; 0 in an empty table."""
    query = SQL("SELECT coalesce(floor(max({})), 0)::text AS value FROM {}").format(
        Identifier(column), Identifier(source.name.schema, source.name.name)
    )
    return int(session.fetch(query)[0]["value"])


def as_values_of(session: Session, type_name: str, values: Sequence[str | None]) -> list[str | None]:
    """Values in the form in which the server writes those of a type. Raises QueryFailed for one that is none."""
    query = SQL(f"SELECT CAST(%(value)s::text AS {type_name})::text AS value")  # type_name is format_type()'s
    return [None if value is None else session.fetch(query, {"value": value})[0]["value"] for value in values]


def _replaceable(session: Session, source: Table) -> Table:
    empty = SQL("SELECT NOT EXISTS (SELECT FROM {}) AS is_empty").format(
        Identifier(source.name.schema, source.name.name)
    )
    if not session.fetch(empty)[0]["is_empty"]:
        raise Obstructed(f"{source.name} holds rows", hint="dbopt partition convert moves them online")
    reasons = of_replacing(source, PARTITIONED)
    if reasons:
        listed = "".join(f"\n  - {reason}" for reason in reasons)
        raise Obstructed(f"{source.name} cannot be replaced by a partitioned table:{listed}")
    return source
