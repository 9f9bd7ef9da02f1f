"""What an index is, before it exists."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, total_ordering

from dbopt.postgres.identifiers import quoted


@total_ordering
@dataclass(frozen=True)
class Key:
    """One key of an index: a column's name, or an expression in SQL (then `is_expression`) over the columns `sources`.
    Ordered, what is not given before what is.
    """

    name: str
    is_expression: bool = False
    descending: bool = False
    nulls_first: bool | None = None  # None: what the direction implies (last for ascending, first for descending)
    opclass: str | None = None
    collation: str | None = None
    sources: tuple[str, ...] = field(default=(), compare=False)

    def __lt__(self, other: Key) -> bool:
        return self._rank < other._rank

    @property
    def _rank(self) -> tuple[str, bool, bool, int, str, str]:
        nulls = 0 if self.nulls_first is None else 1 + self.nulls_first
        return (self.name, self.is_expression, self.descending, nulls, self.opclass or "", self.collation or "")

    def sql(self) -> str:
        words = [f"({self.name})" if self.is_expression else quoted(self.name)]
        if self.collation:
            words.append(f"COLLATE {quoted(self.collation)}")
        if self.opclass:
            words.append(self.opclass)
        if self.descending:
            words.append("DESC")
        if self.nulls_first is not None and self.nulls_first != self.descending:
            words.append("NULLS FIRST" if self.nulls_first else "NULLS LAST")
        return " ".join(words)


@dataclass(frozen=True, order=True)
class Index:
    """An index that could be built. Two that are equal would be the same index. `predicate` is SQL over the columns
    `predicate_columns`.
    """

    schema: str
    table: str
    keys: tuple[Key, ...]
    include: tuple[str, ...] = ()
    method: str = "btree"
    predicate: str = ""
    options: tuple[tuple[str, str], ...] = ()
    predicate_columns: tuple[str, ...] = field(default=(), compare=False)

    def __hash__(self) -> int:
        """Kept: sets of indexes are compared all the time."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.schema, self.table, self.keys, self.include, self.method, self.predicate, self.options))

    @property
    def relation(self) -> str:
        """The table, quoted and qualified."""
        return f"{quoted(self.schema)}.{quoted(self.table)}"

    @property
    def width(self) -> int:
        """Number of key columns."""
        return len(self.keys)

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys' names: columns, and expressions as they are written."""
        return tuple(key.name for key in self.keys)

    @property
    def read_columns(self) -> frozenset[str]:
        """Every column of the table that the index is made of. An update of one of them is not HOT."""
        keys = {column for key in self.keys for column in (key.sources if key.is_expression else (key.name,))}
        return frozenset({*keys, *self.include, *self.predicate_columns})

    @property
    def is_plain(self) -> bool:
        """A b-tree over columns of all rows."""
        return self.method == "btree" and not self.predicate and not any(key.is_expression for key in self.keys)

    def definition(self) -> str:
        """Everything after `ON`: table, method, keys, INCLUDE, WITH, WHERE."""
        parts = [f"{self.relation} USING {self.method} ({', '.join(key.sql() for key in self.keys)})"]
        if self.include:
            parts.append(f"INCLUDE ({', '.join(quoted(column) for column in self.include)})")
        if self.options:
            parts.append(f"WITH ({', '.join(f'{name} = {value}' for name, value in self.options)})")
        if self.predicate:
            parts.append(f"WHERE {self.predicate}")
        return " ".join(parts)

    def create_sql(self, name: str, *, concurrently: bool = False) -> str:
        return f"CREATE INDEX {'CONCURRENTLY ' if concurrently else ''}{quoted(name)} ON {self.definition()}"

    def __str__(self) -> str:
        return self.definition()
