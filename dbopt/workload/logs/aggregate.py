"""Sums by statement, of a part of a log or of all of it. Pure.

Times are whole microseconds, as the log writes them: sums are exact and do not depend on the order of the parts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SAMPLES = 5
"""Distinct texts with their values kept for a statement, the slowest ones."""
_MOST_BYTES = 1 << 18  # of the samples of one statement, the slowest excepted
_LONGEST_SAMPLE = 1_000_000  # bytes; a longer text is no use to anybody, but may fill the memory


@dataclass(frozen=True, slots=True)
class Sample:
    """One execution: its time, its text as logged, and the DETAIL with its parameters."""

    time_us: int
    text: bytes
    detail: bytes = b""

    @property
    def key(self) -> tuple[bytes, bytes]:
        return self.text, self.detail

    @property
    def rank(self) -> tuple[int, bytes, bytes]:
        """The slowest first; the order of equal ones depends on nothing but themselves."""
        return -self.time_us, self.text, self.detail


@dataclass(frozen=True, slots=True)
class LoggedPlan:
    """What auto_explain wrote of one execution: the text of the plan as logged, without its query."""

    time_us: int
    text: bytes


@dataclass(slots=True)
class Sums:
    """What is known of one statement. `calls` are executions, `timed` those of them with a time; `errors` were ended by
    an error, `cancelled` from outside (a timeout, a user): neither is among the calls.
    """

    calls: int = 0
    timed: int = 0
    total_us: int = 0
    errors: int = 0
    cancelled: int = 0
    deadlocks: int = 0
    temp_files: int = 0
    temp_bytes: int = 0
    lock_waits: int = 0
    lock_wait_us: int = 0
    truncated: int = 0  # executions whose parameters the log cut off
    floor_us: int = -1  # what an execution must reach to become a sample
    samples: list[Sample] = field(default_factory=list)
    plan: LoggedPlan | None = None
    messages: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)  # of errors: by sqlstate, count and first

    def sample(self, time_us: int, text: bytes, detail: bytes) -> None:
        """Keep it if it is among the slowest, the same text and values once."""
        if len(text) + len(detail) > _LONGEST_SAMPLE:
            text, detail = text[:_LONGEST_SAMPLE], b""
        for place, kept in enumerate(self.samples):
            if kept.text == text and kept.detail == detail:
                if time_us <= kept.time_us:
                    return
                del self.samples[place]
                break
        self.samples.append(Sample(time_us, text, detail))
        self.samples.sort(key=lambda kept: kept.rank)
        del self.samples[_fitting(self.samples) :]
        if len(self.samples) == SAMPLES:
            self.floor_us = self.samples[-1].time_us

    def planned(self, plan: LoggedPlan) -> None:
        if self.plan is None or (-plan.time_us, plan.text) < (-self.plan.time_us, self.plan.text):
            self.plan = plan

    def failed(self, sqlstate: bytes, message: bytes, count: int = 1) -> None:
        known, first = self.messages.get(sqlstate, (0, message))
        self.messages[sqlstate] = (known + count, first)

    def add(self, other: Sums) -> None:
        """Add those of a later part of the log."""
        for name in _ADDED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for sample in other.samples:
            self.sample(sample.time_us, sample.text, sample.detail)
        if other.plan is not None:
            self.planned(other.plan)
        for sqlstate, (count, message) in other.messages.items():
            self.failed(sqlstate, message, count)


_ADDED = (
    "calls",
    "timed",
    "total_us",
    "errors",
    "cancelled",
    "deadlocks",
    "temp_files",
    "temp_bytes",
    "lock_waits",
    "lock_wait_us",
    "truncated",
)


def _fitting(samples: list[Sample]) -> int:
    """How many of the samples, the slowest first, are kept."""
    size = 0
    for number, sample in enumerate(samples[:SAMPLES]):
        size += len(sample.text) + len(sample.detail)
        if number and size > _MOST_BYTES:
            return number
    return min(len(samples), SAMPLES)


@dataclass(slots=True)
class Totals:
    """Sums by fingerprint, and what the log says beyond single statements. `first` and `last` are times as logged."""

    statements: dict[str, Sums] = field(default_factory=dict)
    databases: Counter[bytes] = field(default_factory=Counter)
    executions: int = 0
    unattributed_errors: int = 0
    filtered: Counter[bytes] = field(default_factory=Counter)  # databases of entries that a filter left out
    version: bytes = b""  # of the server
    first: bytes = b""
    last: bytes = b""

    def of(self, fingerprint: str) -> Sums:
        found = self.statements.get(fingerprint)
        if found is None:
            found = self.statements[fingerprint] = Sums()
        return found

    def seen(self, time: bytes) -> None:
        if time[:1].isdigit():
            self.first = min(self.first or time, time)
            self.last = max(self.last, time)
        elif time:  # syslog's months do not sort
            self.first, self.last = self.first or time, time

    def add(self, other: Totals) -> None:
        for fingerprint, sums in other.statements.items():
            self.of(fingerprint).add(sums)
        self.databases.update(other.databases)
        self.executions += other.executions
        self.unattributed_errors += other.unattributed_errors
        self.filtered.update(other.filtered)
        self.version = other.version or self.version
        self.seen(other.first)
        self.seen(other.last)
