"""A table's partitioned twin in the shadow: the same columns, constraints and indexes, and in each partition the
statistics and file sizes that its share of the rows would have.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from dbopt.index.existing import as_new
from dbopt.index.model import Key
from dbopt.partition.suggest.layout import Layout, Part
from dbopt.partition.suggest.spread import Statistics
from dbopt.postgres.identifiers import SQL, qualified, quoted
from dbopt.postgres.schema import Catalog, ExistingIndex, Relation
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row, Session
from dbopt.shadow.dimensions import index_shapes
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.sizing import forget_pages

NAME = "dbopt_twin"
_STAND_ASIDE = "dbopt_twin_of"


@dataclass(frozen=True)
class Twin:
    """`leaves` are the names of the partitions; `swap` makes statements and views find the twin under the table's name,
    in a transaction that is rolled back.
    """

    leaves: frozenset[str]
    swap: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """The table that a twin is made of, as the shadow has it."""

    relation: Relation
    indexes: tuple[ExistingIndex, ...]
    row: Row
    key: Row
    index_rows: dict[str, float]


def read_statistics(session: Session, relation: Relation) -> tuple[dict[str, Statistics], dict[str, Row]]:
    """The statistics of a table's columns by name, and the rows of partition/key_statistics that they are from."""
    with session.rolled_back():
        session.execute(SQL("SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'"))
        found = session.rows("partition/key_statistics", schema=relation.schema, name=relation.name)
    rows = {row["column"]: row for row in found}
    types = {column.name: column.type for column in relation.columns}
    return {name: _statistics(row, types[name]) for name, row in rows.items() if name in types}, rows


def _statistics(row: Row, type_name: str) -> Statistics:
    return Statistics(
        column=row["column"],
        type=type_name,
        null_fraction=row["null_frac"],
        n_distinct=row["n_distinct"],
        common=tuple(row["common"] or ()),
        frequencies=tuple(row["frequencies"] or ()),
        bounds=tuple(row["bounds"] or ()),
    )


def source_of(session: Session, relation: Relation, catalog: Catalog, key: Row) -> Source:
    """Raises ServerError."""
    indexes = tuple(index for index in catalog.indexes_of(relation) if index.is_valid and index.definition)
    row = session.row("partition/twin_source", schema=relation.schema, name=relation.name)
    index_rows = {
        index.sql_name: max(session.row("partition/twin_source", schema=index.schema, name=index.name)["rows"], 0.0)
        for index in indexes
    }
    return Source(relation, indexes, row, key, index_rows)


@contextmanager
def made(shadow: Shadow, source: Source, layout: Layout) -> Iterator[Twin]:
    """The twin, dropped at the end. Raises ServerError for what PostgreSQL refuses."""
    relation, parts = source.relation, layout.all_parts
    names = [f"{NAME}_{number}" for number in range(1, len(parts) + 1)]
    twin = qualified(relation.schema, NAME)
    with shadow.administer() as owner, shadow.supervise() as session:
        owner.limit(statement_timeout_ms=0)
        views = owner.rows("partition/dependent_views", table=relation.sql_name)
        with owner.transaction():
            owner.script(_script(source, layout, names))
        try:
            _fill(shadow, owner, session, source, layout, names)
            yield Twin(frozenset(names), tuple(_swap(relation, views)))
        finally:
            owner.script(f"DROP TABLE {twin}")


def _script(source: Source, layout: Layout, names: Sequence[str]) -> str:
    return render(
        "partition/twin.sql",
        schema=source.relation.schema,
        table=source.relation.name,
        twin=NAME,
        strategy=layout.strategy.upper(),
        control=layout.control,
        indexes=[_index_sql(index, number, layout.control) for number, index in enumerate(source.indexes)],
        foreign_keys=source.row["foreign_keys"],
        parts=[{"name": name, "bound": part.bound} for name, part in zip(names, layout.all_parts, strict=True)],
    )


def _index_sql(index: ExistingIndex, number: int, control: str) -> str:
    """The index on the twin. A unique one must have the key among its columns, and gets it as its last."""
    new = replace(as_new(index), table=NAME)
    if not index.is_unique:
        return new.create_sql(_index_name(number))
    if control not in index.columns:
        new = replace(
            new, keys=(*new.keys, Key(control)), include=tuple(name for name in new.include if name != control)
        )
    return new.create_sql(_index_name(number)).replace("CREATE INDEX", "CREATE UNIQUE INDEX", 1)


def _index_name(number: int) -> str:
    return f"{NAME}_index_{number}"


def _swap(relation: Relation, views: Sequence[Row]) -> Iterator[str]:
    yield f"ALTER TABLE {relation.sql_name} RENAME TO {quoted(_STAND_ASIDE)}"
    yield f"ALTER TABLE {qualified(relation.schema, NAME)} RENAME TO {quoted(relation.name)}"
    for view in views:
        options = f" WITH ({view['options']})" if view["options"] else ""
        yield f"CREATE OR REPLACE VIEW {qualified(view['schema'], view['name'])}{options} AS {view['query']}"


# -- statistics and sizes ---------------------------------------------------------------------------------------------


