"""A table with everything that it carries, as it must be taken over by the table that replaces it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

from dbopt.partition.model import Name
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Row, Session


@dataclass(frozen=True)
class Privilege:
    """`role` None is PUBLIC, `column` None the whole object."""

    kind: str
    column: str | None
    role: str | None
    privilege: str
    grantable: bool


@dataclass(frozen=True)
class Sequence:
    schema: str
    name: str
    type: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    privileges: tuple[Privilege, ...]

    @property
    def qualified(self) -> Name:
        return Name(self.schema, self.name)


@dataclass(frozen=True)
class Column:
    """`base_type` is the one beneath its domains. `identity` is a (always), d (by default) or empty; `sequence` is the
    one that the column owns.
    """

    number: int
    name: str
    type: str
    base_type: str
    not_null: bool
    is_generated: bool
    identity: str
    statistics_target: str | None
    options: tuple[str, ...]
    sequence: Sequence | None


@dataclass(frozen=True)
class Constraint:
    """`type` as in pg_constraint. Of a foreign key that points here (`is_inbound`), `schema` and `table` are where it
    is, and `columns` those of this table.
    """

    name: str
    type: str
    definition: str
    is_valid: bool
    is_deferrable: bool
    no_inherit: bool
    is_inbound: bool
    is_to_itself: bool
    schema: str
    table: str
    of_partitioned: bool
    columns: tuple[str, ...]
    comment: str | None


@dataclass(frozen=True)
class Index:
    """`definition` begins with USING. `is_special`: partial, or with an expression."""

    name: str
    definition: str
    is_unique: bool
    is_primary: bool
    is_valid: bool
    is_replica_identity: bool
    is_immediate: bool
    is_special: bool
    constraint: str | None
    constraint_type: str | None
    tablespace: str | None
    comment: str | None
    columns: tuple[str, ...]
    not_null: bool | None


@dataclass(frozen=True)
class Trigger:
    name: str
    definition: str
    enabled: str  # O: as usual, D: disabled, R: on replicas, A: always
    is_for_rows: bool
    has_transition_tables: bool
    comment: str | None


@dataclass(frozen=True)
class Policy:
    name: str
    is_permissive: bool
    command: str
    roles: tuple[str, ...]
    condition: str | None
    new_condition: str | None
    comment: str | None


@dataclass(frozen=True)
class Statistics:
    """`kinds` is empty for statistics of a single expression."""

    schema: str
    name: str
    columns: str
    kinds: tuple[str, ...]
    target: str | None
    comment: str | None


@dataclass(frozen=True)
class Publication:
    name: str
    via_root: bool
    all_of: bool
    columns: tuple[str, ...] | None
    condition: str | None


@dataclass(frozen=True)
class Dependent:
    """What uses the table and is no part of it. `definition` is a view's query, or a function as a whole."""

    kind: str
    by_row_type: bool
    label: str
    schema: str | None
    name: str | None
    options: tuple[str, ...]
    definition: str | None


@dataclass(frozen=True)
class Table:
    oid: int
    name: Name
    kind: str
    persistence: str
    is_partition: bool
    is_typed: bool
    is_child: bool
    has_children: bool
    has_rules: bool
    has_labels: bool
    is_of_extension: bool
    is_subscribed: bool
    owner: str
    is_mine: bool
    is_hidden: bool  # row security hides rows from this role
    row_security: bool
    force_row_security: bool
    replica_identity: str
    access_method: str | None
    tablespace: str | None
    options: tuple[str, ...]
    toast_options: tuple[str, ...]
    comment: str | None
    rows: float
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...]
    indexes: tuple[Index, ...]
    triggers: tuple[Trigger, ...]
    policies: tuple[Policy, ...]
    privileges: tuple[Privilege, ...]
    statistics: tuple[Statistics, ...]
    publications: tuple[Publication, ...]
    dependents: tuple[Dependent, ...]

    @property
    def is_partitioned(self) -> bool:
        return self.kind == "p"

    @property
    def is_unlogged(self) -> bool:
        return self.persistence == "u"

    @property
    def storage(self) -> tuple[str, ...]:
        """Storage parameters, as in fillfactor=90 and toast.autovacuum_enabled=off."""
        return (*self.options, *(f"toast.{one}" for one in self.toast_options))

    @property
    def identity_index(self) -> str | None:
        """The index by which replicas tell rows apart, where one was chosen."""
        return next((one.name for one in self.indexes if one.is_replica_identity), None)

    @property
    def leaf_privileges(self) -> tuple[Privilege, ...]:
        """What partitions may be granted: nothing, where row security would not hold for who asks them directly."""
        return () if self.row_security else self.privileges

    def column(self, name: str) -> Column | None:
        return next((one for one in self.columns if one.name == name), None)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns that are written: those that are not generated."""
        return tuple(one for one in self.columns if not one.is_generated)

    @property
    def inbound(self) -> tuple[Constraint, ...]:
        """The foreign keys of other tables that point here."""
        return tuple(one for one in self.constraints if one.is_inbound)

    @property
    def outbound(self) -> tuple[Constraint, ...]:
        """The foreign keys of this table."""
        return tuple(one for one in self.constraints if one.type == "f" and not one.is_inbound)


Part = TypeVar("Part")


def read_table(session: Session, name: Name) -> Table:
    """Read it inside a transaction; definitions name schemas. Raises QueryFailed where there is no such table."""
    path = session.row("partition/search_path")["path"]
    session.execute(SQL("SET LOCAL search_path = pg_catalog"))
    found = _read(session, name)
    session.execute(SQL("SET LOCAL search_path = {}").format(SQL(path or "''")))
    return found


def _read(session: Session, name: Name) -> Table:
    row = session.row("partition/table/relation", table=str(name))
    oid = row["oid"]

    def parts(kind: type[Part], query: str) -> tuple[Part, ...]:
        return tuple(_part(kind, found) for found in session.rows(f"partition/table/{query}", oid=oid))

    return Table(
        name=Name(row.pop("schema"), row.pop("name")),
        columns=parts(Column, "columns"),
        constraints=parts(Constraint, "constraints"),
        indexes=parts(Index, "indexes"),
        triggers=parts(Trigger, "triggers"),
        policies=parts(Policy, "policies"),
        privileges=parts(Privilege, "privileges"),
        statistics=parts(Statistics, "statistics"),
        publications=parts(Publication, "publications"),
        dependents=parts(Dependent, "dependents"),
        **_frozen(row),
    )


def _part(kind: type[Part], row: Row) -> Part:
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in _frozen(row).items() if name in names})


def _frozen(row: Row) -> dict[str, Any]:
    frozen: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    if row.get("sequence") is not None:
        granted = tuple(Privilege(**one) for one in row["sequence"]["privileges"])
        frozen["sequence"] = Sequence(**{**row["sequence"], "privileges": granted})
    return frozen
