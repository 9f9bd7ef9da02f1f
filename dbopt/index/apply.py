"""Carrying out an advice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dbopt.errors import UnsafeStatement, UsageError
from dbopt.index import journal
from dbopt.index.advice import Advice
from dbopt.index.run import Item, Listener, Outcome, Plan, Runner
from dbopt.index.statement import CreateIndex, DropIndex, parse
from dbopt.postgres.exclusive import exclusive
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Applied:
    SCHEMA: ClassVar[str] = "dbopt.applied/1"
    WRITTEN_BY: ClassVar[str] = "dbopt apply --format json"

    server_version: str
    database: str
    undo_file: str | None
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")


def items_of(advice: Advice) -> tuple[Item, ...]:
    """The items of an advice. Raises UnsafeStatement for a file with anything but index statements in it."""
    creates = [Item(n, _create(entry.sql), entry.size_bytes) for n, entry in enumerate(advice.create, 1)]
    drops = [Item(n, _drop(entry.sql), after=entry.after) for n, entry in enumerate(advice.drop, len(creates) + 1)]
    return (*creates, *drops)


def _create(sql: str) -> CreateIndex:
    statement = parse(sql)
    if not isinstance(statement, CreateIndex):
        raise UnsafeStatement(f'refused: "{sql}" stands among the indexes to create')
    return statement


def _drop(sql: str) -> DropIndex:
    statement = parse(sql)
    if not isinstance(statement, DropIndex):
        raise UnsafeStatement(f'refused: "{sql}" stands among the indexes to drop')
    return statement


def chosen(items: Sequence[Item], only: str | None) -> tuple[Item, ...]:
    """The items whose numbers stand in a list as "1,3-4"; None chooses all. Raises UsageError."""
    if only is None:
        return tuple(items)
    numbers = {number for part in only.split(",") for number in _numbers(part)}
    unknown = sorted(numbers - {item.number for item in items})
    if unknown:
        raise UsageError(f"--only: there is no item {unknown[0]}", hint=f"the advice has {len(items)} items")
    return tuple(item for item in items if item.number in numbers)


def _numbers(part: str) -> range:
    match = re.fullmatch(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", part)
    if match is None:
        raise UsageError(f'--only: "{part}" is not a number', hint="write it as in --only 1,3-4")
    return range(int(match[1]), int(match[2] or match[1]) + 1)


def plan(session: Session, items: Sequence[Item], limits: Limits | None = None) -> tuple[Plan, ...]:
    """What there is to do. Changes nothing."""
    runner = Runner(session, None, limits or Limits(), Listener())
    return tuple(runner.plan(item) for item in items)


def apply(
    session: Session,
    items: Sequence[Item],
    undo_path: Path | None = None,
    *,
    limits: Limits | None = None,
    listener: Listener | None = None,
) -> Applied:
    """Carry out the items, each on its own: one that fails does not stop the others. The undo file is on disk before
    the first change. Raises AlreadyRunning, FileError, and ConnectionFailed when the server is gone.
    """
    path = undo_path or journal.default_path()
    with exclusive(session):
        record = journal.Journal(path, session, journal.earlier(path, session.database))
        for planned in plan(session, items, limits):
            record.plan(planned.item.number, planned.todo.steps)
        record.write()
        runner = Runner(session, record, limits or Limits(), listener or Listener())
        outcomes = []
        for item in items:
            outcomes.append(runner.run(item))
            record.skip_planned(item.number)
    return Applied(session.server_version, session.database, str(path) if record.written else None, tuple(outcomes))
