"""What a server, or a shadow of it, tells about the state of its tables and indexes, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from dbopt.index.attributes import attribute_of
from dbopt.index.size import Attribute
from dbopt.postgres.schema import Catalog
from dbopt.postgres.session import Row, Session

Name = tuple[str, str]
SMALLEST_BTREE = 8 << 20  # bytes: of smaller ones nothing is asked


@dataclass(frozen=True)
class Counts:
    """Rows of a table as the server counts them: `modified` since it was analysed, the others since the counts were
    reset. `updated` includes `updated_hot`; `updated_elsewhere` went to another page (None before PostgreSQL 16).
    """

    live: int = 0
    dead: int = 0
    modified: int = 0
    inserted: int = 0
    updated: int = 0
    updated_hot: int = 0
    updated_elsewhere: int | None = None
    deleted: int = 0


@dataclass(frozen=True)
class TableFacts:
    """A table (`kind` as in pg_class). `rows` and `blocks` are pg_class's, rows below zero if it was never analysed;
    `bytes` the size of its file. `has_statistics` is None where the role may not see them, `counts` None without a
    server.
    """

    schema: str
    name: str
    kind: str
    rows: float
    blocks: int
    visible_blocks: int
    bytes: int
    options: tuple[str, ...] = ()
    has_statistics: bool | None = None
    counts: Counts | None = None

    @property
    def key(self) -> Name:
        return self.schema, self.name


@dataclass(frozen=True)
class BtreeFacts:
    """A b-tree: `rows` and `blocks` are pg_class's, `bytes` the size of its file. `attributes` are its columns."""

    schema: str
    name: str
    table: Name
    rows: float
    blocks: int
    bytes: int
    attributes: tuple[Attribute, ...]
    is_unique: bool = False
    deduplicates: bool = True
    fillfactor: int | None = None


@dataclass(frozen=True)
class ColumnFacts:
    """A column with as many most common values as ANALYZE keeps of it, `target`; `own_target` where that was set for
    this column.
    """

    table: Name
    name: str
    n_distinct: float
    null_fraction: float
    common_values: tuple[str, ...]
    frequencies: tuple[float, ...]
    target: int
    own_target: int | None = None


@dataclass(frozen=True)
class Facts:
    """All of it. `columns` are those whose list of common values is full; `set_by_hand` are numbers of different
    values, by table and column; `extended` the sets of columns that have extended statistics, by table, `expressions`
    the expressions, and `taken` the names of these (schema, name).
    """

    tables: Mapping[Name, TableFacts] = field(default_factory=dict)
    btrees: Sequence[BtreeFacts] = ()
    columns: Mapping[tuple[Name, str], ColumnFacts] = field(default_factory=dict)
    set_by_hand: Mapping[tuple[Name, str], str] = field(default_factory=dict)
    extended: Mapping[Name, Sequence[frozenset[str]]] = field(default_factory=dict)
    expressions: Mapping[Name, frozenset[str]] = field(default_factory=dict)
    taken: frozenset[Name] = frozenset()


def read_facts(
    session: Session, catalog: Catalog, *, counts: bool = True, smallest_btree: int = SMALLEST_BTREE
) -> Facts:
    """Read them; `counts=False` for a shadow, whose own counts mean nothing. Works for any role: what it may not see is
    unknown.
    """
    sizes = {relation.key: relation.bytes for relation in catalog.relations}
    index_sizes = {(index.schema, index.name): index.size_bytes for index in catalog.indexes}
    with session.rolled_back():
        tables = [_table(row, sizes, counts) for row in session.rows("index/tables")]
        every = session.rows("index/btrees")
        btrees = [row for row in every if index_sizes.get((row["schema"], row["name"]), 0) >= smallest_btree]
        attributes = session.rows("index/attributes", indexes=[row["oid"] for row in btrees])
        columns = [_column(row) for row in session.rows("index/column_statistics")]
        options = session.rows("index/column_options")
        extended = session.rows("index/extended")
    shapes = {oid: list(rows) for oid, rows in groupby(attributes, key=lambda row: int(row["index"]))}
    on: dict[Name, list[frozenset[str]]] = {}
    written: dict[Name, frozenset[str]] = {}
    for row in extended:
        key = (row["schema"], row["table_name"])
        on.setdefault(key, []).append(frozenset(row["columns"]))
        written[key] = written.get(key, frozenset()).union(row["expressions"])
    return Facts(
        tables={table.key: table for table in tables},
        btrees=[_btree(row, shapes[row["oid"]], index_sizes) for row in btrees if row["oid"] in shapes],
        columns={(column.table, column.name): column for column in columns},
        set_by_hand={((row["schema"], row["table_name"]), row["name"]): row["n_distinct"] for row in options},
        extended=on,
        expressions=written,
        taken=frozenset((row["own_schema"], row["name"]) for row in extended),
    )


def _table(row: Row, sizes: Mapping[Name, int], counts: bool) -> TableFacts:
    return TableFacts(
        schema=row["schema"],
        name=row["name"],
        kind=row["kind"],
        rows=row["rows"],
        blocks=row["blocks"],
        visible_blocks=row["visible_blocks"],
        bytes=sizes.get((row["schema"], row["name"]), 0),
        options=tuple(row["options"]),
        has_statistics=row["has_statistics"],
        counts=_counts(row) if counts else None,
    )


def _counts(row: Row) -> Counts:
    return Counts(
        live=row["live"],
        dead=row["dead"],
        modified=row["modified"],
        inserted=row["inserted"],
        updated=row["updated"],
        updated_hot=row["updated_hot"],
        updated_elsewhere=row["updated_elsewhere"],
        deleted=row["deleted"],
    )


def _btree(row: Row, shape: Sequence[Row], sizes: Mapping[Name, int]) -> BtreeFacts:
    return BtreeFacts(
        schema=row["schema"],
        name=row["name"],
        table=(row["table_schema"], row["table_name"]),
        rows=row["rows"],
        blocks=row["blocks"],
        bytes=sizes.get((row["schema"], row["name"]), 0),
        attributes=tuple(map(attribute_of, shape)),
        is_unique=shape[0]["is_unique"],
        deduplicates=not shape[0]["deduplication_off"],
        fillfactor=shape[0]["fillfactor"],
    )


def _column(row: Row) -> ColumnFacts:
    return ColumnFacts(
        table=(row["schema"], row["table_name"]),
        name=row["name"],
        n_distinct=row["n_distinct"],
        null_fraction=row["null_fraction"],
        common_values=tuple(str(value) for value in row["common_values"]),
        frequencies=tuple(row["frequencies"]),
        target=row["target"],
        own_target=row["own_target"],
    )
