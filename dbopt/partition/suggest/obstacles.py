"""What of a table stands in the way of partitioning it by a key, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbopt.partition.suggest.advice import Obstacle
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import Catalog, ExistingIndex, Relation

UNIQUE = frozenset({"primary key", "unique constraint", "unique index"})
"""Kinds that conversion can widen by the key."""
_IDENTITY = 17  # since when partitioned tables have identity columns, and exclusion constraints


@dataclass(frozen=True)
class Property:
    """A row of partition/obstacles."""

    kind: str
    name: str
    columns: tuple[str, ...]


def obstacles(
    relation: Relation, control: str, catalog: Catalog, properties: Iterable[Property]
) -> tuple[Obstacle, ...]:
    """In the order of how much they matter."""
    unique = [index for index in catalog.indexes_of(relation) if index.is_unique]
    return (
        *(_of_unique(index, control) for index in unique if control not in index.columns or None in index.columns),
        *_of_references(relation, control, catalog),
        *_of_column(relation, control),
        *(found for one in properties if (found := _of_property(one, control, catalog.server_version // 10000))),
    )


def _of_unique(index: ExistingIndex, control: str) -> Obstacle:
    columns = tuple(name for name in index.columns if name is not None)
    name = index.constraint or index.name
    if len(columns) < len(index.keys):
        kind = "unique index"
        remedy = "expressions cannot be unique over all partitions: it becomes one of each partition's, or goes"
        return Obstacle(kind, name, columns, remedy)
    kind = "primary key" if index.is_primary else "unique constraint" if index.constraint else "unique index"
    wider = ", ".join(quoted(column) for column in (*columns, control))
    own = ", ".join(quoted(column) for column in columns)
    return Obstacle(
        kind,
        name,
        columns,
        f"must have {quoted(control)} among its columns: make it ({wider}), which no longer keeps ({own}) alone unique",
    )


def _of_column(relation: Relation, control: str) -> Iterator[Obstacle]:
    column = relation.column(control)
    if column is not None and not column.not_null:
        remedy = f"rows without a key have no partition but the default one: ALTER TABLE {relation.sql_name} "
        yield Obstacle("nullable column", control, (control,), f"{remedy}ALTER COLUMN {quoted(control)} SET NOT NULL")


def _of_references(relation: Relation, control: str, catalog: Catalog) -> Iterator[Obstacle]:
    for key in catalog.foreign_keys:
        if key.referenced == relation.key and key.table != relation.key and control not in key.referenced_columns:
            columns = ", ".join(quoted(column) for column in key.referenced_columns)
            yield Obstacle(
                "foreign key",
                f"{key.table[0]}.{key.table[1]}.{key.name}",
                key.columns,
                f"refers to ({columns}), which does not stay unique: add {quoted(control)} to the referring table and "
                "to the key, or drop the key",
            )


def _of_property(one: Property, control: str, major: int) -> Obstacle | None:
    remedies = {
        "exclusion constraint": None
        if major >= _IDENTITY and control in one.columns
        else "not kept over all partitions: make it one of each partition's",
        "identity column": None
        if major >= _IDENTITY
        else f"partitioned tables have none before PostgreSQL {_IDENTITY}: a sequence as the column's default does it",
        "generated column": "no partition key can be generated: take a column that it is made of"
        if control in one.columns
        else None,
        "trigger": "a trigger for each row with a transition table cannot be on a partitioned table",
        "rule": "is bound to the old table: make it anew",
        "unlogged": "a partitioned table cannot be unlogged: each partition must be",
        "statistics": "are kept of the whole table only: make them of each partition, too",
    }
    remedy = remedies.get(one.kind)
    return None if remedy is None else Obstacle(one.kind, one.name, one.columns, remedy)
