"""Measured runs of a workload: interleaved, warm, on the server's own clock, and without a trace in the database.

Each run is EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) under the safety rules of `dbopt.plan`. What counts is its execution
time: the plan run to its end, no planning, nothing sent to the client, no clock read per row. Every round runs every
statement once, so that a slow minute of the machine falls on all of them alike. A run of a statement with several
parameter sets is one execution with each of them, and its figures are their means: so the runs are alike, whatever the
values differ in, and a median over them means something.

On demand each statement is run once more at the end, with its first parameter set and TIMING ON, for a plan that says
where the time goes, and for what is found in it. What reading the clock takes has no part in the figures. Of one that
is not run to its end, the plan is kept without times.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from dbopt.errors import ConnectionFailed, ServerError, StatementTimeout
from dbopt.plan import effort, execution
from dbopt.plan.execution import Limits, Planned, Values
from dbopt.plan.explain import partitions, planner_settings
from dbopt.plan.findings.model import Finding
from dbopt.plan.names import Parents
from dbopt.plan.shape import shape
from dbopt.plan.tree import Plan, parse
from dbopt.postgres.session import Session
from dbopt.timing.model import Timing, Timings
from dbopt.timing.statistics import median
from dbopt.workload.model import Statement, Workload

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Protocol:
    """How to measure. `runs` count, after `warmup` ones that do not; `plans`: one more for the plan. No run starts once
    `total_ms` are over.
    """

    runs: int = 5
    warmup: int = 1
    total_ms: float | None = None
    plans: bool = False

    @property
    def rounds(self) -> int:
        return self.runs + self.warmup + self.plans


def measure(
    session: Session,
    workload: Workload,
    *,
    runs: int = 5,
    timeout_ms: float = 60_000,
    warmup: int = 1,
    allow_dml: bool = False,
    total_ms: float | None = None,
    plans: bool = False,
    on_progress: Progress | None = None,
) -> Timings:
    """Measure every statement. One that fails, hits the time limit or may not be run has an error and is not run again;
    the others go on. `plans` keeps the plan of one run more. `on_progress` is told how many of how many runs are done
    and whose comes next. Raises ConnectionFailed.
    """
    limits = Limits(timeout_ms, allow_dml)
    measurement = _Measurement(session, limits, Protocol(runs, warmup, total_ms, plans), on_progress)
    return measurement.of(workload)


@dataclass(frozen=True)
class _Execution:
    """One run: means over the parameter sets, and the plans with each of them."""

    ms: float
    rows: float
    shared_hit: float
    shared_read: float
    temp: float
    plans: tuple[Plan, ...]


@dataclass
class _Course:
    """One statement on its way through the rounds."""

    statement: Statement
    planned: Planned | None = None
    warmup: list[_Execution] = field(default_factory=list)
    runs: list[_Execution] = field(default_factory=list)
    error: str | None = None
    hint: str | None = None
    timed_out: bool = False
    plan: Any = None


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
            if course.error is not None:
                continue
            if number >= self.protocol.warmup + self.protocol.runs:
                self._keep_plan(course)
            else:
                self._step(course, course.warmup if number < self.protocol.warmup else course.runs)
        parents, found = partitions(self.session), self._findings(courses)
        timings = tuple(self._timing(course, parents, one) for course, one in zip(courses, found, strict=True))
        return Timings(self.session.server_version, planner_settings(self.session), timings)

    def _step(self, course: _Course, runs: list[_Execution]) -> None:
        """One run. An error becomes part of the result."""
        try:
            if course.planned is None:
                planned = execution.plan(self.session, course.statement, self.limits)
                course.plan = planned.raw if self.protocol.plans else None
                execution.require_runnable(self.session, planned, self.limits)
                course.planned = planned
            runs.append(self._run(course.planned))
        except ConnectionFailed:
            raise
        except ServerError as error:
            course.error = execution.reason(error, self.limits)
            course.hint = error.hint
            course.timed_out = isinstance(error, StatementTimeout)

    def _keep_plan(self, course: _Course) -> None:
        """One run with times. Where it fails, the plan without them stays, and the measurement is as good as before."""
        planned = course.planned
        if planned is None:
            return
        try:
            course.plan = execution.run(self.session, planned, planned.statement.first_values, self.limits)
        except ConnectionFailed:
            raise
        except ServerError:
            return

    def _run(self, planned: Planned) -> _Execution:
        sets: tuple[Values, ...] = planned.statement.parameters or ((),)
        plans = [parse(execution.run(self.session, planned, values, self.limits, timing=False)) for values in sets]
        blocks = [effort.buffers(plan.root) for plan in plans]
        return _Execution(
            ms=fmean(plan.execution_ms or 0.0 for plan in plans),
            rows=fmean(plan.root.total_rows or 0.0 for plan in plans),
            shared_hit=fmean(one.shared_hit for one in blocks),
            shared_read=fmean(one.shared_read for one in blocks),
            temp=fmean(one.temp_read + one.temp_written for one in blocks),
            plans=tuple(plans),
        )

    def _findings(self, courses: list[_Course]) -> list[tuple[Finding, ...]]:
        if not self.protocol.plans:
            return [() for _ in courses]
        from dbopt.plan.findings.observe import findings_of  # the rules take half a second to load

        planned = [(course.statement, None if course.plan is None else parse(course.plan)) for course in courses]
        return findings_of(self.session, planned, self.limits.timeout_ms)[0]

    def _timing(self, course: _Course, parents: Parents, findings: tuple[Finding, ...]) -> Timing:
        runs = course.runs
        error = course.error or (None if runs else "not measured: the time for the whole measurement was over")
        return Timing(
            id=course.statement.id,
            sql=course.statement.sql,
            runs_ms=tuple(run.ms for run in runs),
            median_ms=_median([run.ms for run in runs]),
            rows=_median([run.rows for run in runs]),
            shared_hit_blocks=_median([run.shared_hit for run in runs]),
            shared_read_blocks=_median([run.shared_read for run in runs]),
            temp_blocks=_median([run.temp for run in runs]),
            plan_shape=_shape([plan for run in runs for plan in run.plans], parents),
            error=error,
            name=course.statement.name,
            warmup_ms=tuple(run.ms for run in course.warmup),
            timeout_ms=self.limits.timeout_ms / _executions(course.statement) if course.timed_out else None,
            hint=course.hint,
            plan=course.plan,
            findings=findings,
        )


def _executions(statement: Statement) -> int:
    """Of a run: one with each parameter set."""
    return max(1, len(statement.parameters))


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _shape(plans: list[Plan], parents: Parents) -> str | None:
    """The shape of the runs. Where parameters change it, the shapes of all sets, each once."""
    shapes = Counter(shape(plan, parents) for plan in plans)
    return " | ".join(sorted(shapes)) if shapes else None
