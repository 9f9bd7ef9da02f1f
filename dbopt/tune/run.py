"""The way of a tuning: measured, advised, applied, judged, done. After each step its state is on disk, so that the next
run continues one that was killed. What a step does twice it does to the same end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from dbopt import documents
from dbopt.errors import CorruptDocument, FileError, QueryFailed, UsageError
from dbopt.index.advice import Advice, CreateAdvice, DropAdvice
from dbopt.index.apply import Applied, apply, items_of
from dbopt.index.journal import PLANNED, SKIPPED
from dbopt.index.run import Item, Listener
from dbopt.index.statement import parse
from dbopt.index.undo import Undone, read, undo
from dbopt.plan.execution import Limits
from dbopt.postgres.exclusive import exclusive
from dbopt.postgres.patience import Limits as Patience
from dbopt.postgres.session import Session
from dbopt.timing.compare import compare, keyed
from dbopt.timing.measure import Progress, measure
from dbopt.timing.model import Timing, Timings
from dbopt.tune import judge
from dbopt.tune.judge import Effect, Index
from dbopt.tune.model import Observation, State, Tuned, Tuning
from dbopt.tune.result import tuned
from dbopt.tune.uses import uses
from dbopt.workload.model import Workload

_SHORT_MS = 10
_MORE_RUNS = 5  # times as many runs again, of statements that are shorter


@dataclass(frozen=True)
class Manner:
    """How to measure and how patient to be with locks."""

    runs: int = 5
    timeout_ms: float = 60_000
    allow_dml: bool = False
    patience: Patience = field(default_factory=Patience)

    @property
    def limits(self) -> Limits:
        return Limits(self.timeout_ms, self.allow_dml)


@dataclass(frozen=True)
class Hooks:
    """Who takes part: makes the advice, agrees to it (False: nothing is changed), hears how it goes. `stage` is told
    what begins, in a few words; `measuring` and `changing` are entered for as long as that lasts.
    """

    advise: Callable[[], Advice]
    agree: Callable[[Advice], bool]
    stage: Callable[[str], None]
    measuring: Callable[[], AbstractContextManager[Progress | None]]
    changing: Callable[[], AbstractContextManager[Listener]]


def digest(workload: Workload, options: str) -> str:
    """What was asked, in 16 hex digits."""
    return hashlib.sha256((documents.dump(workload) + options).encode()).hexdigest()[:16]


def load(path: Path, database: str, asked: str) -> State | None:
    """The state of a run that did not end. Raises UsageError where something else was asked, FileError for another
    database.
    """
    if not path.exists():
        return None
    try:
        state = documents.read(State, str(path))
    except CorruptDocument as error:
        raise CorruptDocument(
            str(error), hint=f"dbopt undo takes back what the run had built, by its undo file; remove {path} then"
        ) from error
    if state.database != database:
        raise FileError(f"{path} belongs to database {state.database}, not {database}", hint="name another --state")
    if state.asked != asked:
        raise UsageError(
            f"{path} is of a run with another workload or other options, which did not end",
            hint=f"run that again, or begin anew: dbopt undo {state.undo_file}, and remove {path}",
        )
    return state


class Tuner:
    """One run on one session."""

    def __init__(
        self, session: Session, workload: Workload, path: Path, manner: Manner, hooks: Hooks, undo_path: Path
    ) -> None:
        self._session = session
        self._workload = workload
        self._path = path
        self._manner = manner
        self._hooks = hooks
        self._undo_path = undo_path
        self.stands = False
        """Whether a state of this run is on disk, from which the same command goes on."""
        self._weights = {statement.id: statement.weight for statement in workload.statements}

    def run(self, asked: str) -> State | None:
        """All that is left to do: the last state, which stays on disk until `forget`; None where it was not agreed to.
        Raises AlreadyRunning, FileError, NothingToDo, and ServerError; then the state is on disk, too.
        """
        with exclusive(self._session):
            return self._run(asked)

    def _run(self, asked: str) -> State | None:
        found = load(self._path, self._session.database, asked)
        state = self._resumed(found) if found is not None else self._measured(asked)
        if state.stage == "measured":
            state = self._advised(state)
        if state.stage == "advised":
            if state.advice is not None and not self._hooks.agree(state.advice):
                self.forget()
                return None
            state = self._applied(state)
        while state.stage != "done":
            state = self._judged(state) if state.pending or state.stage == "applied" else self._decided(state)
        return state

    def _resumed(self, state: State) -> State:
        """Before anything was changed the undo file may become another: that of the state cannot be written, say."""
        self.stands = True
        if state.stage in ("measured", "advised") and not Path(state.undo_file).exists():
            return self._keep(replace(state, undo_file=str(self._undo_path)))
        return state

    def forget(self) -> None:
        """The next run begins anew."""
        self.stands = False
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    # -- the steps ---------------------------------------------------------------------------------------------------

    def _measured(self, asked: str) -> State:
        self._hooks.stage("measuring")
        before = self._observe(self._workload)
        return self._keep(State(self._session.database, asked, str(self._undo_path), "measured", before))

    def _advised(self, state: State) -> State:
        self._hooks.stage("looking for indexes")
        return self._keep(replace(state, stage="advised", advice=self._hooks.advise()))

    def _applied(self, state: State) -> State:
        items = items_of(_advice(state))
        if not items:
            return self._keep(replace(state, stage="done", after=state.before))
        self._hooks.stage("building")
        done = self._apply(state, items)
        return self._keep(replace(state, stage="applied", outcomes=done.outcomes))

    def _judged(self, state: State) -> State:
        """Carry out what is pending, and measure what that concerns."""
        concerned = self._workload
        if state.pending:
            self._hooks.stage("taking back what did not help")
            self._carry_out(state)
            concerned = self._concerned(state)
        self._hooks.stage("measuring again")
        after = self._observe(concerned)
        if state.after is not None:
            after = _merged(state.after, after)
        done = (*state.changes, *state.pending)
        return self._keep(replace(state, stage="judged", after=after, pending=(), changes=done))

    def _decided(self, state: State) -> State:
        pending = judge.decide(self._indexes(state), self._effects(state), state.changes)
        return self._keep(replace(state, pending=pending) if pending else replace(state, stage="done"))

    # -- their parts -------------------------------------------------------------------------------------------------

    def _observe(self, workload: Workload) -> Observation:
        with self._hooks.measuring() as on_progress:
            timings = self._timed(workload, self._manner.runs, on_progress, plans=True)
            short = [_is_short(one) for one in timings.statements]
            if any(short):
                few = tuple(one for one, is_short in zip(workload.statements, short, strict=True) if is_short)
                more = self._timed(replace(workload, statements=few), _MORE_RUNS * self._manner.runs, on_progress)
                timings = _with_runs(timings, short, more)
        return Observation(timings, uses(self._session, workload, self._manner.limits))

    def _timed(self, workload: Workload, runs: int, on_progress: Progress | None, *, plans: bool = False) -> Timings:
        return measure(
            self._session,
            workload,
            runs=runs,
            timeout_ms=self._manner.timeout_ms,
            allow_dml=self._manner.allow_dml,
            plans=plans,
            on_progress=on_progress,
        )

    def _apply(self, state: State, items: tuple[Item, ...]) -> Applied:
        with self._hooks.changing() as listener:
            path, patience = Path(state.undo_file), self._manner.patience
            return apply(self._session, items, path, limits=patience, listener=listener)

    def _undo(self, state: State, indexes: set[str]) -> Undone:
        with self._hooks.changing() as listener:
            path, patience = Path(state.undo_file), self._manner.patience
            return undo(self._session, path, limits=patience, listener=listener, only=indexes)

    def _carry_out(self, state: State) -> None:
        gone = {change.index for change in state.pending if change.action == "undo"}
        again = tuple(
            item
            for item in items_of(_advice(state))
            if any(change.index == item.label and change.action == "redo" for change in state.pending)
        )
        if gone:
            _require(self._undo(state, gone))
        if again:
            _require(self._apply(state, again))

    def _concerned(self, state: State) -> Workload:
        """The statements that a pending change may concern: those that read one of its indexes, before or now."""
        names = {change.index for change in state.pending}
        affected = {id_ for change in state.pending for id_ in change.affected}
        reading = (
            {effect.id for effect in self._effects(state) if names & (effect.read_before | effect.read_after)}
            | affected
            | {id_ for change in state.changes if change.index in names for id_ in change.affected}
        )
        chosen = tuple(one for one in self._workload.statements if one.id in reading)
        return replace(self._workload, statements=chosen)

    def _effects(self, state: State) -> list[Effect]:
        return judge.effects(state.before, state.after or state.before, self._weights)

    def _indexes(self, state: State) -> list[Index]:
        """Of the advice, what this run carried out."""
        ours = _touched(Path(state.undo_file))
        pairs = zip(items_of(_advice(state)), state.outcomes, strict=True)
        done = {item.label for item, outcome in pairs if outcome.state != "failed" and item.label in ours}
        return [index for index in _indexes(_advice(state)) if index.name in done]

    def _keep(self, state: State) -> State:
        documents.write_atomically(self._path, documents.dump(state))
        self.stands = True
        return state

    def result(self, state: State) -> Tuning:
        """What the last state means."""
        after = state.after or state.before
        path = Path(state.undo_file)
        return Tuning(
            server_version=self._session.server_version,
            database=self._session.database,
            undo_file=str(path) if path.exists() else None,
            indexes=self._tuned(state),
            comparison=compare(state.before.timings, after.timings),
            maintain=_advice(state).maintain,
            not_advised=_advice(state).not_advised,
        )

    def _tuned(self, state: State) -> tuple[Tuned, ...]:
        advice, seen, ours = _advice(state), self._effects(state), {index.name for index in self._indexes(state)}
        entries: tuple[CreateAdvice | DropAdvice, ...] = (*advice.create, *advice.drop)
        found = zip(entries, _indexes(advice), state.outcomes, strict=True) if state.outcomes else ()
        return tuple(tuned(*one, state.changes, seen, ours=one[1].name in ours) for one in found)


def _advice(state: State) -> Advice:
    if state.advice is None:
        raise CorruptDocument("the state of the run has no advice")
    return state.advice


def _require(done: Undone | Applied) -> None:
    """What is decided must be done before it is judged. Raises QueryFailed."""
    for outcome in done.failed:
        raise QueryFailed(f"{outcome.index}: {outcome.remark}", hint="run the same command again to go on")


def _indexes(advice: Advice) -> list[Index]:
    """All that the advice changes, in the order of its items."""
    items = items_of(advice)
    created = [
        Index(item.label, item.action, one.statements, one.table, one.build_ms)
        for item, one in zip(items, advice.create, strict=False)
    ]
    return created + [Index(item.label, item.action) for item in items[len(created) :]]


def _touched(undo_file: Path) -> frozenset[str]:
    """The indexes that this run made or dropped, or had begun to when it was killed."""
    if not undo_file.exists():
        return frozenset()
    steps = read(undo_file).steps
    begun = [step for step in steps if step.undo_sql is not None and step.state not in (PLANNED, SKIPPED)]
    return frozenset(Item(0, parse(step.sql)).label for step in begun)


def _is_short(timing: Timing) -> bool:
    """Whether it is over so soon that other load on the machine shows in every run of a few."""
    return timing.median_ms is not None and timing.median_ms < _SHORT_MS


def _with_runs(timings: Timings, short: Sequence[bool], more: Timings) -> Timings:
    """The timings with the runs of those that were run again."""
    again = iter(more.statements)
    merged = (
        _longer(one, next(again)) if is_short else one for one, is_short in zip(timings.statements, short, strict=True)
    )
    return replace(timings, statements=tuple(merged))


def _longer(one: Timing, again: Timing) -> Timing:
    runs = one.runs_ms + again.runs_ms
    return replace(one, runs_ms=runs, median_ms=median(runs))


def _merged(old: Observation, new: Observation) -> Observation:
    """The new one where it has a statement."""
    timings = {**keyed(old.timings.statements), **keyed(new.timings.statements)}
    planned = {**keyed(old.uses), **keyed(new.uses)}
    return Observation(replace(new.timings, statements=tuple(timings.values())), tuple(planned.values()))
