"""What the server has: tables, their indexes, and the canonical text by which two definitions are the same index."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from dbopt.errors import PrivilegeMissing, QueryFailed
from dbopt.index.statement import CreateIndex, Name, written
from dbopt.postgres.identifiers import SQL, Identifier, qualified, quoted
from dbopt.postgres.session import Row, Session

TABLE, PARTITIONED, MATERIALIZED, FOREIGN = "r", "p", "m", "f"


@dataclass(frozen=True)
class Table:
    """A relation. `kind` is pg_class's: r table, p partitioned table, m materialized view, v view, f foreign table."""

    oid: int
    schema: str
    name: str
    kind: str
    owner: str
    is_owned: bool  # by this role, or one it is a member of
    may_create: bool  # in its schema

    @property
    def sql_name(self) -> str:
        return qualified(self.schema, self.name)


@dataclass(frozen=True)
class BuiltIndex:
    """An index of a table. `definition` is everything from its access method on; `parent` the oid of the partitioned
    index that it is attached to; `builder_pid` the session that is building it now.
    """

    oid: int
    schema: str
    name: str
    is_valid: bool
    is_unique: bool
    is_partitioned: bool
    has_expressions: bool
    parent: int | None
    definition: str
    builder_pid: int | None

    @property
    def sql_name(self) -> str:
        return qualified(self.schema, self.name)


@dataclass(frozen=True)
class Wanted:
    """An index to be built, in the server's own words. `definition` is None where the role may not find it out."""

    create: CreateIndex
    name: str
    definition: str | None
    has_expressions: bool = False

    def is_served_by(self, index: BuiltIndex) -> bool:
        """Whether that index is the wanted one or, where uniqueness is not asked for, a unique one like it."""
        return index.definition == self.definition and (index.is_unique or not self.create.unique)

    def is_same(self, index: BuiltIndex) -> bool:
        return index.definition == self.definition and index.is_unique == self.create.unique


def find_table(session: Session, relation: Name) -> Table:
    """The table, which this role may index. Raises QueryFailed where there is none, and PrivilegeMissing."""
    rows = session.rows("apply/table", relation=written(relation))
    if not rows:
        raise QueryFailed(
            f"there is no table {written(relation)} in this database",
            hint="is this the database that the advice was made for, and the table on the search_path?",
        )
    table = Table(**rows[0])
    if table.kind not in (TABLE, PARTITIONED, MATERIALIZED):
        raise QueryFailed(f"{table.sql_name} is not a table", hint="index the table below it")
    if table.schema in ("pg_catalog", "information_schema"):
        raise QueryFailed(f"{table.sql_name} belongs to the server", hint="only your own tables can be indexed")
    _check_privileges(session, table)
    return table


def _check_privileges(session: Session, table: Table) -> None:
    if not table.is_owned:
        raise PrivilegeMissing(
            f"only the owner of {table.sql_name} may build an index on it",
            hint=f"connect as {quoted(table.owner)} to apply this",
        )
    if not table.may_create:
        raise PrivilegeMissing(
            f"role {quoted(session.role)} may not create anything in schema {quoted(table.schema)}",
            hint=f"GRANT CREATE ON SCHEMA {quoted(table.schema)} TO {quoted(session.role)};",
        )


def partitions(session: Session, table: Table) -> tuple[Table, ...]:
    """The direct partitions that can have indexes: foreign tables cannot."""
    found = (Table(**row) for row in session.rows("apply/partitions", table=table.oid))
    return tuple(partition for partition in found if partition.kind != FOREIGN)


def indexes(session: Session, table: Table) -> tuple[BuiltIndex, ...]:
    """All indexes of a table, valid ones first."""
    return tuple(BuiltIndex(**row) for row in session.rows("apply/indexes", table=table.oid))


def find_index(session: Session, index: Name) -> Row | None:
    """The index of that name with what sql/apply/index.sql tells, or None."""
    return next(iter(session.rows("apply/index", index=written(index))), None)


def name_is_taken(session: Session, schema: str, name: str) -> bool:
    return bool(session.rows("apply/table", relation=qualified(schema, name)))


def wanted(session: Session, table: Table, create: CreateIndex, lock_timeout_ms: int) -> Wanted:
    """The statement in the server's own words, learnt by building it on an empty temporary copy of the table in a
    transaction that is rolled back. Raises the server's own error for a statement that it does not understand.
    """
    try:
        with session.rolled_back(read_only=False, lock_timeout_ms=lock_timeout_ms):
            return _on_a_copy(session, table, create)
    except PrivilegeMissing:  # no TEMPORARY on the database, or no SELECT on the table
        if create.name is None:
            raise QueryFailed("the index has no name", hint="write CREATE INDEX CONCURRENTLY name ON ...") from None
        return Wanted(create, create.name, None)


def _on_a_copy(session: Session, table: Table, create: CreateIndex) -> Wanted:
    copy = Identifier("pg_temp", table.name)
    session.execute(SQL("CREATE TABLE {} (LIKE {})").format(copy, Identifier(table.schema, table.name)))
    only_index = "ON " + qualified("pg_temp", table.name)
    head = f"CREATE {'UNIQUE ' if create.unique else ''}INDEX {quoted(create.name) if create.name else ''}"
    session.fetch_workload(f"{head} {only_index} {create.rest}")
    made = session.rows("apply/table", relation=qualified("pg_temp", table.name))[0]
    index = next(chain(indexes(session, Table(**made))))
    return Wanted(create, create.name or index.name, index.definition, index.has_expressions)
