"""The catalog of a database, read once: relations, columns with their statistics, indexes, foreign keys, writes.
What can be asked of it afterwards is pure. The dataclasses stand in `dbopt.postgres.schema`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from dbopt.errors import LockNotAvailable
from dbopt.postgres.long_values import Lengths, long_columns
from dbopt.postgres.schema import Activity, Catalog, Column, ExistingIndex, ForeignKey, IndexKey, Relation
from dbopt.postgres.session import Row, Session

Name = tuple[str, str]


def read_catalog(session: Session) -> Catalog:
    """Read the catalog. Works for any role: statistics that the role may not see are unknown. While another session
    holds a lock that forbids asking, sizes are the planner's page counts and views have no definitions.
    """
    sizes: dict[Name, int] = _unless_locked(session, "catalog/sizes", "bytes")
    toast: dict[Name, int] = _unless_locked(session, "catalog/toast", "bytes")
    views: dict[Name, str] = _unless_locked(session, "catalog/views", "definition")
    with session.rolled_back():
        environment = session.row("catalog/environment")
        block_size = environment["block_size"]
        activity = {(row["schema"], row["name"]): _activity(row) for row in session.rows("catalog/activity")}
        columns = _by_relation(session.rows("catalog/columns"), toast)
        relations = tuple(
            _relation(row, columns, sizes, views, activity, block_size) for row in session.rows("catalog/relations")
        )
        indexes = tuple(_index(row, sizes, block_size) for row in session.rows("catalog/indexes"))
        foreign_keys = tuple(_foreign_key(row) for row in session.rows("catalog/foreign_keys"))
        other_names = frozenset((row["schema"], row["name"]) for row in session.rows("catalog/names"))
        extensions = tuple((row["name"], row["schema"]) for row in session.rows("catalog/extensions"))
    return Catalog(
        server_version=environment["server_version"],
        database=environment["database"],
        search_path=tuple(environment["search_path"]),
        counted_seconds=environment["counted_seconds"],
        relations=relations,
        indexes=indexes,
        foreign_keys=foreign_keys,
        extensions=extensions,
        other_names=other_names,
    )


def read_invalid_indexes(session: Session) -> tuple[ExistingIndex, ...]:
    """What builds that failed left behind, their sizes as the planner counts them."""
    block_size = session.row("catalog/environment")["block_size"]
    indexes = (_index(row, {}, block_size) for row in session.rows("catalog/indexes"))
    left = (index for index in indexes if not index.is_valid and not index.may_become_valid and index.definition)
    return tuple(replace(index, scans=None) for index in left)


def _unless_locked(session: Session, query: str, value: str) -> dict[Name, Any]:
    try:
        with session.rolled_back():
            return {(row["schema"], row["name"]): row[value] for row in session.rows(query)}
    except LockNotAvailable:
        return {}


def _by_relation(rows: Iterable[Row], toast: dict[Name, int]) -> dict[Name, tuple[Column, ...]]:
    found: dict[Name, list[Row]] = {}
    for row in rows:
        found.setdefault((row["schema"], row["relation"]), []).append(row)
    return {name: _columns(of, has_toast=toast.get(name, 0) > 0) for name, of in found.items()}


def _columns(rows: Sequence[Row], *, has_toast: bool) -> tuple[Column, ...]:
    lengths = [Lengths(row["name"], row["unbounded"], row["longest"], row["avg_width"]) for row in rows]
    long = long_columns(lengths, has_toast=has_toast)
    return tuple(_column(row, may_be_long=row["name"] in long) for row in rows)


def _column(row: Row, *, may_be_long: bool) -> Column:
    return Column(
        name=row["name"],
        type=row["type"],
        not_null=row["not_null"],
        length=row["length"] if row["length"] > 0 else None,
        indexable=bool(row["indexable"]),
        is_text=bool(row["is_text"]),
        bytewise=bool(row["bytewise"]),
        average_width=row["avg_width"],
        n_distinct=row["n_distinct"],
        null_fraction=row["null_frac"],
        correlation=row["correlation"],
        top_frequency=row["top_frequency"],
        may_be_long=may_be_long,
    )


def _relation(
    row: Row,
    columns: dict[Name, tuple[Column, ...]],
    sizes: dict[Name, int],
    views: dict[Name, str],
    activity: dict[Name, Activity],
    block_size: int,
) -> Relation:
    name = (row["schema"], row["name"])
    return Relation(
        schema=row["schema"],
        name=row["name"],
        kind=row["kind"],
        rows=row["rows"],
        bytes=sizes.get(name, row["blocks"] * block_size),
        columns=columns.get(name, ()),
        is_partition=row["is_partition"],
        parent=(row["parent_schema"], row["parent_name"]) if row["parent_name"] else None,
        definition=views.get(name),
        activity=activity.get(name, Activity()),
        inherits=tuple((schema, parent) for schema, parent in row["inherits"] or ()),
    )


def _activity(row: Row) -> Activity:
    return Activity(
        inserted=row["inserted"] or 0,
        updated=row["updated"] or 0,
        updated_hot=row["updated_hot"] or 0,
        deleted=row["deleted"] or 0,
        scans=row["scans"] or 0,
    )


def _index(row: Row, sizes: dict[Name, int], block_size: int) -> ExistingIndex:
    return ExistingIndex(
        schema=row["schema"],
        name=row["name"],
        table=(row["table_schema"], row["table_name"]),
        method=row["method"],
        keys=tuple(_key(key) for key in row["keys"]),
        include=tuple(row["include"]),
        predicate=row["predicate"],
        is_unique=row["is_unique"],
        is_primary=row["is_primary"],
        is_valid=row["is_valid"],
        may_become_valid=row["may_become_valid"],
        is_marked=row["is_marked"],
        is_referenced=row["is_referenced"],
        constraint=row["constraint_name"],
        parent=(row["parent_schema"], row["parent_name"]) if row["parent_name"] else None,
        size_bytes=sizes.get((row["schema"], row["name"]), row["blocks"] * block_size),
        scans=row["scans"],
        options=tuple(row["options"]),
        definition=row["definition"],
        is_deferrable=row["is_deferrable"],
    )


def _key(key: Row) -> IndexKey:
    return IndexKey(
        sql=key["sql"],
        column=key["column"],
        descending=key["descending"],
        nulls_first=key["nulls_first"],
        opclass=key["opclass"],
        collation=key["collation"],
    )


def _foreign_key(row: Row) -> ForeignKey:
    return ForeignKey(
        table=(row["schema"], row["table_name"]),
        name=row["name"],
        columns=tuple(row["columns"]),
        referenced=(row["referenced_schema"], row["referenced_table"]),
        referenced_columns=tuple(row["referenced_columns"]),
        deletes=row["deletes"],
    )
