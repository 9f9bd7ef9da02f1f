"""Small databases, made up from a schema: the same for the same number. Pure; `dbopt.rewrite.proof.rows` puts them into
a server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from dbopt.postgres.schema import Catalog, ForeignKey
from dbopt.rewrite.facts import Column, Facts, Name, Table
from dbopt.rewrite.proof.values import of_column

Value = str | None
Row = tuple[Value, ...]
_ROWS = (0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8)
_NULL_SHARES = (0.0, 0.1, 0.3, 0.6)
_FAMILIES = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric", "float4", "float8"), "number"),
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "public.citext"), "text"),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), "time"),
}
_SEED = "dbopt rewrite"


@dataclass(frozen=True)
class Fillable:
    """A table that is filled: the columns that an INSERT names, those that no two rows share, and its foreign keys."""

    table: Table
    columns: tuple[Column, ...]
    unique: frozenset[str]
    foreign_keys: tuple[ForeignKey, ...] = ()


@dataclass(frozen=True)
class Schema:
    """The tables to fill, those that others point to first. `unfilled` stay empty, with the reason."""

    tables: tuple[Fillable, ...]
    unfilled: Mapping[Name, str] = field(default_factory=dict)


def schema_of(facts: Facts, catalog: Catalog, wanted: Iterable[Name]) -> Schema:
    """The wanted tables and those that they point to."""
    names = _with_referenced(catalog, wanted)
    tables: list[Fillable] = []
    unfilled: dict[Name, str] = {}
    for name in _in_order(catalog, names):
        table = facts.tables.get(name)
        if table is None or table.kind not in "rp":
            continue
        columns = tuple(column for column in table.columns if not column.is_given)
        missing = [column for column in columns if column.not_null and not of_column(column, ())]
        if missing:
            unfilled[name] = f"no values are known for {missing[0].name}, which is {missing[0].declared}"
            continue
        known = tuple(column for column in columns if of_column(column, ()))
        keys = tuple(key for key in catalog.foreign_keys if key.table == name)
        unique = frozenset(column for key in table.keys for column in key.columns)
        tables.append(Fillable(table, known, unique, keys))
    return Schema(tuple(tables), unfilled)


def _with_referenced(catalog: Catalog, wanted: Iterable[Name]) -> set[Name]:
    found: set[Name] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [key.referenced for key in catalog.foreign_keys if key.table == name]
    return found


def _in_order(catalog: Catalog, names: set[Name]) -> list[Name]:
    """Referenced tables first, as far as they do not point to each other."""
    left, ordered = sorted(names), []
    while left:
        free = [name for name in left if not _waits(catalog, name, left)] or left[:1]
        ordered += free
        left = [name for name in left if name not in free]
    return ordered


def _waits(catalog: Catalog, name: Name, left: Sequence[Name]) -> bool:
    others = [key.referenced for key in catalog.foreign_keys if key.table == name and key.referenced != name]
    return any(other in left for other in others)


class Maker:
    """Makes the rows of one database. `keys` are the rows that other tables may point to, as far as they were taken."""

    def __init__(self, number: int, written: Sequence[str]) -> None:
        self._random = Random(f"{_SEED} {number}")  # noqa: S311 - it has to be the same each time
        self._number = number
        self._written = written
        self._null_share = self._random.choice(_NULL_SHARES)
        self._few: dict[str, list[str]] = {}

    def rows(self, table: Fillable, parents: Mapping[str, Sequence[Row]]) -> list[Row]:
        """Rows for a table. `parents` has, by the name of a foreign key, the values that it may have."""
        count = self._count()
        return [self._row(table, parents) for _ in range(count)]

    def values(self, pools: Sequence[Sequence[str]]) -> Row:
        """Values for parameters, one of each pool; now and then NULL."""
        return tuple(
            None if not pool or self._random.random() < 0.1 else self._random.choice(list(pool)) for pool in pools
        )

    def _count(self) -> int:
        if self._number < 2:
            return self._number  # all tables empty, then one row in each
        return self._random.choice(_ROWS)

    def _row(self, table: Fillable, parents: Mapping[str, Sequence[Row]]) -> Row:
        chosen: dict[str, Value] = {}
        for key in table.foreign_keys:
            for name, value in zip(key.columns, self._pointing(table, key, parents), strict=True):
                chosen.setdefault(name, value)
        return tuple(
            chosen[column.name] if column.name in chosen else self._value(table, column) for column in table.columns
        )

    def _pointing(self, table: Fillable, key: ForeignKey, parents: Mapping[str, Sequence[Row]]) -> Row:
        """The values of a row that is there; NULL where there is none, or for a change."""
        there = parents.get(key.name, ())
        required = all((column := table.table.column(name)) is not None and column.not_null for name in key.columns)
        if not there or (not required and self._random.random() < max(self._null_share, 0.1)):
            return (None,) * len(key.columns)
        return self._random.choice(list(there))

    def _value(self, table: Fillable, column: Column) -> Value:
        if not column.not_null and self._random.random() < self._null_share:
            return None
        if column.name in table.unique and self._random.random() < 0.7:
            return self._random.choice(of_column(column, self._written))
        return self._random.choice(self._common(column))

    def _common(self, column: Column) -> list[str]:
        """A few values that columns of such types share in this database, so that rows meet."""
        values = of_column(column, self._written)
        family = _FAMILIES.get(column.type, f"{column.type} {column.labels}")
        if family not in self._few:
            likely = values[:6] if self._random.random() < 0.6 else values
            self._few[family] = self._random.sample(likely, min(len(likely), self._random.choice((1, 2, 3, 4))))
        fitting = [value for value in self._few[family] if value in values]
        return fitting or values
