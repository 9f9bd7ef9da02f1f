"""A workload: the statements of a database with how often and how long they ran. The file format dbopt.workload/1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from dbopt.documents import extra


@dataclass(frozen=True)
class Wait:
    """What sessions waited for, `type:event` as in pg_stat_activity, or CPU where they did not wait; and in which share
    of the samples.
    """

    event: str
    share: float


@dataclass(frozen=True)
class Sampling:
    """How pg_stat_activity was sampled: for how long, how often, and what all active sessions waited for."""

    for_ms: float
    interval_ms: float
    samples: int
    waits: tuple[Wait, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where a workload was captured. `kind` is pg_stat_statements, sql, logs, activity, export, merged or demo;
    `merged_from` are the kinds of those that were merged.
    """

    kind: str
    server_version: str | None
    database: str | None
    captured_at: str | None
    sampling: Sampling | None = extra(None)
    merged_from: tuple[str, ...] = extra(())


@dataclass(frozen=True)
class LoggedError:
    """Errors of one sqlstate (None where the log does not write it): how many, and the first one's message."""

    sqlstate: str | None
    count: int
    message: str | None


@dataclass(frozen=True)
class LoggedPlan:
    """What auto_explain wrote of the slowest execution. `format` is text, json, xml or yaml; `plan` the text, of json
    the document.
    """

    duration_ms: float
    format: str
    plan: Any


@dataclass(frozen=True)
class Logged:
    """What a log tells of a statement beside its executions. `untimed_calls` are those of its calls of which the log
    has no time, `mean_ms` is over the others. `errors` and `cancelled` (by a timeout, its user, an administrator or a
    conflict with recovery) are no calls. `truncated_parameters` counts executions whose values the log cut off.
    """

    untimed_calls: int = 0
    max_ms: float | None = None
    errors: int = 0
    cancelled: int = 0
    deadlocks: int = 0
    temp_files: int = 0
    temp_bytes: int = 0
    lock_waits: int = 0
    lock_wait_ms: float = 0.0
    truncated_parameters: int = 0
    errors_by_state: tuple[LoggedError, ...] = ()
    plan: LoggedPlan | None = None


@dataclass(frozen=True)
class Statement:
    """One statement, its literals usually replaced by `$n`.

    `id` is the fingerprint: 16 hex digits that literals and formatting do not change. `kind` is select, insert,
    update, delete, merge or utility. A parameter set has one text (or NULL) per `$n`, in order, as the server would
    read it in a literal. `parameters_from` says where the sets came from: captured, file, typed (by the user),
    statistics, types (values that the types accept, nothing more), or None where there are none. Times are server
    times over all calls, None where the source does not know them. `location` is where the statement stands in the
    sources, `file:line`, or None; the path is as it was given, with `/` between its parts.

    Of samples: `samples` are those in which the statement ran, `executions` the executions that they show; `calls` is
    an estimate that has `missed` more, which were too short to be met. `error_ms` and `mean_error_ms` are the standard
    errors of `total_ms` and `mean_ms`; `waits` is what it waited for. `truncated`: only the beginning of the text is
    known. `numbers_from` is the kind of the source that calls, times and rows are of, in a merged workload. `log` is
    what only a log tells.
    """

    id: str
    name: str | None
    sql: str
    kind: str
    calls: int | None = None
    total_ms: float | None = None
    mean_ms: float | None = None
    rows: int | None = None
    parameters: tuple[tuple[str | None, ...], ...] = ()
    tables: tuple[str, ...] = ()
    parameters_from: str | None = None
    location: str | None = None
    samples: int | None = extra(None)
    executions: int | None = extra(None)
    missed: int | None = extra(None)
    error_ms: float | None = extra(None)
    mean_error_ms: float | None = extra(None)
    waits: tuple[Wait, ...] = extra(())
    truncated: bool = extra(False)
    numbers_from: str | None = extra(None)
    log: Logged | None = extra(None)

    @property
    def weight(self) -> float:
        """How much the statement counts in sums over the workload: its calls, 1 where they are not known."""
        return 1.0 if self.calls is None else float(self.calls)

    @property
    def first_values(self) -> tuple[str | None, ...]:
        """The first parameter set; empty where there is none."""
        return self.parameters[0] if self.parameters else ()

    @property
    def by_parameters(self) -> tuple[Statement, ...]:
        """The statement once for each of its parameter sets; itself where it has none."""
        return tuple(replace(self, parameters=(values,)) for values in self.parameters) or (self,)

    @property
    def label(self) -> str:
        """What to call it in a table or a message."""
        return self.name or self.id


@dataclass(frozen=True)
class LogSummary:
    """How a log was read, to the byte: `recognised_bytes`, `continued_bytes` (further lines of an entry) and
    `skipped_bytes` add up to `bytes`. `first` and `last` are times as the log writes them. `entries_by_kind` counts
    what the entries said. `executions` counts all statements, those that the workload leaves out, too.
    """

    files: int
    bytes: int
    lines: int
    recognised_bytes: int
    continued_bytes: int
    skipped_bytes: int
    entries: int
    entries_by_kind: dict[str, int]
    executions: int
    errors_without_statement: int
    first: str | None
    last: str | None


@dataclass(frozen=True)
class Workload:
    """`failed` are statements that a log shows only as failed or cancelled, `log` is how it was read."""

    SCHEMA: ClassVar[str] = "dbopt.workload/1"
    WRITTEN_BY: ClassVar[str] = "dbopt capture -o workload.json"

    source: Source
    statements: tuple[Statement, ...]
    failed: tuple[Statement, ...] = extra(())
    log: LogSummary | None = extra(None)
