"""Measured runs of a workload, and what two of them say of each other: the file formats dbopt.timings/1 and
dbopt.comparison/1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from dbopt.documents import extra
from dbopt.plan.findings.model import Finding

Verdict = Literal["faster", "slower", "same", "inconclusive"]


@dataclass(frozen=True)
class Timing:
    """The counted runs of one statement: execution time on the server in ms, without planning and without sending the
    result; a run is the mean over the statement's parameter sets. Rows and blocks (of 8 kB) are medians over the runs,
    None where there was none. `error` says why there are
    no runs, or no more of them. `warmup_ms` are the first runs, which do not count. `timeout_ms` is what
    a run that hit the time limit took at least. `hint` says what helps against the error. `plan` is EXPLAIN's JSON of
    one run more, in which the server read the clock at every node; without times where the statement was not run;
    `findings` are what is found in it.
    """

    id: str
    sql: str
    runs_ms: tuple[float, ...]
    median_ms: float | None
    rows: float | None
    shared_hit_blocks: float | None
    shared_read_blocks: float | None
    temp_blocks: float | None
    plan_shape: str | None
    error: str | None
    name: str | None = None
    warmup_ms: tuple[float, ...] = ()
    timeout_ms: float | None = None
    hint: str | None = None
    plan: Any = extra(None)
    findings: tuple[Finding, ...] = extra(())

    @property
    def label(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class Timings:
    """`settings` are those that decide about plans and differ from PostgreSQL's defaults."""

    SCHEMA: ClassVar[str] = "dbopt.timings/1"
    WRITTEN_BY: ClassVar[str] = "dbopt measure -o timings.json"

    server_version: str
    settings: dict[str, str]
    statements: tuple[Timing, ...]


@dataclass(frozen=True)
class Compared:
    """One statement before and after: medians in ms, and their ratio with its 95 % interval. `note` says what the
    figures cannot.
    """

    id: str
    before_ms: float | None
    after_ms: float | None
    speedup: float | None
    ci_low: float | None
    ci_high: float | None
    verdict: Verdict
    plan_changed: bool
    name: str | None = None
    sql: str | None = None
    note: str | None = None

    @property
    def label(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class Total:
    """Sums of the medians of the statements that were measured on both sides; None where there are none."""

    before_ms: float | None
    after_ms: float | None
    speedup: float | None


@dataclass(frozen=True)
class Comparison:
    SCHEMA: ClassVar[str] = "dbopt.comparison/1"
    WRITTEN_BY: ClassVar[str] = "dbopt compare --format json"

    statements: tuple[Compared, ...]
    total: Total