def _fill(
    shadow: Shadow, owner: Session, session: Session, source: Source, layout: Layout, names: Sequence[str]
) -> None:
    twin = qualified(source.relation.schema, NAME)
    leaves = {row["name"]: row for row in owner.rows("shadow/leaves", table=twin)}
    ordered = [(leaves[name], part) for name, part in zip(names, layout.all_parts, strict=True)]
    indexes = [qualified(source.relation.schema, _index_name(number)) for number in range(len(source.indexes))]
    parts = owner.rows("shadow/index_parts", indexes=indexes) if indexes else []
    originals = dict(zip(indexes, source.indexes, strict=True))
    _copy_statistics(owner, session, source, layout, [leaf for leaf, _ in ordered], originals, parts)
    for leaf, part in ordered:
        if not part.is_copy and part.cut.share > 0:
            owner.rows("partition/twin_key_statistics", **_key_statistics(source, layout, leaf, part))
    forget_pages(session)
    _resize_tables(shadow, session, source, ordered)
    _resize_indexes(shadow, session, source, ordered, originals, parts)


def _copy_statistics(
    owner: Session,
    session: Session,
    source: Source,
    layout: Layout,
    leaves: Sequence[Row],
    indexes: dict[str, ExistingIndex],
    parts: Sequence[Row],
) -> None:
    """The whole table's to the parent and, but for the key, to each partition; those of index expressions too."""
    table = int(source.row["oid"])
    relation = source.relation
    parent = owner.row("partition/twin_source", schema=relation.schema, name=NAME)["oid"]
    by_hash = layout.strategy == "hash"
    rows: list[tuple[int, int, bool, str | None]] = [(table, parent, True, None)]
    rows += [(table, leaf["oid"], False, None if by_hash else layout.control) for leaf in leaves]
    names = [index.sql_name for index in source.indexes]
    former = owner.rows("shadow/index_parts", indexes=names) if names else []
    oids = {(row["schema"], row["name"]): row["oid"] for row in former}
    rows += [
        (oids[indexes[part["wanted"]].schema, indexes[part["wanted"]].name], part["oid"], False, None)
        for part in parts
        if part["kind"] == "i"
    ]
    sources, targets, inherited, without = (list(column) for column in zip(*rows, strict=True))
    session.rows(
        "partition/twin_copy_statistics", sources=sources, targets=targets, inherited=inherited, without=without
    )


def _key_statistics(source: Source, layout: Layout, leaf: Row, part: Part) -> dict[str, Any]:
    cut = part.cut
    return {
        "schema": leaf["schema"],
        "name": leaf["name"],
        "column": layout.control,
        "null_frac": 1.0 if part.bound == "DEFAULT" else 0.0,
        "avg_width": source.key["avg_width"],
        "n_distinct": cut.n_distinct,
        "common": _array(cut.common) if cut.common else None,
        "frequencies": list(cut.frequencies) if cut.common else None,
        "bounds": _array(cut.bounds) if len(cut.bounds) > 1 else None,
        "correlation": source.key["correlation"],
    }


def _array(values: Sequence[str]) -> str:
    """The values as an array's text."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"


def _resize_tables(shadow: Shadow, session: Session, source: Source, leaves: Sequence[tuple[Row, Part]]) -> None:
    blocks = _heap_blocks(shadow, source)
    visible = source.row["visible"] / max(source.row["blocks"], 1)
    rows = max(source.row["rows"], 0.0) * _growth(shadow, source)
    wanted = [math.ceil(blocks * part.cut.share) for _, part in leaves]
    for (leaf, _), number in zip(leaves, wanted, strict=True):
        shadow.storage.resize(leaf["path"], number)
    session.rows(
        "shadow/migration_put_sizes",
        relations=[leaf["oid"] for leaf, _ in leaves],
        blocks=wanted,
        rows=[float(round(rows * part.cut.share)) for _, part in leaves],
        visible=[min(round(number * visible), number) for number in wanted],
        frozen=[0] * len(leaves),
    )


def _heap_blocks(shadow: Shadow, source: Source) -> int:
    return shadow.blocks.get(source.relation.key, int(source.row["blocks"]))


def _growth(shadow: Shadow, source: Source) -> float:
    """How much larger the table is than when its rows were counted: the planner reckons with as many more."""
    return _heap_blocks(shadow, source) / source.row["blocks"] if source.row["blocks"] else 1.0


def _resize_indexes(
    shadow: Shadow,
    session: Session,
    source: Source,
    leaves: Sequence[tuple[Row, Part]],
    indexes: dict[str, ExistingIndex],
    parts: Sequence[Row],
) -> None:
    """Each index gets its share of the blocks and rows that the table's has, with what room it wastes."""
    former = {relation.key: relation.blocks for relation in shadow.snapshot.indexes}
    shares = {leaf["oid"]: part.cut.share for leaf, part in leaves}
    files = [part for part in parts if part["kind"] == "i"]
    shapes = index_shapes(session, [part["oid"] for part in files])
    heap, growth = _heap_blocks(shadow, source), _growth(shadow, source)
    told = []
    for part in files:
        share, index = shares[part["table"]], indexes[part["wanted"]]
        rows = source.index_rows[index.sql_name] * growth
        blocks = math.ceil(former.get((index.schema, index.name), 0) * share) + 1  # with a metapage of its own
        shapes[part["oid"]].write(shadow.storage, part["path"], blocks, rows * share, math.ceil(heap * share))
        told.append((part["oid"], blocks, float(round(rows * share))))
    if told:
        oids, blocks_told, rows_told = (list(column) for column in zip(*told, strict=True))
        session.rows("shadow/set_index_sizes", indexes=oids, blocks=blocks_told, rows=rows_told)
