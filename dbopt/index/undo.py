"""Taking back what an apply did, by its undo file."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dbopt import documents
from dbopt.errors import FileError, ServerError
from dbopt.index import definition, journal
from dbopt.index.journal import UndoFile
from dbopt.index.run import Item, Listener, Outcome, Plan, Runner
from dbopt.index.statement import CreateIndex, DropIndex, parse
from dbopt.index.steps import Todo
from dbopt.postgres.exclusive import exclusive
from dbopt.postgres.identifiers import qualified
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import Session

_ANOTHER = "another index has this name now"


@dataclass(frozen=True)
class Undone:
    SCHEMA: ClassVar[str] = "dbopt.undone/1"
    WRITTEN_BY: ClassVar[str] = "dbopt undo --format json"

    server_version: str
    database: str
    undo_file: str
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")


@dataclass(frozen=True)
class Reversal:
    """A step of the file (its number there, from 0) and what takes it back."""

    step: int
    item: Item
    made_by: CreateIndex | DropIndex


def reversals(file: UndoFile) -> tuple[Reversal, ...]:
    """What is to be undone, in the order in which to do it: the last change first. Raises UnsafeStatement."""
    found: list[Reversal] = []
    for number in reversed(range(len(file.steps))):
        step = file.steps[number]
        if step.state in (journal.STARTED, journal.DONE, journal.FAILED) and step.undo_sql is not None:
            item = Item(len(found) + 1, parse(step.undo_sql), by_name=True)
            found.append(Reversal(number, item, parse(step.sql)))
    return tuple(found)


def read(path: Path) -> UndoFile:
    """The undo file. Raises FileError, CorruptDocument."""
    return documents.read(UndoFile, str(path))


def _require_its_database(session: Session, file: UndoFile) -> None:
    if file.database != session.database:
        raise FileError(
            f"the undo file was written for database {file.database}; this is {session.database}",
            hint="connect to that database with -d dbname=...",
        )


def plan(session: Session, file: UndoFile, limits: Limits | None = None) -> tuple[Plan, ...]:
    """What there is to do to take back the steps of the file. Changes nothing. Raises FileError where the file was
    written for another database.
    """
    _require_its_database(session, file)
    todo = reversals(file)
    dropped = {reversal.item.label for reversal in todo if reversal.item.action == "drop"}
    return tuple(_planned(session, reversal, dropped, limits or Limits()) for reversal in todo)


def _planned(session: Session, reversal: Reversal, dropped: set[str], limits: Limits) -> Plan:
    parent = _parent(session, reversal.item.statement)
    if parent in dropped:
        return Plan(reversal.item, Todo(reversal.item.label, (), f"goes with {parent}"))
    if not _is_still_its_work(session, reversal, limits):
        return Plan(reversal.item, Todo(reversal.item.label, (), _ANOTHER))
    return Runner(session, None, limits, Listener()).plan(reversal.item)


def _parent(session: Session, statement: CreateIndex | DropIndex) -> str | None:
    """The index of a partitioned table that the index is attached to."""
    row = definition.find_index(session, statement.index) if isinstance(statement, DropIndex) else None
    return qualified(row["parent_schema"], row["parent_name"]) if row and row["parent_name"] else None


def undo(
    session: Session,
    path: Path,
    *,
    limits: Limits | None = None,
    listener: Listener | None = None,
    only: Collection[str] | None = None,
) -> Undone:
    """Take back the steps of the file, the last first, each on its own, and mark them in it. What is undone already
    stays as it is, and with `only` what concerns other indexes than these (quoted and qualified). Raises
    AlreadyRunning, FileError, UnsafeStatement, and ConnectionFailed when the server is gone.
    """
    limits, listener = limits or Limits(), listener or Listener()
    outcomes = []
    with exclusive(session):
        file = read(path)
        _require_its_database(session, file)
        for reversal in reversals(file):
            if only is not None and reversal.item.label not in only:
                continue
            outcome = _reverse(session, reversal, limits, listener)
            outcomes.append(outcome)
            if outcome.state != "failed":
                file = _marked(file, reversal.step)
                documents.write_atomically(path, documents.dump(file))
    return Undone(session.server_version, session.database, str(path), tuple(outcomes))


def _reverse(session: Session, reversal: Reversal, limits: Limits, listener: Listener) -> Outcome:
    item = reversal.item
    if not _is_still_its_work(session, reversal, limits):
        return Outcome(item.number, item.action, item.label, "unchanged", 0.0, None, _ANOTHER)
    return Runner(session, None, limits, listener).run(item)


def _is_still_its_work(session: Session, reversal: Reversal, limits: Limits) -> bool:
    """Whether the index to be dropped is the one that the step made, not one that got its name later."""
    made, statement = reversal.made_by, reversal.item.statement
    if not isinstance(made, CreateIndex) or not isinstance(statement, DropIndex):
        return True
    try:
        table = definition.find_table(session, made.relation)
        wanted = definition.wanted(session, table, made, limits.lock_timeout_ms)
    except ServerError:
        return True  # what is in the way of dropping it will be said then
    same_name = [index for index in definition.indexes(session, table) if index.name == statement.index[1]]
    found = definition.find_index(session, statement.index)
    return found is None or any(wanted.definition in (None, index.definition) for index in same_name)


def _marked(file: UndoFile, number: int) -> UndoFile:
    steps = list(file.steps)
    steps[number] = dataclasses.replace(steps[number], state=journal.UNDONE)
    return dataclasses.replace(file, steps=tuple(steps))
