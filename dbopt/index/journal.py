"""The undo file dbopt.undo/1: what an apply does to the server, written before it does it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from dbopt import documents
from dbopt.errors import FileError
from dbopt.index.steps import Step
from dbopt.postgres.session import Session

PLANNED, STARTED, DONE, FAILED, SKIPPED, UNDONE = "planned", "started", "done", "failed", "skipped", "undone"


@dataclass(frozen=True)
class UndoStep:
    """One statement and the one that takes it back (None: it needs none). `state` is planned, started, done, failed,
    skipped or undone.
    """

    sql: str
    undo_sql: str | None
    state: str


@dataclass(frozen=True)
class UndoFile:
    SCHEMA: ClassVar[str] = "dbopt.undo/1"
    WRITTEN_BY: ClassVar[str] = "dbopt apply"

    server_version: str
    database: str
    created_at: str
    steps: tuple[UndoStep, ...] = ()


def default_path(now: datetime | None = None) -> Path:
    """dbopt-undo-<UTC time>.json in the current directory."""
    return Path(f"dbopt-undo-{(now or datetime.now(UTC)):%Y%m%dT%H%M%SZ}.json")


def earlier(path: Path, database: str) -> UndoFile | None:
    """What the file holds already: steps of earlier runs on this database, which are kept. Raises FileError for a file
    that is something else.
    """
    if not path.exists():
        if not path.absolute().parent.is_dir():
            raise FileError(f"cannot write {path}: there is no such directory")
        return None
    found = documents.read(UndoFile, str(path))
    if found.database != database:
        raise FileError(
            f"{path} holds the undo of database {found.database}, not {database}",
            hint="name another file with --undo-file",
        )
    return found


class Journal:
    """The undo file while steps are run: on disk it is never behind the server."""

    def __init__(self, path: Path, session: Session, held: UndoFile | None = None) -> None:
        self.path = path
        self.written = False
        self._file = held or UndoFile(session.server_version, session.database, _now())
        self._items: dict[int, list[UndoStep]] = {}

    def plan(self, item: int, steps: tuple[Step, ...]) -> None:
        """Replace what is still planned for an item of the advice."""
        kept = [step for step in self._items.get(item, []) if step.state != PLANNED]
        self._items[item] = kept + [UndoStep(step.sql, step.undo_sql, PLANNED) for step in steps]

    def mark(self, item: int, step: Step, state: str) -> None:
        """Write the new state of a step: the last one with its statement."""
        steps = self._items[item]
        number = max(n for n, own in enumerate(steps) if own.sql == step.sql)
        steps[number] = dataclasses.replace(steps[number], state=state)
        self.write()

    def skip_planned(self, item: int) -> None:
        """What was planned for an item is not going to be run."""
        self._items[item] = [
            dataclasses.replace(step, state=SKIPPED) if step.state == PLANNED else step for step in self._items[item]
        ]
        self.write()

    def write(self) -> None:
        """Write the file, whole or not at all. Raises FileError."""
        if not any(self._items.values()):
            return
        steps = (step for item in sorted(self._items) for step in self._items[item])
        documents.write_atomically(
            self.path, documents.dump(dataclasses.replace(self._file, steps=(*self._file.steps, *steps)))
        )
        self.written = True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
