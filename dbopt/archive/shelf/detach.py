"""A partition that leaves as a whole, and no row moves: it is detached, brought into the archive's schema and put below
the archive table, in one short transaction. Its bounds become a CHECK first, which is validated while it is in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dbopt.archive import ledger
from dbopt.archive.detach import parent_of
from dbopt.archive.shelf import table
from dbopt.archive.shelf.table import Shelf
from dbopt.archive.source import Leaf, Source
from dbopt.archive.work import COMMITTED, DELETED, WATCHED, Task
from dbopt.postgres.patience import patiently
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row, Session


@dataclass(frozen=True)
class Detached:
    rows: int
    bytes: int


def detach(task: Task, shelf: Shelf, leaf: Leaf) -> Detached:
    """Archive a partition. Raises ServerError, and Obstructed where it is none any more: then it is where it was."""
    _check(task, leaf)
    number, size = patiently(task.limits, lambda: _attempt(task, shelf, leaf), task.on_wait)
    task.step(COMMITTED)
    rows = table.count(task.session, task.policy, ledger.batch(task.session, number))
    ledger.count_rows_in_run(task.session, task.run, rows)
    return Detached(rows, size)


def obstacles(session: Session, source: Source, leaf: Leaf) -> tuple[str, ...]:
    """Why a partition cannot go as a whole; its rows can, one batch after another."""
    row = session.row("archive/shelf_partition", oid=leaf.oid)
    found = []
    own = [name for name in row["triggers"] if not name.startswith("zzz_dbopt_")]
    if own:
        found.append(f"{leaf.name} has triggers of its own: {', '.join(own)}")
    if row["referring"]:
        found.append(f"foreign keys point to {leaf.name} itself: {', '.join(row['referring'])}")
    if row["virtual"]:
        found.append(f"{leaf.name} has virtual columns, whose values are not stored: {', '.join(row['virtual'])}")
    if any(one.is_self for one in source.referring):
        found.append(f"a foreign key of {source.name} points to {source.name} itself")
    return tuple(found)


def statements(session: Session, source: Source, shelf: Shelf, leaf: Leaf) -> tuple[str, ...]:
    """What is run, for a plan."""
    row = session.row("archive/shelf_partition", oid=leaf.oid)
    lost = [] if shelf.oid is None else [one for one in table.sides(session, leaf.oid, shelf.oid) if one.type is None]
    return (*_checking(row, leaf), _script(session, str(source.name), shelf, leaf, row, lost))


def _check(task: Task, leaf: Leaf) -> None:
    """Each in a transaction of its own: the first locks for a moment, the second reads all rows beside others."""
    row = task.session.row("archive/shelf_partition", oid=leaf.oid)
    for text in _checking(row, leaf):

        def attempt(text: str = text) -> None:
            with task.session.transaction():
                task.session.script(f"SET LOCAL lock_timeout = {task.limits.lock_timeout_ms}")
                task.session.script(text)

        patiently(task.limits, attempt, task.on_wait)
    task.step(WATCHED)


def _checking(row: Row, leaf: Leaf) -> tuple[str, ...]:
    validate = f"ALTER TABLE {leaf.name} VALIDATE CONSTRAINT dbopt_archive_bounds"
    if row["is_checked"] or not row["bounds"]:
        return ()
    if row["has_check"]:
        return (validate,)
    return render("archive/shelf_check.sql", table=str(leaf.name), bounds=row["bounds"]), validate


def _attempt(task: Task, shelf: Shelf, leaf: Leaf) -> tuple[int, int]:
    session, parent = task.session, parent_of(task, leaf)
    with session.transaction():
        session.script(
            f"SET LOCAL lock_timeout = {task.limits.lock_timeout_ms};"
            f" LOCK TABLE ONLY {parent}, ONLY {leaf.name} IN ACCESS EXCLUSIVE MODE"
        )
        task.require_columns(leaf)
        row = session.row("archive/shelf_partition", oid=leaf.oid)
        lost = [one for one in table.sides(session, leaf.oid, shelf.oid or 0) if one.type is None]
        session.script(_script(session, str(parent), shelf, leaf, row, lost))
        number = ledger.begin(session, task.policy, task.source.name, leaf.name, leaf.oid, "detach")
        ledger.change(session, number, state=ledger.DONE, bytes=row["bytes"])
        task.count(0, row["bytes"])
        task.step(DELETED)
    return number, int(row["bytes"])


def _script(session: Session, parent: str, shelf: Shelf, leaf: Leaf, row: Row, lost: list[Any]) -> str:
    names = _free(session, shelf.name.schema, leaf, [leaf.name.name, *row["indexes"]])
    return render(
        "archive/shelf_detach.sql",
        parent=parent,
        table=str(leaf.name),
        schema=leaf.name.schema,
        name=leaf.name.name,
        new_name=names[leaf.name.name],
        archive_schema=shelf.name.schema,
        archive=str(shelf.name),
        foreign_keys=row["foreign_keys"],
        generated=row["generated"],
        defaults=row["defaults"],
        lost=lost,
        indexes=[(old, names[old]) for old in row["indexes"] if names[old] != old],
    )


def _free(session: Session, schema: str, leaf: Leaf, names: list[str]) -> dict[str, str]:
    """The names in the archive's schema: the same, or with the oid behind where another has it."""
    if schema == leaf.name.schema:
        return {name: name for name in names}
    taken = {row["name"] for row in session.rows("archive/shelf_names", schemas=[schema], names=names)}
    return {name: table.cut(name, f"_{leaf.oid}") if name in taken else name for name in names}
