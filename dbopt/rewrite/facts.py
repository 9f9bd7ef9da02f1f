"""What the catalog proves about a database, as far as the meaning of a statement depends on it. Plain data; `read`
fetches it. What is not proven counts as false: a rule that needs it refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from dbopt.postgres.schema import Catalog
from dbopt.postgres.session import Session

Name = tuple[str, str]
"""Schema and name."""

# Values of these that are equal are the same value. Not so: -0 and 0, 1.0 and 1.00, 1 day and 24 hours.
_EXACT = frozenset(
    (
        *("bool", "int2", "int4", "int8", "oid", "uuid", "date", "time", "timestamp", "timestamptz", "bytea", "bit"),
        *("varbit", "macaddr", "macaddr8", "pg_lsn", "name", "char"),
    )
)
_TEXTS = frozenset(("text", "varchar", "bpchar"))
_WITH_MODIFIER = frozenset(("numeric", "bpchar"))


@dataclass(frozen=True)
class Column:
    """A column. `type` is PostgreSQL's name of the type below all domains (`int4`, `timestamptz`, `public.citext`),
    `enum` for every enum; `declared` as in CREATE TABLE. `is_exact`: values that `=` takes for equal are the same.
    `is_given`: an INSERT cannot name a value for it. `labels` are those of an enum. `collation` is None for a type
    that has none.
    """

    name: str
    type: str
    declared: str = ""
    not_null: bool = False
    is_exact: bool = True
    is_domain: bool = False
    is_given: bool = False
    is_built_in: bool = True
    labels: tuple[str, ...] = ()
    collation: str | None = None


@dataclass(frozen=True)
class Key:
    """Columns of which no two rows have the same values. Rows with a NULL among them may, unless `nulls_are_equal`."""

    columns: tuple[str, ...]
    nulls_are_equal: bool = False
    is_primary: bool = False
    name: str = ""


@dataclass(frozen=True)
class ForeignKey:
    """For every row whose `columns` are all there, `referenced` has the row."""

    columns: tuple[str, ...]
    referenced: Name
    referenced_columns: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True)
class Table:
    """A relation; `kind` is pg_class's. `has_heirs`: other tables inherit from it, so that its keys, NOT NULLs and
    foreign keys hold for its own rows only (with ONLY). `is_policed`: row security may hide rows.
    """

    schema: str
    name: str
    kind: str
    columns: tuple[Column, ...]
    keys: tuple[Key, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    has_heirs: bool = False
    is_policed: bool = False
    definition: str | None = None

    @property
    def id(self) -> Name:
        return self.schema, self.name

    @cached_property
    def _columns(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column | None:
        return self._columns.get(name)


@dataclass(frozen=True)
class Function:
    """What holds for all functions of a name: `volatility` is the worst of theirs."""

    volatility: str
    is_strict: bool = False
    returns_set: bool = False
    is_aggregate: bool = False
    is_window: bool = False


@dataclass(frozen=True)
class Facts:
    """All of it. `operators` are names of operators that are defined anew for built-in types, `::` of casts, and `=`
    where transform_null_equals gives it another meaning.
    """

    tables: Mapping[Name, Table]
    functions: Mapping[Name, Function] = field(default_factory=dict)
    search_path: tuple[str, ...] = ("public",)
    time_zone: str = "UTC"
    server_version: int = 180000
    operators: frozenset[str] = frozenset()
    enums: frozenset[Name] = frozenset()

    def table(self, schema: str | None, name: str) -> Table | None:
        """The relation that this name means; None for what is unknown and for system catalogs."""
        if schema is None and name.startswith("pg_"):
            return None
        schemas = (schema,) if schema else self.search_path
        return next((found for s in schemas if (found := self.tables.get((s, name)))), None)

    def named(self, schema: str | None, name: str) -> tuple[Function, ...]:
        """The functions that this name may mean."""
        schemas = (schema,) if schema else ("pg_catalog", *self.search_path)
        return tuple(found for s in schemas if (found := self.functions.get((s, name))))

    def is_enum(self, schema: str | None, name: str) -> bool:
        """Whether the name of a type means an enum."""
        return any((s, name) in self.enums for s in ((schema,) if schema else self.search_path))

    def is_built_in(self, name: str) -> bool:
        """Whether the unqualified name can only mean PostgreSQL's own function."""
        return not any((schema, name) in self.functions for schema in self.search_path if schema != "pg_catalog")


