"""Partition sets, read from a server's catalog and from pg_partman's tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dbopt.errors import NothingToDo, PrivilegeMissing
from dbopt.partition import bound as bounds
from dbopt.partition.bound import Default, Hash, Range
from dbopt.partition.key import Kind, kinds_of
from dbopt.partition.model import NEGATIVE, KeyColumn, Name, Partition, PartitionSet, Partman, span_of
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row, Session


@dataclass(frozen=True)
class Extension:
    """pg_partman, as it is installed: "4.7.2" in a schema."""

    schema: str
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def read_extension(session: Session) -> Extension | None:
    found = session.rows("partition/partman")
    return Extension(found[0]["schema"], found[0]["version"]) if found else None


def read_sets(session: Session, table: Name | None = None) -> tuple[PartitionSet, ...]:
    """All partition sets of the database, or those of one table: itself, where it is partitioned. Bounds are in UTC."""
    with session.rolled_back():
        rows = session.rows("partition/sets", schema=table and table.schema, name=table and table.name)
        session.execute(
            SQL("SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL search_path = pg_catalog")
        )
        found = [(row, session.rows("partition/partitions", oid=row["oid"])) for row in rows]
    configs = _partman(session) if rows else {}
    return tuple(_set(row, partitions, configs) for row, partitions in found)


def read_set(session: Session, table: Name) -> PartitionSet:
    """Raises NothingToDo for a table that is not partitioned."""
    found = read_sets(session, table)
    if not found:
        raise NothingToDo(f"{table} is not a partitioned table", hint="dbopt partition convert makes it one")
    return found[0]


def resolve(session: Session, text: str) -> Name:
    """The table that a name means on this server, with or without its schema, quoted where needed.

    Raises QueryFailed where there is none.
    """
    row = session.row("partition/table", table=text)
    return Name(row["schema"], row["name"])


def names_in(session: Session, schema: str) -> frozenset[str]:
    """The names of a schema that a new table, its indexes and its statistics cannot have."""
    return frozenset(row["name"] for row in session.rows("partition/names", schema=schema))


def name_of(session: Session, text: str) -> Name:
    """The table that is meant, whether or not it exists."""
    row = session.row("partition/create_name", table=text)
    return Name(row["schema"], row["name"])


def _set(row: Row, partitions: list[Row], configs: dict[tuple[str, str], Partman]) -> PartitionSet:
    key = tuple(KeyColumn(**column) for column in row["key"])
    members = sorted((_partition(one) for one in partitions), key=lambda one: _order(one, key[0]))
    return PartitionSet(
        table=Name(row["schema"], row["name"]),
        strategy=row["strategy"],
        key=key,
        partitions=tuple(members),
        parent=Name(row["parent_schema"], row["parent_name"]) if row["parent_name"] else None,
        partman=configs.get((row["schema"], row["name"])),
        zone=_zone(row["zone"]),
    )


def _partition(row: Row) -> Partition:
    return Partition(
        name=Name(row["schema"], row["name"]),
        bound=bounds.parse(row["bound"]),
        bound_sql=row["bound"],
        rows=row["rows"],
        bytes=row["bytes"],
        is_partitioned=row["is_partitioned"],
        is_foreign=row["is_foreign"],
        detach_pending=row["detach_pending"],
    )


def _order(one: Partition, column: KeyColumn) -> tuple[bool, int, str]:
    """By the lower bound; the default last."""
    position = 0
    if isinstance(one.bound, Hash):
        position = one.bound.remainder
    elif isinstance(one.bound, Range):
        kinds = kinds_of(column.type) or (Kind.ID,)
        span = span_of(one.bound, kinds[0])
        position = span[0] if span else NEGATIVE
    return isinstance(one.bound, Default), position, one.name.name


def _zone(name: str) -> tzinfo:
    """UTC for a zone of the server that is not known here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _partman(session: Session) -> dict[tuple[str, str], Partman]:
    """pg_partman's sets by schema and name; none where it is not installed, or its tables may not be read."""
    extension = read_extension(session)
    if extension is None:
        return {}
    try:
        with session.rolled_back():
            rows = session.fetch(SQL(render("partition/partman_sets.sql", schema=extension.schema)))
    except PrivilegeMissing:
        return {}
    return {tuple(row.pop("parent_table").split(".", 1)): Partman(**row) for row in rows}
