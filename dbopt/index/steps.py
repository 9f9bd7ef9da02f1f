"""The statements that an item of an advice takes, given what the server already has. Asking again after a part of them
was run gives the rest: that is how a killed run continues.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from dbopt.errors import LockNotAvailable, QueryFailed
from dbopt.index import definition
from dbopt.index.definition import PARTITIONED, BuiltIndex, Table, Wanted
from dbopt.index.statement import CreateIndex, DropIndex, written
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.session import Row, Session

_NAME_BYTES = 63  # NAMEDATALEN - 1


@dataclass(frozen=True)
class Step:
    """One statement. `index` is the index it makes or drops, `table` its table, both quoted and qualified. `undo_sql`
    is None where there is nothing to undo. `kind` is create, drop, attach, clean or analyze.
    """

    kind: str
    sql: str
    undo_sql: str | None
    index: str
    table: str
    concurrently: bool = True


@dataclass(frozen=True)
class Todo:
    """The steps that are left for an item, and the index (quoted, qualified) that it is about. Without steps, `remark`
    says why.
    """

    index: str
    steps: tuple[Step, ...]
    remark: str = ""


def for_create(session: Session, create: CreateIndex, lock_timeout_ms: int, *, by_name: bool = False) -> Todo:
    """What is left to do until that index exists, under its name or (unless `by_name`) any other.

    Raises QueryFailed where its name is taken by something else, LockNotAvailable where another session is building it
    now, PrivilegeMissing, and the server's own errors.
    """
    table = definition.find_table(session, create.relation)
    wanted = definition.wanted(session, table, create, lock_timeout_ms)
    todo = _Builder(session, wanted).index_of(table, wanted.name, by_name)
    if todo.steps:
        return todo
    if todo.index == qualified(table.schema, wanted.name):
        return Todo(todo.index, (), "exists already")
    return Todo(todo.index, (), f"exists already as {todo.index}")


class _Builder:
    def __init__(self, session: Session, wanted: Wanted) -> None:
        self._session = session
        self._wanted = wanted

    def index_of(self, table: Table, name: str, by_name: bool) -> Todo:
        """The wanted index of a table."""
        existing = definition.indexes(self._session, table)
        fitting = [index for index in existing if self._wanted.is_served_by(index)]
        return self._index(table, name, existing, [index for index in fitting if index.name == name or not by_name])

    def _index_of_partition(self, table: Table, name: str, parent: BuiltIndex | None) -> Todo:
        """The wanted index of a partition: one that is there must be free to be attached to `parent`, the index of the
        partitioned table (None: not made yet).
        """
        existing = definition.indexes(self._session, table)
        parents = (None, parent.oid if parent else None)
        same = [index for index in existing if self._wanted.is_same(index) and index.parent in parents]
        return self._index(table, name, existing, same)

    def _index(self, table: Table, name: str, existing: tuple[BuiltIndex, ...], fitting: list[BuiltIndex]) -> Todo:
        same_name = next((index for index in existing if index.name == name), None)
        if table.kind == PARTITIONED:
            return self._partitioned(table, name, fitting[0] if fitting else same_name)
        usable = [index for index in fitting if index.is_valid]
        if usable:
            return Todo(usable[0].sql_name, ())
        return Todo(qualified(table.schema, name), self._plain(table, name, same_name))

    def _plain(self, table: Table, name: str, same_name: BuiltIndex | None) -> tuple[Step, ...]:
        build = (self._create(table, name), *self._analyze(table, name))
        if same_name is None:
            self._check_name(table, name)
            return build
        if self._wanted.definition is not None and not self._wanted.is_same(same_name):
            raise _taken(same_name.sql_name, f"by another index of this table: {same_name.definition}")
        if same_name.builder_pid is not None:
            raise LockNotAvailable(
                f"session {same_name.builder_pid} is building {same_name.sql_name} now", hint="wait until it is done"
            )
        if same_name.is_valid:  # its definition is not known, or it would have been found usable
            return ()
        return (_clean(same_name, table), *build)

    def _create(self, table: Table, name: str) -> Step:
        sql = self._wanted.create.sql(table.schema, table.name, name, concurrently=True)
        index = qualified(table.schema, name)
        return Step("create", sql, f"DROP INDEX CONCURRENTLY IF EXISTS {index}", index, table.sql_name)

    def _analyze(self, table: Table, name: str) -> tuple[Step, ...]:
        """An index on an expression brings no statistics of it: until the next ANALYZE the planner would guess."""
        if not self._wanted.has_expressions:
            return ()
        index = qualified(table.schema, name)
        return (Step("analyze", f"ANALYZE {table.sql_name}", None, index, table.sql_name, concurrently=False),)

    def _partitioned(self, table: Table, name: str, own: BuiltIndex | None) -> Todo:
        """CREATE INDEX CONCURRENTLY does not take a partitioned table: build one per partition, then the empty index
        of the table itself, and attach them to it.
        """
        if own is None:
            self._check_name(table, name)
        elif not self._wanted.is_served_by(own):
            raise _taken(own.sql_name, f"by another index of this table: {own.definition}")
        elif own.is_valid:
            return Todo(own.sql_name, ())
        children = [
            (child, self._index_of_partition(child, _child_name(child, name), own))
            for child in definition.partitions(self._session, table)
        ]
        index = own.sql_name if own else qualified(table.schema, name)
        steps = [step for _, todo in children for step in todo.steps]
        if own is None:
            sql = self._wanted.create.sql(table.schema, table.name, name, only=True)
            undo = f"DROP INDEX IF EXISTS {index}"
            steps.append(Step("create", sql, undo, index, table.sql_name, concurrently=False))
        steps += [_attach(index, todo.index, table) for child, todo in children if not self._attached(child, todo, own)]
        return Todo(index, tuple(steps))

    def _attached(self, child: Table, todo: Todo, parent: BuiltIndex | None) -> bool:
        if parent is None:
            return False
        found = definition.indexes(self._session, child)
        return any(index.sql_name == todo.index and index.parent == parent.oid for index in found)

    def _check_name(self, table: Table, name: str) -> None:
        if definition.name_is_taken(self._session, table.schema, name):
            raise _taken(qualified(table.schema, name), "by another relation of this schema")


def for_drop(session: Session, drop: DropIndex) -> Todo:
    """What is left to do until that index is gone. Raises QueryFailed for one that something else needs."""
    row = definition.find_index(session, drop.index)
    if row is None:
        return Todo(written(drop.index), (), "does not exist")
    index = qualified(row["schema"], row["name"])
    _check_droppable(row, index)
    concurrently = row["kind"] != "I"
    word = "CONCURRENTLY " if concurrently else ""
    table = qualified(row["table_schema"], row["table_name"])
    return Todo(index, (Step("drop", f"DROP INDEX {word}{index}", _made_again(row), index, table, concurrently),))


def _check_droppable(row: Row, index: str) -> None:
    if row["kind"] not in ("i", "I"):
        raise QueryFailed(f"{index} is not an index")
    if row["constraint_name"] is not None:
        raise QueryFailed(
            f"{index} is not dropped: constraint {quoted(row['constraint_name'])} stands on it",
            hint="what the constraint says would be lost; ALTER TABLE ... DROP CONSTRAINT if that is meant",
        )
    if row["parent_name"] is not None:
        parent = qualified(row["parent_schema"], row["parent_name"])
        raise QueryFailed(f"{index} is not dropped: it is a part of {parent}", hint=f"drop {parent} instead")
    if row["is_replica_identity"]:
        raise QueryFailed(f"{index} is not dropped: it is the replica identity of its table")


def _made_again(row: Row) -> str:
    """The statement that makes a dropped index again, as the server tells it, CONCURRENTLY and in its tablespace."""
    text: str = row["definition"]
    if row["kind"] == "I":  # of a partitioned table: such an index is not built CONCURRENTLY
        return text.replace(" ON ONLY ", " ON ", 1)
    predicate: str = row["predicate"]
    if row["tablespace"] is not None and text.endswith(predicate):
        text = f"{text.removesuffix(predicate)} TABLESPACE {quoted(row['tablespace'])}{predicate}"
    return text.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)


def _clean(index: BuiltIndex, table: Table) -> Step:
    return Step("clean", f"DROP INDEX CONCURRENTLY IF EXISTS {index.sql_name}", None, index.sql_name, table.sql_name)


def _attach(parent: str, child: str, table: Table) -> Step:
    return Step("attach", f"ALTER INDEX {parent} ATTACH PARTITION {child}", None, parent, table.sql_name, False)


def _taken(name: str, by: str) -> QueryFailed:
    return QueryFailed(f"the name {name} is taken {by}", hint="give the new index another name in the advice file")


def _child_name(child: Table, parent_name: str) -> str:
    """The same name each time, so that the next run of a killed one finds it; cut to what PostgreSQL keeps."""
    name = f"{child.name}_{parent_name}"
    if len(name.encode()) <= _NAME_BYTES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return name.encode()[: _NAME_BYTES - 9].decode(errors="ignore") + f"_{digest}"
