"""A workload: the statements of a database with how often and how long they ran. The file format dbopt.workload/1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

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
    known. `numbers_from` is the kind of the source that calls, times and rows are of, in a merged workload.
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

    @property
    def weight(self) -> float:
        """How much the statement counts in sums over the workload: its calls, 1 where they are not known."""
        return float(self.calls) if self.calls else 1.0

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
class Workload:
    SCHEMA: ClassVar[str] = "dbopt.workload/1"
    WRITTEN_BY: ClassVar[str] = "dbopt capture -o workload.json"

    source: Source
    statements: tuple[Statement, ...]
