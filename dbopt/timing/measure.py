"""Measured runs of a workload: interleaved, warm, on the server's own clock, and without a trace in the database.

Each run is EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) under the safety rules of `dbopt.plan`. What counts is its execution
time: the plan run to its end, no planning, nothing sent to the client, no clock read per row. Every round runs every
statement once, so that a slow minute of the machine falls on all of them alike. Round `n` uses parameter set `n` of
those there are, beginning anew at the end: each measurement of a workload uses the same ones in the same order.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from dbopt.errors import ConnectionFailed, ServerError, StatementTimeout
from dbopt.plan import effort, execution
from dbopt.plan.execution import Limits, Planned, Values
from dbopt.plan.explain import partitions, planner_settings
from dbopt.plan.shape import Parents, shape
from dbopt.plan.tree import Plan, parse
from dbopt.postgres.session import Session
from dbopt.timing.model import Timing, Timings
from dbopt.timing.statistics import median
from dbopt.workload.model import Statement, Workload

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Protocol:
    """How to measure. `runs` count, after `warmup` ones that do not. No run starts once `total_ms` are over."""

    runs: int = 5
    warmup: int = 1
    total_ms: float | None = None

    @property
    def rounds(self) -> int:
        return self.runs + self.warmup


def measure(
    session: Session,
    workload: Workload,
    *,
    runs: int = 5,
    timeout_ms: float = 60_000,
    warmup: int = 1,
    allow_dml: bool = False,
    total_ms: float | None = None,
    on_progress: Progress | None = None,
) -> Timings:
    """Measure every statement. One that fails, hits the time limit or may not be run has an error and is not run again;
    the others go on. `on_progress` is told how many of how many runs are done and whose comes next. Raises
    ConnectionFailed.
    """
    limits = Limits(timeout_ms, allow_dml)
    measurement = _Measurement(session, limits, Protocol(runs, warmup, total_ms), on_progress)
    return measurement.of(workload)


@dataclass
class _Course:
    """One statement on its way through the rounds."""

    statement: Statement
    planned: Planned | None = None
    warmup_ms: list[float] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    error: str | None = None
    hint: str | None = None
    timed_out: bool = False


@dataclass
class _Measurement:
    session: Session
    limits: Limits
    protocol: Protocol
    on_progress: Progress | None

    def of(self, workload: Workload) -> Timings:
        courses = [_Course(statement) for statement in workload.statements]
        end = None if self.protocol.total_ms is None else time.monotonic() + self.protocol.total_ms / 1000
        for done, (number, course) in enumerate((n, c) for n in range(self.protocol.rounds) for c in courses):
            if self.on_progress:
                self.on_progress(done, self.protocol.rounds * len(courses), course.statement.label)
            if end is not None and time.monotonic() >= end:
                break
            if course.error is None:
                self._step(course, number)
        parents = partitions(self.session)
        timings = tuple(self._timing(course, parents) for course in courses)
        return Timings(self.session.server_version, planner_settings(self.session), timings)

    def _step(self, course: _Course, number: int) -> None:
        """One run. An error becomes part of the result."""
        try:
            if course.planned is None:
                planned = execution.plan(self.session, course.statement, self.limits)
                execution.require_runnable(self.session, planned, self.limits)
                course.planned = planned
            values = _values(course.statement, number - self.protocol.warmup)
            plan = parse(execution.run(self.session, course.planned, values, self.limits, timing=False))
        except ConnectionFailed:
            raise
        except ServerError as error:
            course.error = execution.reason(error, self.limits)
            course.hint = error.hint
            course.timed_out = isinstance(error, StatementTimeout)
            return
        if number < self.protocol.warmup:
            course.warmup_ms.append(plan.execution_ms or 0.0)
        else:
            course.plans.append(plan)

    def _timing(self, course: _Course, parents: Parents) -> Timing:
        plans = course.plans
        runs_ms = tuple(plan.execution_ms or 0.0 for plan in plans)
        blocks = [effort.buffers(plan.root) for plan in plans]
        error = course.error or (None if plans else "not measured: the time for the whole measurement was over")
        return Timing(
            id=course.statement.id,
            sql=course.statement.sql,
            runs_ms=runs_ms,
            median_ms=_median(list(runs_ms)),
            rows=_median([plan.root.total_rows or 0.0 for plan in plans]),
            shared_hit_blocks=_median([one.shared_hit for one in blocks]),
            shared_read_blocks=_median([one.shared_read for one in blocks]),
            temp_blocks=_median([one.temp_read + one.temp_written for one in blocks]),
            plan_shape=_shape(plans, parents),
            error=error,
            name=course.statement.name,
            warmup_ms=tuple(course.warmup_ms),
            timeout_ms=self.limits.timeout_ms if course.timed_out else None,
            hint=course.hint,
        )


def _values(statement: Statement, number: int) -> Values:
    sets = statement.parameters
    return sets[number % len(sets)] if sets else ()


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _shape(plans: list[Plan], parents: Parents) -> str | None:
    """The shape of the runs. Where parameters change it, the shapes of all sets, each once."""
    shapes = Counter(shape(plan, parents) for plan in plans)
    return " | ".join(sorted(shapes)) if shapes else None
