"""A workload: the statements of a database with how often and how long they ran. The file format dbopt.workload/1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar


@dataclass(frozen=True)
class Source:
    """Where a workload was captured. `kind` is pg_stat_statements, sql, logs, activity or demo."""

    kind: str
    server_version: str | None
    database: str | None
    captured_at: str | None


@dataclass(frozen=True)
class Statement:
    """One statement, its literals usually replaced by `$n`.

    `id` is the fingerprint: 16 hex digits that literals and formatting do not change. `kind` is select, insert,
    update, delete, merge or utility. A parameter set has one text (or NULL) per `$n`, in order, as the server would
    read it in a literal. `parameters_from` says where the sets came from: captured, file, typed (by the user),
    statistics, types (values that the types accept, nothing more), or None where there are none. Times are server
    times over all calls, None where the source does not know them. `location` is where the statement stands in the
    sources, `file:line`, or None; the path is as it was given, with `/` between its parts.
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
