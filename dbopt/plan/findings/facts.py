"""What the rules want to know of a server besides its catalog, as plain data. Pure; `observe` reads it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dbopt.plan.tree import Plan

Name = tuple[str, str]
_KNOWN = 0.9  # of the rows that were inserted: ANALYZE extrapolates from a sample


@dataclass(frozen=True)
class TableFacts:
    """A table. `rows` and `blocks` are pg_class's: what the planner was told last, rows below zero if it was never
    analysed. `live`, `dead`, `inserted` and `modified` (since it was analysed) are rows as the server counts them.
    `has_statistics` is None where the role may not see them. `partition_key` are the columns that it is partitioned by,
    None for an expression; `partition_strategy` is r, l or h.
    """

    schema: str
    name: str
    rows: float
    blocks: int
    visible_blocks: int
    bytes: int
    has_statistics: bool | None = None
    live: int = 0
    dead: int = 0
    inserted: int = 0
    modified: int = 0
    fillfactor: int | None = None
    partition_strategy: str = ""
    partition_key: tuple[str | None, ...] = ()

    @property
    def key(self) -> Name:
        return self.schema, self.name

    @property
    def is_loaded_and_analysed(self) -> bool:
        """Whether the rows were inserted and analysed by one session in a moment, which counts them as changed since:
        every row that was ever inserted is said to have come after the analysis, which knew of them.
        """
        known = self.has_statistics is not False and self.rows >= _KNOWN * self.inserted
        return self.rows > 0 and known and self.modified == self.inserted


@dataclass(frozen=True)
class ColumnFacts:
    """What ANALYZE kept of a column: so many most common values, the share of the rarest of them, and so many bounds of
    a histogram, each at most `target`. `own_target` where that was set for this column. `values` are the first of the
    common values, as texts, with their `frequencies`.
    """

    schema: str
    table: str
    name: str
    target: int
    own_target: int | None = None
    common_values: int = 0
    rarest_frequency: float | None = None
    bounds: int = 0
    values: tuple[str, ...] = ()
    frequencies: tuple[float, ...] = ()


@dataclass(frozen=True)
class Extended:
    """Extended statistics of a table, on columns and expressions; `schema` and `name` are their own."""

    table_schema: str
    table_name: str
    schema: str
    name: str
    columns: tuple[str, ...]
    expressions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Function:
    """Functions of one name. `volatility` is that of the most volatile: i, s or v. `signature` is what ALTER FUNCTION
    wants, None where there are several, or it is the server's own or returns no set.
    """

    name: str
    volatility: str
    signature: str | None = None


@dataclass(frozen=True)
class Facts:
    """All of it, of the tables and functions that some plans name."""

    tables: tuple[TableFacts, ...] = ()
    columns: tuple[ColumnFacts, ...] = ()
    extended: tuple[Extended, ...] = ()
    functions: tuple[Function, ...] = ()

    @cached_property
    def _tables(self) -> dict[Name, TableFacts]:
        return {table.key: table for table in self.tables}

    @cached_property
    def _columns(self) -> dict[tuple[str, str, str], ColumnFacts]:
        return {(column.schema, column.table, column.name): column for column in self.columns}

    @cached_property
    def _functions(self) -> dict[str, Function]:
        return {function.name: function for function in self.functions}

    def table(self, key: Name) -> TableFacts | None:
        return self._tables.get(key)

    def column(self, key: Name, name: str) -> ColumnFacts | None:
        return self._columns.get((*key, name))

    def function(self, name: str) -> Function | None:
        return self._functions.get(name)

    def extended_of(self, key: Name) -> tuple[Extended, ...]:
        return tuple(one for one in self.extended if (one.table_schema, one.table_name) == key)

    @property
    def statistics_names(self) -> set[Name]:
        """Names that new extended statistics cannot have."""
        return {(one.schema, one.name) for one in self.extended}


@dataclass(frozen=True)
class WithValues:
    """One parameter set: the plan that the planner makes for it, and the generic plan costed for it (None where the
    planner cannot be brought to that plan with these values).
    """

    custom: Plan
    generic: Plan | None = None


@dataclass(frozen=True)
class GenericPlans:
    """The plan of a statement for unknown values, and what it means for values that are known."""

    plan: Plan
    sets: tuple[WithValues, ...] = ()
