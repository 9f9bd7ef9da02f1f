"""Rows that go into the archive table, a batch in one transaction: deleted here, inserted there, told to the ledger.

So that every snapshot sees each row once, and a run that is killed has moved a batch or has not.
"""

from __future__ import annotations

import time

from dbopt.archive import ledger
from dbopt.archive.move import Moved, Place, Stretch, next_stretch, tried
from dbopt.archive.shelf import table
from dbopt.archive.shelf.table import Shelf
from dbopt.archive.source import Leaf
from dbopt.archive.work import COMMITTED, DELETED, SNAPSHOT, Task
from dbopt.errors import Obstructed
from dbopt.postgres.identifiers import SQL, quoted
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row


def move(task: Task, shelf: Shelf, leaf: Leaf, boundary: int | None, place: Place, rows: int) -> Moved:
    """Archive the next batch of at most so many rows before the boundary; all rows where it is None. Raises
    ServerError, and Obstructed where the rows cannot be deleted.
    """
    return tried(task, leaf, rows, lambda size: _attempt(task, shelf, leaf, boundary, place, size))


def statement(task_names: str, leaf: Leaf, shelf_name: str, condition: str, value: str) -> str:
    """What moves the rows of a batch."""
    return render(
        "archive/shelf_move.sql",
        table=str(leaf.name),
        archive=shelf_name,
        names=task_names,
        condition=condition,
        value=value,
    )


def _attempt(task: Task, shelf: Shelf, leaf: Leaf, boundary: int | None, place: Place, rows: int) -> Moved:
    started = time.monotonic()
    with task.locked(leaf, "ROW EXCLUSIVE"):
        stretch = next_stretch(task, leaf, boundary, place, rows)
        task.step(SNAPSHOT)
        expected = _expected(task, leaf, stretch)
        kind, control = task.source.control, task.policy.control
        names = ", ".join(quoted(one.name) for one in task.source.columns)
        text = statement(names, leaf, str(shelf.name), stretch.condition, table.value(kind, control))
        found = task.session.fetch(SQL(text))[0]
        _require_all(task, leaf, found["deleted"], expected)
        _require_taken(shelf, found)
        size = _tell(task, leaf, found, started) if found["rows"] else 0
        task.step(DELETED)
    task.step(COMMITTED)
    return Moved(found["rows"], size, stretch.next)


def _tell(task: Task, leaf: Leaf, found: Row, started: float) -> int:
    """The ledger, inside the transaction; the bytes are the table's by its rows."""
    rows, kind = found["rows"], task.source.control
    size = round(leaf.bytes / leaf.rows * rows) if leaf.rows else 0
    batch = ledger.begin(task.session, task.policy, task.source.name, leaf.name, leaf.oid, "schema")
    ledger.change(
        task.session,
        batch,
        state=ledger.DONE,
        rows=rows,
        bytes=size,
        lower=table.position(kind, found["lower"]),
        upper=table.position(kind, found["upper"]),
        seconds=time.monotonic() - started,
    )
    task.count(rows, size)
    return size


def _expected(task: Task, leaf: Leaf, stretch: Stretch) -> int | None:
    """How many rows there are to be deleted, where triggers may keep some."""
    if not task.source.delete_triggers:
        return None
    text = f"SELECT count(*) AS rows FROM ONLY {leaf.name} WHERE {stretch.condition}"  # noqa: S608 - quoted names
    return int(task.session.fetch(SQL(text))[0]["rows"])


def _require_all(task: Task, leaf: Leaf, rows: int, expected: int | None) -> None:
    if expected is not None and rows != expected:
        raise Obstructed(
            f"of {expected:,} rows of {leaf.name} {rows:,} could be deleted; all are in the table still",
            hint=f"a trigger keeps rows: {', '.join(task.source.delete_triggers)}",
        )


def _require_taken(shelf: Shelf, found: Row) -> None:
    if found["rows"] != found["deleted"]:
        raise Obstructed(
            f"{shelf.name} took {found['rows']:,} of {found['deleted']:,} rows; all are in their table still",
            hint="a trigger or a rule of the archive table keeps rows out",
        )
