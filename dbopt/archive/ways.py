"""The two ways that rows go: to files, or into an archive table of the same database."""

from __future__ import annotations

from typing import Protocol

from dbopt.archive import detach as detaching
from dbopt.archive import ledger
from dbopt.archive.detach import Detached
from dbopt.archive.move import Moved, Place, move
from dbopt.archive.shelf import detach as shelved
from dbopt.archive.shelf import move as shelving
from dbopt.archive.shelf import table
from dbopt.archive.source import Leaf
from dbopt.archive.work import Task, Work


class Way(Protocol):
    """What a run does with a partition, with a batch, and with what a run that was killed left behind."""

    @property
    def task(self) -> Task: ...

    def resume(self, batch: ledger.Batch) -> Detached | None:
        """Go on with a partition whose files are right; None where that is too late."""

    def settle(self) -> None:
        """What is done, but not told."""

    def detach(self, leaf: Leaf) -> Detached: ...

    def move(self, leaf: Leaf, boundary: int | None, place: Place, rows: int) -> Moved: ...


class ToFiles:
    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def task(self) -> Task:
        return self._work

    def resume(self, batch: ledger.Batch) -> Detached | None:
        return detaching.resume(self._work, batch)

    def settle(self) -> None:
        table.settle(self._work.session, self._work.policy)

    def detach(self, leaf: Leaf) -> Detached:
        return detaching.detach(self._work, leaf)

    def move(self, leaf: Leaf, boundary: int | None, place: Place, rows: int) -> Moved:
        return move(self._work, leaf, boundary, place, rows)


class ToShelf:
    """Makes the archive table, or keeps it up."""

    def __init__(self, task: Task) -> None:
        self._task, self._shelf = task, table.prepare(task)

    @property
    def task(self) -> Task:
        return self._task

    def resume(self, batch: ledger.Batch) -> Detached | None:  # noqa: ARG002 - rows go in one transaction
        return None

    def settle(self) -> None:
        rows = table.settle(self._task.session, self._task.policy)
        ledger.count_rows_in_run(self._task.session, self._task.run, rows)

    def detach(self, leaf: Leaf) -> Detached:
        done = shelved.detach(self._task, self._shelf, leaf)
        return Detached(done.rows, done.bytes, 1)

    def move(self, leaf: Leaf, boundary: int | None, place: Place, rows: int) -> Moved:
        return shelving.move(self._task, self._shelf, leaf, boundary, place, rows)
