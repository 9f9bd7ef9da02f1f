"""A database's catalog as plain data, and the questions that can be asked of it. Pure; `dbopt.postgres.catalog` reads
it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from dbopt.postgres.identifiers import qualified, quoted

_NAME_PART = re.compile(r'"((?:[^"]|"")+)"|([^".\s]+)')


@dataclass(frozen=True)
class Column:
    """A column with what the planner knows of it; None is unknown (never analysed, or not readable by the role).

    `n_distinct` is PostgreSQL's: a count, or below zero minus the share of the rows. `bytewise`: texts sort by bytes,
    so that a plain b-tree serves LIKE 'x%'. `length` is the type's fixed length in bytes. `may_be_long`: some value is
    perhaps too long for a b-tree.
    """

    name: str
    type: str
    not_null: bool = False
    length: int | None = None
    indexable: bool = True
    is_text: bool = False
    bytewise: bool = False
    average_width: int | None = None
    n_distinct: float | None = None
    null_fraction: float | None = None
    correlation: float | None = None
    top_frequency: float | None = None
    may_be_long: bool = False

    @property
    def width(self) -> int:
        """Average bytes of a value: measured, else the type's, else PostgreSQL's default for unknown text."""
        return self.average_width or self.length or 32


@dataclass(frozen=True)
class Activity:
    """Rows written, and scans of the table or one of its indexes, since the statistics were reset. `updated` includes
    `updated_hot`.
    """

    inserted: int = 0
    updated: int = 0
    updated_hot: int = 0
    deleted: int = 0
    scans: int = 0


@dataclass(frozen=True)
class Relation:
    """A relation. `kind` is pg_class's: r table, p partitioned table, m materialized view, v view, f foreign table.
    `rows` is -1 for a table that was never analysed; `parent` is the partitioned table it is a partition of;
    `definition` is a view's query; `inherits` are the tables whose rows its own are as well, where it is no partition.
    """

    schema: str
    name: str
    kind: str
    rows: float
    bytes: int
    columns: tuple[Column, ...]
    is_partition: bool = False
    parent: tuple[str, str] | None = None
    definition: str | None = None
    activity: Activity = field(default=Activity())
    inherits: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.schema, self.name

    @property
    def sql_name(self) -> str:
        """Quoted and qualified."""
        return qualified(self.schema, self.name)

    @property
    def can_have_indexes(self) -> bool:
        return self.kind in "rpm"

    @cached_property
    def _columns(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column | None:
        return self._columns.get(name)


@dataclass(frozen=True)
class IndexKey:
    """A key of an existing index: a column, or an expression (then `column` is None). Operator class and collation are
    None where they are the column's own.
    """

    sql: str
    column: str | None
    descending: bool = False
    nulls_first: bool = False
    opclass: str | None = None
    collation: str | None = None


@dataclass(frozen=True)
class ExistingIndex:
    """An index of the database. `constraint` names the primary key, unique or exclusion constraint that it backs, and
    `is_deferrable` is said of that; `is_marked`: replica identity or CLUSTER use it; `is_referenced`: a foreign key
    points to what it enforces; `parent` is the partitioned index it is attached to; `may_become_valid`: an invalid one
    that is perhaps being built; `scans` is None where they are not counted; `definition` is empty, and an expression
    `?`, while another session has the table locked.
    """

    schema: str
    name: str
    table: tuple[str, str]
    method: str
    keys: tuple[IndexKey, ...]
    include: tuple[str, ...] = ()
    predicate: str = ""
    is_unique: bool = False
    is_primary: bool = False
    is_valid: bool = True
    may_become_valid: bool = False
    is_marked: bool = False
    is_referenced: bool = False
    constraint: str | None = None
    parent: tuple[str, str] | None = None
    size_bytes: int = 0
    scans: int | None = None
    options: tuple[str, ...] = ()
    definition: str = ""
    is_deferrable: bool = False

    @property
    def sql_name(self) -> str:
        return qualified(self.schema, self.name)

    @property
    def columns(self) -> tuple[str | None, ...]:
        """Key columns, None for an expression."""
        return tuple(key.column for key in self.keys)


@dataclass(frozen=True)
class ForeignKey:
    """`columns` of `table` point to `referenced_columns` of `referenced`; `deletes`: ON DELETE CASCADE."""

    table: tuple[str, str]
    name: str
    columns: tuple[str, ...]
    referenced: tuple[str, str]
    referenced_columns: tuple[str, ...]
    deletes: bool = False


@dataclass(frozen=True)
class Catalog:
    """Everything read from one database. `counted_seconds`: how long the server has been counting scans and writes,
    None where it is not known; so long, at least, have the `replicas` counted whose scans were added. `extensions` are
    those installed, with their schemas; `other_names` are those besides relations' and indexes' that no
    new index can take.
    """

    server_version: int
    database: str
    search_path: tuple[str, ...]
    relations: tuple[Relation, ...]
    indexes: tuple[ExistingIndex, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    counted_seconds: float | None = None
    extensions: tuple[tuple[str, str], ...] = ()
    replicas: int = 0
    other_names: frozenset[tuple[str, str]] = frozenset()

    @cached_property
    def _relations(self) -> dict[tuple[str, str], Relation]:
        return {relation.key: relation for relation in self.relations}

    @cached_property
    def _indexes(self) -> dict[tuple[str, str], tuple[ExistingIndex, ...]]:
        found: dict[tuple[str, str], list[ExistingIndex]] = {}
        for index in self.indexes:
            found.setdefault(index.table, []).append(index)
        return {table: tuple(indexes) for table, indexes in found.items()}

    def find(self, schema: str | None, name: str) -> Relation | None:
        """The relation of these exact names; without a schema the first along the search_path."""
        schemas = (schema,) if schema else self.search_path
        return next((found for s in schemas if (found := self._relations.get((s, name)))), None)

    def resolve(self, written: str) -> Relation | None:
        """The relation that SQL would find under this name: `orders`, `sales.orders`, `"Täble"`."""
        parts = [m[1].replace('""', '"') if m[1] else m[2].lower() for m in _NAME_PART.finditer(written)]
        if not parts:
            return None
        return self.find(parts[-2] if len(parts) > 1 else None, parts[-1])

    def indexes_of(self, relation: Relation) -> tuple[ExistingIndex, ...]:
        return self._indexes.get(relation.key, ())

    def in_extension(self, extension: str, name: str) -> str | None:
        """The name, qualified where that is needed, of something in an extension; None where that is not installed."""
        schema = dict(self.extensions).get(extension)
        if schema is None:
            return None
        return quoted(name) if schema in (*self.search_path, "pg_catalog") else qualified(schema, name)

    def partitions_of(self, relation: Relation) -> tuple[Relation, ...]:
        """All leaf tables below a partitioned table; the relation itself where it is none."""
        if relation.kind != "p":
            return (relation,)
        children = [child for child in self.relations if child.parent == relation.key]
        return tuple(leaf for child in children for leaf in self.partitions_of(child))

    @cached_property
    def _heirs(self) -> dict[tuple[str, str], tuple[Relation, ...]]:
        found: dict[tuple[str, str], list[Relation]] = {}
        for relation in self.relations:
            for parent in relation.inherits:
                found.setdefault(parent, []).append(relation)
        return {parent: tuple(heirs) for parent, heirs in found.items()}

    def heirs_of(self, relation: Relation) -> tuple[Relation, ...]:
        """Every table whose rows a query on this one reads as well, by inheritance, partitions aside."""
        below = {
            heir.key: heir for child in self._heirs.get(relation.key, ()) for heir in (child, *self.heirs_of(child))
        }
        return tuple(below.values())

    def root_of(self, relation: Relation) -> Relation:
        """The partitioned table at the top of a partition's tree; the relation itself where it is none."""
        parent = self._relations.get(relation.parent) if relation.parent else None
        return self.root_of(parent) if parent else relation
