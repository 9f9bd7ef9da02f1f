"""Timing of two texts of a statement, or of one text on two databases: interleaved, warm, on the server's own clock,
read-only and rolled back.

Each run is EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) under the safety rules of `dbopt.plan`; its execution time counts.
The two sides take turns, so that a slow minute of the machine falls on both. Connections are made for the purpose, and
made anew for each batch of samples: two connections that differ in their past may differ in speed by several per cent,
and a difference that goes with a connection must not be taken for one of the statement.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import fmean

from dbopt.check.timing_outcome import NO_TIME, SAME_TEXT, TimedOutcome, Trial, interrupted, measured, one_sided
from dbopt.check.timing_verdict import MAX_SAMPLES, Decision, Samples, is_before, repeats
from dbopt.errors import ConnectionFailed, ServerError, UnsafeStatement
from dbopt.plan import execution
from dbopt.plan.execution import Limits, Planned, Values
from dbopt.plan.tree import parse
from dbopt.postgres.session import Session
from dbopt.workload.lexer import parameter_numbers
from dbopt.workload.model import Statement

OnProgress = Callable[[int, int, str], None]

__all__ = ["Pair", "TimedOutcome", "pair_of", "time_pairs"]


@dataclass(frozen=True)
class Pair:
    """What is to be timed: the baseline's statement and the current one."""

    key: str
    before: Statement
    after: Statement

    @property
    def same_run(self) -> bool:
        return (self.before.sql, self.before.parameters) == (self.after.sql, self.after.parameters)


def pair_of(key: str, text: str, current: Statement) -> Pair:
    """The baseline's text with the values of the current statement, where it has the same parameters; without any where
    it does not, and then it is not run.
    """
    fits = parameter_numbers(text) == parameter_numbers(current.sql)
    return Pair(key, replace(current, sql=text, parameters=current.parameters if fits else ()), current)


def time_pairs(
    before: Session,
    after: Session,
    pairs: Sequence[Pair],
    *,
    tolerance: float = 0.10,
    max_samples: int = MAX_SAMPLES,
    timeout_ms: float = 60_000,
    total_ms: float | None = None,
    allow_dml: bool = False,
    on_progress: OnProgress | None = None,
) -> dict[str, TimedOutcome]:
    """Time the pairs one after the other, each until it is decided: by key, what it came to. `before` and `after` are
    sessions on the database before and after a change of the schema; the same session twice where only texts changed,
    and then texts that did not are not run. Further connections are made to the same places. `max_samples` limits the
    samples a side; there may be as many again to confirm a difference. `total_ms` are shared out evenly among the pairs
    that are left. Raises ConnectionFailed.
    """
    clock = _Clock(len(pairs), None if total_ms is None else time.monotonic() + total_ms / 1000)
    limits = Limits(timeout_ms, allow_dml)
    outcomes = {}
    for number, pair in enumerate(pairs):
        if on_progress:
            on_progress(number, len(pairs), pair.after.label)
        if before is after and pair.same_run:
            outcomes[pair.key] = SAME_TEXT
        else:
            contest = _Contest(before, after, pair, limits, tolerance, max_samples, clock.end_of(number))
            outcomes[pair.key] = contest.outcome()
    return outcomes


@dataclass(frozen=True)
class _Clock:
    pairs: int
    end: float | None

    def end_of(self, number: int) -> float | None:
        """When to be done with the pair of that number."""
        if self.end is None:
            return None
        now = time.monotonic()
        return now + (self.end - now) / (self.pairs - number)


@dataclass
class _Side:
    session: Session
    planned: Planned
    limits: Limits

    def run(self) -> list[float]:
        """Execution times in ms, one for each parameter set."""
        sets: tuple[Values, ...] = self.planned.statement.parameters or ((),)
        return [self._ms(values) for values in sets]

    def sample(self, runs: int) -> float:
        """The quickest of some runs in ms; of several parameter sets, the mean over the quickest of each."""
        return fmean(min(times) for times in zip(*(self.run() for _ in range(runs)), strict=True))

    def _ms(self, values: Values) -> float:
        raw = execution.run(self.session, self.planned, values, self.limits, timing=False)
        return parse(raw).execution_ms or 0.0


@dataclass
class _Contest:
    """One pair on its way to an outcome."""

    before: Session
    after: Session
    pair: Pair
    limits: Limits
    tolerance: float
    max_samples: int
    end: float | None
    repeats: int | None = None

    def outcome(self) -> TimedOutcome:
        if self._is_over():
            return NO_TIME
        old, first = self._tried(self.before, self.pair.before)
        new, second = self._tried(self.after, self.pair.after)
        if old is None or new is None:
            ended = one_sided(first, second, self.limits, self.tolerance)
            assert ended is not None  # noqa: S101 - what was not planned has an error
            return ended
        return self._timed(old, new)

    def _timed(self, old: Planned, new: Planned) -> TimedOutcome:
        decision = Decision(lambda count: self._batch(old, new, count), self.tolerance, self.max_samples)
        try:
            finding, timed = decision.reach()
        except ConnectionFailed:
            raise
        except ServerError as error:
            return interrupted(error, self.limits)
        figures = None if timed is None else replace(timed, runs=timed.runs * (self.repeats or 1))
        return measured(finding, figures, decision.rule)

    def _tried(self, session: Session, statement: Statement) -> tuple[Planned | None, Trial]:
        """Plan, and run once; a failure is given a second chance, since it may have been the moment's."""
        try:
            planned = execution.plan(session, statement, self.limits)
            execution.require_runnable(session, planned, self.limits)
            side = _Side(session, planned, self.limits)
            return planned, Trial(max(_second_chance(side.run)))
        except ConnectionFailed:
            raise
        except ServerError as error:
            return None, Trial(error=error)

    def _batch(self, old: Planned, new: Planned, count: int) -> Samples:
        """New samples of both sides in turn, after a run that does not count."""
        taken: Samples = ([], [])
        with self._connected() as (here, there):
            sides = (_Side(here, old, self.limits), _Side(there, new, self.limits))
            warm = [sum(side.run()) for side in sides]
            self.repeats = self.repeats or repeats(max(warm))
            for place in range(2 * count):
                if self._is_over():
                    break
                number = 0 if is_before(place) else 1
                taken[number].append(sides[number].sample(self.repeats))
        even = min(len(one) for one in taken)
        return taken[0][:even], taken[1][:even]

    @contextmanager
    def _connected(self) -> Iterator[tuple[Session, Session]]:
        """New connections, one for both sides where they are on the same database."""
        with self.before.another() as here:
            if self.before is self.after:
                yield here, here
            else:
                with self.after.another() as there:
                    yield here, there

    def _is_over(self) -> bool:
        return self.end is not None and time.monotonic() >= self.end


def _second_chance(run: Callable[[], list[float]]) -> list[float]:
    try:
        return run()
    except (ConnectionFailed, UnsafeStatement):
        raise
    except ServerError:
        return run()
