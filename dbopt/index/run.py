"""Carrying out index changes one after the other, each on its own: the machinery of apply and undo."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from dbopt.errors import DboptError, QueryFailed, ServerError
from dbopt.index import journal, steps
from dbopt.index.build import perform
from dbopt.index.progress import OnProgress
from dbopt.index.space import free_space
from dbopt.index.statement import CreateIndex, DropIndex, written
from dbopt.index.steps import Step, Todo
from dbopt.postgres.patience import Limits, patiently
from dbopt.postgres.session import Session

_ROUNDS = 5  # partitions may be added while the others' indexes are built


@dataclass(frozen=True)
class Item:
    """One numbered item of an advice: creates first, then drops, from 1. `size_bytes` is an estimate, 0: not known.
    With `by_name` an index counts as existing only under the name asked for: an undo gives back what was there. A drop
    is left undone where there is no valid index of the name `after`, which is to serve what it serves.
    """

    number: int
    statement: CreateIndex | DropIndex
    size_bytes: int = 0
    by_name: bool = False
    after: str = ""

    @property
    def action(self) -> Literal["create", "drop"]:
        return "drop" if isinstance(self.statement, DropIndex) else "create"

    @property
    def label(self) -> str:
        if isinstance(self.statement, DropIndex):
            return written(self.statement.index)
        return written((self.statement.relation[0], self.statement.name or "?"))


@dataclass(frozen=True)
class Outcome:
    """What became of an item. `state` is built, dropped, unchanged or failed; `size_bytes` the index's on disk, of one
    that is gone what it was.
    """

    number: int
    action: str  # create or drop
    index: str  # quoted and qualified
    state: str
    elapsed_ms: float
    size_bytes: int | None
    remark: str = ""
    hint: str | None = None


@dataclass(frozen=True)
class Plan:
    """What would be run for an item. `error` is set where it cannot be done."""

    item: Item
    todo: Todo
    error: DboptError | None = None


@dataclass(frozen=True)
class Listener:
    """Who wants to know how it goes: when an item begins, how far it is, when it has ended."""

    on_start: Callable[[Item], None] | None = None
    on_progress: OnProgress | None = None
    on_end: Callable[[Outcome], None] | None = None


class Steps(Protocol):
    """Who is told of each step before and after it is run."""

    def plan(self, item: int, steps: tuple[Step, ...]) -> None: ...

    def mark(self, item: int, step: Step, state: str) -> None: ...


class Runner:
    """Carries out items on one session."""

    def __init__(self, session: Session, record: Steps | None, limits: Limits, listener: Listener) -> None:
        self._session = session
        self._record = record
        self._limits = limits
        self._listener = listener

    def todo(self, item: Item) -> Todo:
        """What is left to do for an item. Changes nothing."""
        self._session.limit(lock_timeout_ms=self._limits.lock_timeout_ms)
        if isinstance(item.statement, DropIndex):
            return steps.for_drop(self._session, item.statement)
        return steps.for_create(self._session, item.statement, self._limits.lock_timeout_ms, by_name=item.by_name)

    def plan(self, item: Item) -> Plan:
        """What would be run, or why nothing can be. Changes nothing. Raises ServerError when the connection is gone."""
        try:
            return Plan(item, self.todo(item))
        except ServerError as error:
            if not self._session.is_open:
                raise
            return Plan(item, Todo(item.label, ()), error)

    def run(self, item: Item) -> Outcome:
        """Carry out one item. Raises ServerError only when the connection is gone: then the others cannot be done."""
        if self._listener.on_start is not None:
            self._listener.on_start(item)
        started = time.monotonic()
        try:
            outcome = self._patiently(item, started)
        except ServerError as error:
            if not self._session.is_open:
                raise
            elapsed_ms = _since(started)
            outcome = Outcome(
                item.number, item.action, item.label, "failed", elapsed_ms, None, error.message, error.hint
            )
        if self._listener.on_end is not None:
            self._listener.on_end(outcome)
        return outcome

    def _patiently(self, item: Item, started: float) -> Outcome:
        on_progress = self._listener.on_progress
        on_wait = None if on_progress is None else lambda remark: on_progress(remark, 0, 0)
        return patiently(self._limits, lambda: self._do(item, started), on_wait)

    def _do(self, item: Item, started: float) -> Outcome:
        first = todo = self.todo(item)
        size = self._size(todo.index)
        if item.after and todo.steps and not self._is_there(item.after):
            remark = f"kept: {item.after}, which is to serve what it serves, is not there"
            return Outcome(item.number, item.action, todo.index, "unchanged", _since(started), size, remark)
        for _ in range(_ROUNDS):
            if not todo.steps:
                break
            self._check_space(item)
            self._run_steps(item, todo.steps)
            todo = self.todo(item)
        if todo.steps:
            raise QueryFailed(f"{todo.index} is still not complete", hint="new partitions keep coming; run it again")
        if item.action == "create":
            size = self._size(first.index)
        state = {"create": "built", "drop": "dropped"}[item.action] if first.steps else "unchanged"
        return Outcome(item.number, item.action, first.index, state, _since(started), size, first.remark)

    def _is_there(self, index: str) -> bool:
        found = self._session.rows("apply/index", index=index)
        return bool(found and found[0]["is_valid"])

    def _run_steps(self, item: Item, todo: tuple[Step, ...]) -> None:
        if self._record is not None:
            self._record.plan(item.number, todo)
        for step in todo:
            self._mark(item, step, journal.STARTED)
            try:
                perform(self._session, step, self._limits, self._listener.on_progress)
            except ServerError:
                self._mark(item, step, journal.FAILED)
                raise
            self._mark(item, step, journal.DONE)

    def _mark(self, item: Item, step: Step, state: str) -> None:
        if self._record is not None:
            self._record.mark(item.number, step, state)

    def _check_space(self, item: Item) -> None:
        space = free_space(self._session) if item.size_bytes else None
        if space is not None and not space.suffices(item.size_bytes):
            needed, free = space.needed_for(item.size_bytes) >> 20, space.free_bytes >> 20
            raise QueryFailed(
                f"there is no room: the build takes about {needed} MB, {free} MB are free in {space.directory}",
                hint="make room, or choose another tablespace by default_tablespace",
            )

    def _size(self, index: str) -> int | None:
        try:
            size: int | None = self._session.row("apply/size", index=index)["bytes"]
        except ServerError:
            return None
        return size


def _since(started: float) -> float:
    return (time.monotonic() - started) * 1000
