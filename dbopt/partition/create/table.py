"""The table that shall become a set, as it is on the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dbopt.errors import Obstructed, UsageError
from dbopt.partition.model import Name, PartitionSet
from dbopt.partition.read import read_sets
from dbopt.postgres.identifiers import SQL, Identifier
from dbopt.postgres.session import Row, Session


@dataclass(frozen=True)
class Column:
    """A column. `sequence` is the one that it owns, as it stands in SQL; `statistics` a target of its own."""

    name: str
    type: str
    base_type: str
    not_null: bool
    is_identity: bool
    sequence: str | None
    sequence_name: str | None
    statistics: int | None


@dataclass(frozen=True)
class Part:
    """A constraint with an index, a foreign key, an index, extended statistics. `columns` are those of its key, `tail`
    what stands in an index's definition after the table.
    """

    kind: str
    name: str
    definition: str
    tail: str | None
    is_unique: bool
    columns: tuple[str, ...]
    comment: str | None


@dataclass(frozen=True)
class Grant:
    """A privilege; `grantee` None is PUBLIC, `column` None the whole table."""

    grantee: str | None
    privilege: str
    is_grantable: bool
    column: str | None


@dataclass(frozen=True)
class Table:
    """A table and what belongs to it. `storage` are parameters as in fillfactor=90 and toast.autovacuum_enabled=off."""

    name: Name
    is_unlogged: bool
    owner: str
    tablespace: str | None
    comment: str | None
    storage: tuple[str, ...]
    replica_identity: str
    identity_index: str | None
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    grants: tuple[Grant, ...]

    def column(self, name: str) -> Column:
        """Raises UsageError where there is none."""
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            known = ", ".join(column.name for column in self.columns)
            raise UsageError(f"{self.name} has no column {name}", hint=f"its columns: {known}")
        return found


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
    table = read_table(session, row["oid"])
    if row["kind"] == "p":
        return Target(name, "partitioned", row["now_us"], table, read_sets(session, name)[0])
    if row["kind"] != "r":
        raise Obstructed(f"{name} is not a table")
    if may_be_missing:
        raise UsageError(f"{name} exists and is not partitioned", hint="leave out --like")
    return Target(name, "empty", row["now_us"], _replaceable(session, row["oid"], table))


def read_named(session: Session, text: str, option: str) -> Table:
    """The table that an option names. Raises UsageError where there is none."""
    row = session.row("partition/create_name", table=text)
    if row["oid"] is None:
        raise UsageError(f"{option}: there is no table {text}")
    return read_table(session, row["oid"])


def read_table(session: Session, oid: int) -> Table:
    with session.rolled_back():
        session.execute(SQL("SET LOCAL search_path = pg_catalog"))
        row = session.row("partition/create_table", oid=oid)
        parts = session.rows("partition/create_parts", oid=oid)
        grants = session.rows("partition/create_grants", oid=oid)
    return Table(
        name=Name(row["schema"], row["name"]),
        is_unlogged=row["is_unlogged"],
        owner=row["owner"],
        tablespace=row["tablespace"],
        comment=row["comment"],
        storage=tuple(row["storage"]),
        replica_identity=row["replica_identity"],
        identity_index=row["identity_index"],
        columns=tuple(Column(**column) for column in row["columns"] or ()),
        parts=tuple(_part(part) for part in parts),
        grants=tuple(Grant(**grant) for grant in grants),
    )


def check_unique(table: Table, controls: Sequence[str]) -> None:
    """Raises Obstructed where a primary key or a unique index lacks a column of the partition keys: PostgreSQL keeps
    uniqueness within a partition only.
    """
    for part in table.parts:
        missing = [control for control in controls if control not in part.columns]
        if part.is_unique and missing:
            columns = ", ".join(dict.fromkeys((*part.columns, *missing)))
            raise Obstructed(
                f"{part.kind} {part.name} of {table.name} does not contain the partition key {', '.join(missing)}",
                hint=f"what is unique in a partitioned table contains its key: make it ({columns}), or drop it",
            )


def taken_names(session: Session, schema: str) -> set[str]:
    return {row["name"] for row in session.rows("partition/names", schema=schema)}


def beneath(session: Session, whole: PartitionSet, depth: int) -> Mapping[Name, PartitionSet]:
    """The sets that are partitions of a set, so many levels down."""
    found: dict[Name, PartitionSet] = {}
    level = [whole]
    for _ in range(depth):
        names = [one.name for parent in level for one in parent.partitions if one.is_partitioned]
        level = [read_sets(session, name)[0] for name in names]
        found.update((one.table, one) for one in level)
    return found


def highest(session: Session, table: Table, column: str) -> int:
    """The greatest value of a column of numbers; 0 in an empty table."""
    query = SQL("SELECT coalesce(floor(max({})), 0)::text AS value FROM {}").format(
        Identifier(column), Identifier(table.name.schema, table.name.name)
    )
    return int(session.fetch(query)[0]["value"])


def as_values_of(session: Session, type_name: str, values: Sequence[str | None]) -> list[str | None]:
    """Values in the form in which the server writes those of a type. Raises QueryFailed for one that is none."""
    query = SQL(f"SELECT CAST(%(value)s::text AS {type_name})::text AS value")  # type_name is format_type()'s
    return [None if value is None else session.fetch(query, {"value": value})[0]["value"] for value in values]


def _replaceable(session: Session, oid: int, table: Table) -> Table:
    obstacles = session.rows("partition/create_obstacles", oid=oid)
    empty = SQL("SELECT NOT EXISTS (SELECT FROM {}) AS is_empty").format(Identifier(table.name.schema, table.name.name))
    if not session.fetch(empty)[0]["is_empty"]:
        raise Obstructed(f"{table.name} holds rows", hint="dbopt partition convert moves them online")
    if obstacles:
        said = ", ".join(f"{one['kind']} {one['name']}" for one in obstacles)
        raise Obstructed(
            f"{table.name} cannot be replaced by a partitioned table: {said}",
            hint="drop what hangs on it, make the set, then create it anew; or use dbopt partition convert",
        )
    return table


def _part(row: Row) -> Part:
    row.pop("position")
    return Part(**{**row, "columns": tuple(row["columns"])})
