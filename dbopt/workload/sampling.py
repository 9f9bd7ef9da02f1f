"""What samples of pg_stat_activity say about the statements, with the error of it. Pure.

The time is cut into intervals and each is sampled once, at a moment that wanders through the interval: a job that runs
every second does not always fall between two samples. With X samples that show a statement, its total time is X times
the interval, without bias. Its variance is that of a sum over executions: one that is shorter than the interval is met
with a probability p and adds p(1 - p), at most p, which its samples estimate; a longer one is uncertain at its two ends
alone, by a quarter of a squared interval each at most.

How long one execution takes is told by the sessions that have just ended one: pg_stat_activity still shows the
statement and when it began and ended, and whether that is seen does not depend on how long it took. Where too few such
are seen, twice the mean age of the running ones is taken: at a random moment an execution has had half of its time,
and more only where they differ much (renewal theory: Cox, 1962), so that is an upper bound. What must have run to fill
the total time and was not met is `missed`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.model import Statement, Wait
from dbopt.workload.parameter_sets import Executions, drawn

CPU = "CPU"
ENOUGH_ENDED = 3
"""Executions seen just after their end, from which their mean counts."""
GOLDEN = (math.sqrt(5) - 1) / 2

_LONGEST_KNOWN = 4096  # characters of a text whose fingerprint is remembered
_TEXTS = 5  # of a statement, for the values in them


def moment(number: int) -> float:
    """Where in the `number`-th interval to sample, from 0 to 1: evenly spread over any run of intervals (the additive
    recurrence of the golden ratio).
    """
    return (0.5 + number * GOLDEN) % 1.0


@dataclass(frozen=True)
class Seen:
    """A session in one sample: it runs the statement since `age_ms`, or ended it after `took_ms`."""

    pid: int
    query: str
    queryid: int | None
    runs: bool
    wait: str | None
    started: float
    age_ms: float
    took_ms: float
    cut: bool


@dataclass
class Tally:
    """What was seen of one statement. `text` is that of the execution that ran longest."""

    texts: Executions[str]
    queryid: int | None
    text: str
    cut: bool
    longest_ms: float = -1.0
    samples: int = 0
    executions: int = 0
    in_several: int = 0
    ages_ms: float = 0.0
    ended: int = 0
    ended_ms: float = 0.0
    ended_squares: float = 0.0
    waits: Counter[str] = field(default_factory=Counter)


@dataclass
class _Execution:
    started: float
    tally: Tally
    samples: int = 0
    is_over: bool = False


@dataclass(frozen=True)
class Estimate:
    """Of one statement, in milliseconds; errors are standard errors."""

    calls: int
    missed: int
    total_ms: float
    error_ms: float
    mean_ms: float
    mean_error_ms: float


@dataclass
class Samples:
    """All samples, in memory that grows with statements and sessions, not with time."""

    count: int = 0
    tallies: dict[int | str, Tally] = field(default_factory=dict)
    waits: Counter[str] = field(default_factory=Counter)
    _sessions: dict[int, _Execution] = field(default_factory=dict)

    def add(self, seen: Iterable[Seen]) -> None:
        """One sample."""
        before, self._sessions = self._sessions, {}
        for one in seen:
            known = before.pop(one.pid, None)
            if known is None or known.started != one.started:
                self._leave(known)
                known = _Execution(one.started, self._tally(one), is_over=not self.count and not one.runs)
            self._sessions[one.pid] = known
            if one.runs:
                self._met(known, one)
            elif not known.is_over:
                known.is_over = True
                _note_end(known.tally, one.took_ms)
        for gone in before.values():
            self._leave(gone)
        self.count += 1

    def finish(self) -> None:
        """After the last sample: what still runs has been seen for the last time."""
        for execution in self._sessions.values():
            self._leave(execution)
        self._sessions = {}

    def _met(self, execution: _Execution, one: Seen) -> None:
        tally = execution.tally
        execution.samples += 1
        tally.samples += 1
        tally.ages_ms += max(0.0, one.age_ms)
        event = one.wait or CPU
        tally.waits[event] += 1
        self.waits[event] += 1
        if one.age_ms > tally.longest_ms:
            tally.longest_ms, tally.text, tally.cut = one.age_ms, one.query, one.cut
        if not one.cut:
            tally.texts.add((one.query,), one.age_ms, drawn(b"%d %r" % (one.pid, one.started)))

    def _leave(self, execution: _Execution | None) -> None:
        if execution is not None and execution.samples:
            execution.tally.executions += 1
            execution.tally.in_several += execution.samples > 1

    def _tally(self, one: Seen) -> Tally:
        key = one.queryid or _fingerprint(one.query)
        known = self.tallies.get(key)
        if known is None:
            known = Tally(Executions(_TEXTS), one.queryid, one.query, one.cut)
            self.tallies[key] = known
        return known


def _fingerprint(text: str) -> str:
    return _known_fingerprint(text) if len(text) <= _LONGEST_KNOWN else fingerprint(text)


@lru_cache(maxsize=4096)
def _known_fingerprint(text: str) -> str:
    return fingerprint(text)


def _note_end(tally: Tally, took_ms: float) -> None:
    tally.ended += 1
    tally.ended_ms += took_ms
    tally.ended_squares += took_ms * took_ms


def estimate(tally: Tally, interval_ms: float) -> Estimate:
    """Of a statement that was seen running."""
    total = tally.samples * interval_ms
    once = tally.executions - tally.in_several
    error = interval_ms * math.sqrt(once + tally.in_several / 2)
    one, uncertainty = _duration(tally)
    calls = tally.executions
    if one < 2 * interval_ms:  # longer ones cannot pass between two samples
        calls = max(calls, round(total / max(one, 0.001)))
    missed = calls - tally.executions
    return Estimate(calls, missed, total, error, total / calls, uncertainty if missed else error / calls)


def _duration(tally: Tally) -> tuple[float, float]:
    """How long one execution takes, and the standard error of that."""
    if tally.ended >= ENOUGH_ENDED:
        mean = tally.ended_ms / tally.ended
        variance = max(0.0, tally.ended_squares / tally.ended - mean * mean)
        return mean, math.sqrt(variance / (tally.ended - 1))
    mean = 2 * tally.ages_ms / tally.samples
    return mean, mean / math.sqrt(tally.samples)


def shares(waits: Counter[str]) -> tuple[Wait, ...]:
    """The most frequent first."""
    return tuple(_shares(waits))


def _shares(waits: Counter[str]) -> Iterator[Wait]:
    total = sum(waits.values())
    for event, count in sorted(waits.items(), key=lambda item: (-item[1], item[0])):
        yield Wait(event, count / total)


def added(first: Statement, second: Statement) -> Statement:
    """The first with what the second's samples say as well: two texts of a statement, or samples of two times."""
    waits = Counter[str]()
    for one in (first, second):
        waits.update({wait.event: round(wait.share * (one.samples or 0)) for wait in one.waits})
    return replace(
        first,
        samples=(first.samples or 0) + (second.samples or 0),
        executions=(first.executions or 0) + (second.executions or 0),
        missed=(first.missed or 0) + (second.missed or 0),
        error_ms=math.hypot(first.error_ms or 0.0, second.error_ms or 0.0),
        mean_error_ms=max(first.mean_error_ms or 0.0, second.mean_error_ms or 0.0),
        waits=shares(waits),
    )