def read_facts(session: Session, catalog: Catalog) -> Facts:
    """Read them, of a server or of a shadow. Works for any role."""
    with session.rolled_back():
        columns = _by_relation(session.rows("rewrite/columns"))
        keys = _by_relation(session.rows("rewrite/keys"))
        foreign_keys = _by_relation(session.rows("rewrite/foreign_keys"))
        functions = session.rows("rewrite/functions")
        operators = session.rows("rewrite/operators")
        environment = session.row("rewrite/environment")
    policed = {(schema, name) for schema, name in environment["policed"]}
    tables = {
        relation.key: Table(
            relation.schema,
            relation.name,
            relation.kind,
            tuple(_column(row) for row in columns.get(relation.key, ())),
            tuple(_key(row) for row in keys.get(relation.key, ())),
            tuple(_foreign_key(row) for row in foreign_keys.get(relation.key, ())),
            bool(catalog.heirs_of(relation)),
            relation.key in policed,
            relation.definition,
        )
        for relation in catalog.relations
    }
    return Facts(
        tables,
        {(row["schema"], row["name"]): _function(row) for row in functions},
        catalog.search_path,
        environment["time_zone"],
        catalog.server_version,
        frozenset(row["name"] for row in operators) | ({"="} if environment["null_equals"] else set()),
        frozenset((schema, name) for schema, name in environment["enums"]),
    )


def with_loose_collations(facts: Facts, names: Collection[Name]) -> Facts:
    """The facts where these collations take different texts for equal, which the server that was asked does not know:
    then texts that are equal need not be the same, and an index of another collation is no key.
    """
    loose = {f"{schema}.{name}" for schema, name in names}
    return replace(facts, tables={name: _with_loose(table, loose) for name, table in facts.tables.items()})


def _with_loose(table: Table, loose: Collection[str]) -> Table:
    changed = {column.name for column in table.columns if column.collation in loose}
    if not changed:
        return table
    columns = tuple(replace(one, is_exact=False) if one.name in changed else one for one in table.columns)
    return replace(table, columns=columns, keys=tuple(key for key in table.keys if not changed & {*key.columns}))


def _by_relation(rows: Iterable[Mapping[str, Any]]) -> dict[Name, Sequence[Mapping[str, Any]]]:
    found: dict[Name, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["schema"], row["relation"]), []).append(row)
    return dict(found)


def _column(row: Mapping[str, Any]) -> Column:
    return Column(
        name=row["name"],
        type="enum" if row["kind"] == "e" else row["type"],
        declared=row["declared"],
        not_null=row["not_null"],
        is_exact=_is_exact(row),
        is_domain=row["is_domain"],
        is_given=row["is_generated"],
        is_built_in=row["is_built_in"] or row["kind"] == "e",
        labels=tuple(row["labels"] or ()),
        collation=row["collation"],
    )


def _is_exact(row: Mapping[str, Any]) -> bool:
    if row["kind"] == "e":
        return True
    if row["type"] in _WITH_MODIFIER and row["modifier"] < 0:
        return False
    return row["type"] in _EXACT or row["type"] == "numeric" or (row["type"] in _TEXTS and row["is_deterministic"])


def _key(row: Mapping[str, Any]) -> Key:
    return Key(tuple(row["columns"]), row["nulls_are_equal"], row["is_primary"], row["name"])


def _foreign_key(row: Mapping[str, Any]) -> ForeignKey:
    referenced = (row["referenced_schema"], row["referenced_relation"])
    return ForeignKey(tuple(row["columns"]), referenced, tuple(row["referenced_columns"]), row["name"])


def _function(row: Mapping[str, Any]) -> Function:
    return Function(row["volatility"], row["is_strict"], row["returns_set"], row["is_aggregate"], row["is_window"])
