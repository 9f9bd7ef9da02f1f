"""Sums by statement, of a part of a log or of all of it. Pure.

Times are whole microseconds, as the log writes them: sums are exact and do not depend on the order of the parts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dbopt.workload.parameter_sets import DEFAULT_LIMIT, LARGEST, LARGEST_SLOWEST, Executions

_SPARE = 2  # executions kept for a parameter set: several may have the same values, or lists of other lengths


@dataclass(frozen=True, slots=True)
class Example:
    """An execution that shows the text and no values of use: it failed, or they are cut off, or too long. `cut_bytes`
    of a text that is too long itself are not kept.
    """

    time_us: int
    text: bytes
    cut_bytes: int = 0

    @property
    def rank(self) -> tuple[int, bytes]:
        """The slowest first; the order of equal ones depends on nothing but themselves."""
        return -self.time_us, self.text


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
    samples: Executions[bytes] = field(default_factory=Executions)  # texts as logged, with the DETAIL of the parameters
    example: Example | None = None
    plan: LoggedPlan | None = None
    messages: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)  # of errors: by sqlstate, count and first

    def sample(self, time_us: int | None, text: bytes, detail: bytes, number: int) -> None:
        """An execution with all its values, and the number that it drew."""
        size = len(text) + len(detail)
        if size > LARGEST_SLOWEST or (size > LARGEST and time_us is None):
            self.show(time_us or 0, text)
        else:
            self.samples.add((text, detail), time_us, number)

    def show(self, time_us: int, text: bytes, cut_bytes: int = 0) -> None:
        """An execution whose values cannot be used."""
        if self.example is None or time_us >= self.example.time_us:
            kept = _beginning(text)
            new = Example(time_us, kept, cut_bytes + len(text) - len(kept))
            self.example = new if self.example is None else min(self.example, new, key=lambda one: one.rank)

    @property
    def longest_us(self) -> int:
        """Of the executions with a time; 0 where there are none."""
        return max(0, int(self.samples.longest), self.example.time_us if self.example is not None else 0)

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
        self.samples.merge(other.samples)
        if other.example is not None:
            self.show(other.example.time_us, other.example.text, other.example.cut_bytes)
        if other.plan is not None:
            self.planned(other.plan)
        for sqlstate, (count, message) in other.messages.items():
            self.failed(sqlstate, message, count)


def _beginning(text: bytes) -> bytes:
    """As much as is kept, cut between two characters."""
    end = LARGEST_SLOWEST
    while LARGEST_SLOWEST - 3 < end < len(text) and text[end] & 0xC0 == 0x80:
        end -= 1
    return text[:end]


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


@dataclass(slots=True)
class Totals:
    """Sums by fingerprint, and what the log says beyond single statements. `first` and `last` are times as logged.
    `parameters` are the parameter sets that are wanted of a statement.
    """

    parameters: int = DEFAULT_LIMIT
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
            found = self.statements[fingerprint] = Sums(samples=Executions(max(1, _SPARE * self.parameters)))
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
