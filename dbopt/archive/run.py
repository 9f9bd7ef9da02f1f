"""`dbopt archive run`: what the policies ask for, one after another, each under a lock of its own. What a run that was
killed left behind is finished or removed first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dbopt.archive import detach as detaching
from dbopt.archive import iceberg, ledger, units
from dbopt.archive import source as sources
from dbopt.archive.columns import READING
from dbopt.archive.move import Place
from dbopt.archive.policy import Policy
from dbopt.archive.source import Leaf, Source
from dbopt.archive.store import store
from dbopt.archive.units import Units
from dbopt.archive.ways import ToFiles, ToShelf, Way
from dbopt.archive.work import Step, Task, Work
from dbopt.errors import DboptError, Interrupted, Obstructed
from dbopt.postgres.arrow import arrow_session
from dbopt.postgres.exclusive import exclusive, key_of
from dbopt.postgres.governor import Governor, Restraint
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import Session

# Why a run ended.
FINISHED = "nothing left"
LIMIT = "limit"
RUN_TIME = "run-time"
SENTINEL = "sentinel"
FAILED = "error"
STOPPED = "interrupted"

_UNLIMITED = {"statement_timeout": "0", "idle_session_timeout": "0", "idle_in_transaction_session_timeout": "0"}
_LEDGER_LOCK_TIMEOUT_MS = 10_000


@dataclass(frozen=True)
class Asked:
    """Options of the command. A run ends before a batch when `limit` rows are archived, `run_seconds` have passed or
    there is a file `sentinel`; `batch_rows`, `sleep_ms`, `max_lag_ms` and `busy_share` go before the policy's.
    """

    limit: int | None = None
    run_seconds: float | None = None
    sentinel: Path | None = None
    batch_rows: int | None = None
    sleep_ms: float | None = None
    max_lag_ms: float | None = None
    busy_share: float | None = None
    limits: Limits = field(default_factory=lambda: Limits(lock_timeout_ms=500, retries=20, pause_ms=250))

    def restraint(self, policy: Policy) -> Restraint:
        given = {"sleep_ms": self.sleep_ms, "max_lag_ms": self.max_lag_ms, "busy_share": self.busy_share}
        return replace(policy.restraint, **{name: value for name, value in given.items() if value is not None})


@dataclass(frozen=True)
class Hooks:
    """Who hears how it goes: of waits and notes in words, of each batch the rows and bytes so far, of each step."""

    on_note: Callable[[str], None] | None = None
    on_batch: Callable[[Policy, int, int], None] | None = None
    step: Step = lambda _: None


@dataclass(frozen=True)
class Ran:
    """What a run of one policy did."""

    policy: str
    rows: int
    bytes: int
    batches: int
    why_quit: str
    seconds: float
    error: DboptError | None = None


def run(
    session: Session, policies: Sequence[Policy], all_policies: Sequence[Policy], asked: Asked, hooks: Hooks
) -> Iterator[Ran]:
    """One after another; a limit of rows or time is for all of them together. A policy that fails does not keep the
    next from running: AlreadyRunning, Obstructed before anything is touched, FileError, ArchiveDamaged and ServerError
    are in what it yields. Raises ConnectionFailed.
    """
    budget = _Budget(asked)
    for policy in policies:
        one = _Run(session, policy, all_policies, asked, hooks, budget)
        try:
            with exclusive(session, key_of("archive", policy.name), f"archives by the policy {policy.name} in"):
                done = one.run()
        except DboptError as error:
            if not session.is_open or isinstance(error, Interrupted):
                raise
            done = one.ran(FAILED, error)
        yield done


class _Budget:
    """What is left of the limits."""

    def __init__(self, asked: Asked) -> None:
        self._asked, self._started, self.rows = asked, time.monotonic(), 0

    def why_quit(self) -> str | None:
        asked = self._asked
        if asked.limit is not None and self.rows >= asked.limit:
            return LIMIT
        if asked.run_seconds is not None and time.monotonic() - self._started >= asked.run_seconds:
            return RUN_TIME
        return SENTINEL if asked.sentinel is not None and asked.sentinel.exists() else None

    def batch_rows(self, policy: Policy) -> int:
        most = self._asked.batch_rows or policy.batch_rows
        return most if self._asked.limit is None else min(most, self._asked.limit - self.rows)


class _Run:
    """One run of one policy, under its lock."""

    def __init__(
        self,
        session: Session,
        policy: Policy,
        policies: Sequence[Policy],
        asked: Asked,
        hooks: Hooks,
        budget: _Budget,
    ) -> None:
        self._session, self._policy, self._policies = session, policy, policies
        self._asked, self._hooks, self._budget = asked, hooks, budget
        self._rows = self._bytes = self._batches = 0
        self._started = time.monotonic()

    def run(self) -> Ran:
        source = examined(self._session, self._policy, self._policies)
        todo = units.units(self._session, source, self._policy)
        for note in todo.notes:
            self._note(note)
        _settle(self._session)
        ledger.make(self._session)
        number = ledger.begin_run(self._session, self._policy.name, todo.before)
        with self._told(number), self._working(source, number) as way:
            gone = self._recover(way)
            is_followed = iceberg.follow(self._session, self._policy, self._hooks.on_note, self._hooks.step)
            why = self._all(way, replace(todo, detach=tuple(leaf for leaf in todo.detach if leaf.oid not in gone)))
            if is_followed:
                iceberg.follow(self._session, self._policy, self._hooks.on_note, self._hooks.step)
            ledger.end_run(self._session, number, "finished" if why == FINISHED else "stopped", why)
        return self.ran(why)

    def ran(self, why: str, error: DboptError | None = None) -> Ran:
        """What it did until now."""
        seconds = time.monotonic() - self._started
        return Ran(self._policy.name, self._rows, self._bytes, self._batches, why, seconds, error)

    @contextmanager
    def _told(self, number: int) -> Iterator[None]:
        """Should it end early, the ledger says so."""
        try:
            yield
        except (Interrupted, KeyboardInterrupt):
            self._end(number, STOPPED)
            raise
        except Exception:
            self._end(number, FAILED)
            raise

    def _end(self, number: int, why: str) -> None:
        if self._session.is_open:
            ledger.end_run(self._session, number, "stopped" if why == STOPPED else "failed", why)

    @contextmanager
    def _working(self, source: Source, number: int) -> Iterator[Way]:
        if not self._policy.destination.is_files:
            with self._session.another() as log:
                _settle(log)
                yield ToShelf(Task(**self._common(source, number, log, log.backend_pid)))
            return
        policy = self._policy
        place = store(policy.destination, policy.endpoint, policy.region)
        # A session that waits for the other, which waits for a third that waits for the first, is no deadlock to the
        # server: each wait must end.
        settings = {**READING, **_UNLIMITED, "lock_timeout": f"{self._asked.limits.lock_timeout_ms}ms"}
        if self._session.major >= 17:
            settings["transaction_timeout"] = "0"
        with self._session.another() as log, arrow_session(self._session, settings) as arrow:
            _settle(log)
            common = self._common(source, number, log, log.backend_pid, arrow.backend_pid)
            yield ToFiles(Work(**common, store=place, arrow=arrow))

    def _common(self, source: Source, number: int, log: Session, *pids: int) -> dict[str, Any]:
        return {
            "policy": self._policy,
            "source": source,
            "session": self._session,
            "log": log,
            "governor": self._governor(log, (self._session.backend_pid, *pids)),
            "run": number,
            "step": self._hooks.step,
            "limits": self._asked.limits,
            "on_wait": self._note,
        }

    def _governor(self, log: Session, pids: tuple[int, ...]) -> Governor:
        """It looks at the server by the session that is in no transaction between two batches."""
        return Governor(
            log,
            self._asked.restraint(self._policy),
            pids=pids,
            stop=lambda: self._budget.why_quit() is not None,
            on_wait=self._note,
            on_note=self._note,
        )

    def _recover(self, way: Way) -> set[int]:
        """Finish or remove what a run that was killed left behind: the partitions that are gone now."""
        gone = set()
        for batch in ledger.batches(self._session, self._policy.name):
            if batch.state == ledger.VERIFIED and (done := way.resume(batch)) is not None:
                self._count(done.rows, done.bytes, done.batches)
                gone.add(batch.oid)
            elif batch.state in (ledger.EXPORTING, ledger.VERIFIED):
                way.task.discard(batch.id)
                self._note(f"removed what a run that ended early had left of batch {batch.id}")
        detaching.unwatch_all(way.task)
        way.settle()
        return gone

    def _all(self, way: Way, todo: Units) -> str:
        for leaf in todo.detach:
            if not way.task.governor.begin():
                return self._budget.why_quit() or FINISHED
            done = way.detach(leaf)
            way.task.governor.end(0)
            self._count(done.rows, done.bytes, done.batches)
        for leaf in todo.move:
            if why := self._moved(way, leaf, todo.before):
                return why
        return FINISHED

    def _moved(self, way: Way, leaf: Leaf, before: int | None) -> str | None:
        """All old rows of a table: over again as long as rows go that others had referred to."""
        refers_to_itself = any(one.is_self for one in way.task.source.referring)
        while True:
            place, rows = Place(), self._rows
            while not place.at_end:
                if not way.task.governor.begin():
                    return self._budget.why_quit()
                moved = way.move(leaf, before, place, self._budget.batch_rows(self._policy))
                way.task.governor.end(moved.rows, moved.bytes)
                place = moved.place
                if moved.rows:
                    self._count(moved.rows, moved.bytes, 1)
            if not refers_to_itself or self._rows == rows:
                return None

    def _count(self, rows: int, size_bytes: int, batches: int) -> None:
        self._rows, self._bytes, self._batches = self._rows + rows, self._bytes + size_bytes, self._batches + batches
        self._budget.rows += rows
        if self._hooks.on_batch is not None:
            self._hooks.on_batch(self._policy, self._rows, self._bytes)

    def _note(self, text: str) -> None:
        if self._hooks.on_note is not None:
            self._hooks.on_note(text)


def _settle(session: Session) -> None:
    """Whatever the role's settings are."""
    session.rows("archive/settings")
    session.limit(lock_timeout_ms=_LEDGER_LOCK_TIMEOUT_MS)


def examined(session: Session, policy: Policy, policies: Sequence[Policy]) -> Source:
    """The table of a policy. Raises Obstructed where it cannot be archived, with all reasons."""
    source = sources.read(session, policy)
    reasons = units.obstacles(session, source, policy, policies)
    if reasons:
        raise Obstructed(f"archive policy {policy.name}: {source.name} cannot be archived: " + "; ".join(reasons))
    return source
