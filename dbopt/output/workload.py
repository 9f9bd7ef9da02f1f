"""A workload for people and programs."""

from __future__ import annotations

from collections.abc import Sequence

from dbopt.output.report import Column, Report, Table
from dbopt.output.units import count, milliseconds, one_line
from dbopt.workload.model import Sampling, Statement, Wait, Workload

_COLUMNS = (
    Column("id"),
    Column("calls", count, right=True),
    Column("total", milliseconds, right=True),
    Column("mean", milliseconds, right=True),
    Column("rows", count, right=True),
    Column("parameters from"),
    Column("statement", one_line, elastic=True),
)


def report(workload: Workload) -> Report:
    """One row per statement, in the workload's order; names stand before the text where there are some, and how often
    it failed where a log tells. What only failed has a table of its own.
    """
    if workload.source.sampling is not None:
        return _sampled(workload, workload.source.sampling)
    named = any(one.name for one in workload.statements)
    failing = any(one.log is not None and (one.log.errors or one.log.cancelled) for one in workload.statements)
    columns = [*_COLUMNS[:1], *([Column("name")] if named else []), *_COLUMNS[1:5]]
    columns += [*(_FAILURES if failing else ()), *_COLUMNS[5:]]
    table = Table(tuple(columns), tuple(_row(one, named, failing) for one in workload.statements))
    executed = (table,) if workload.statements or not workload.failed else ()
    return Report((*executed, *_failed(workload.failed)), document=workload)


def _row(one: Statement, named: bool, failing: bool) -> tuple[object, ...]:
    first = (one.id, one.name) if named else (one.id,)
    numbers = (one.calls, one.total_ms, one.mean_ms, one.rows, *(_failures(one) if failing else ()))
    return (*first, *numbers, one.parameters_from, one.sql)


# -- what failed ------------------------------------------------------------------------------------------------------

_FAILURES = (Column("failed", count, right=True), Column("cancelled", count, right=True))
_LONGEST_MESSAGE = 40


def _failed(statements: Sequence[Statement]) -> tuple[Table, ...]:
    """The statements of which the log shows no execution that ended."""
    if not statements:
        return ()
    columns = (Column("id"), *_FAILURES, Column("first error"), Column("statement", one_line, elastic=True))
    rows = tuple((one.id, *_failures(one), _first_error(one), one.sql) for one in statements)
    return (Table(columns, rows, title="failed or cancelled"),)


def _failures(one: Statement) -> tuple[int | None, int | None]:
    return (one.log.errors or None, one.log.cancelled or None) if one.log is not None else (None, None)


def _first_error(one: Statement) -> str | None:
    errors = one.log.errors_by_state if one.log is not None else ()
    if not errors:
        return None
    return " ".join(filter(None, (errors[0].sqlstate, one_line(errors[0].message or "", _LONGEST_MESSAGE))))


# -- what was sampled -------------------------------------------------------------------------------------------------

_SAMPLED = (
    Column("id"),
    Column("samples", count, right=True),
    Column("calls", lambda value: f"~{count(value)}", right=True),
    Column("total", milliseconds, right=True),
    Column("±", milliseconds, right=True),
    Column("mean", milliseconds, right=True),
    Column("± mean", milliseconds, right=True),
    Column("waits for"),
    Column("statement", one_line, elastic=True),
)
_MOST_WAITS = 5


def _sampled(workload: Workload, sampling: Sampling) -> Report:
    rows = tuple(_sampled_row(one) for one in workload.statements)
    every = f"{count(sampling.samples)} samples, one in {milliseconds(sampling.interval_ms)}"
    footer = f"{every}; ±: standard error; all active sessions: {_waits(sampling.waits, _MOST_WAITS)}"
    return Report((Table(_SAMPLED, rows, footer=footer),), document=workload)


def _sampled_row(one: Statement) -> tuple[object, ...]:
    numbers = (one.samples, one.calls, one.total_ms, one.error_ms, one.mean_ms, one.mean_error_ms)
    return (one.id, *numbers, _waits(one.waits, 2), one.sql)


def _waits(waits: Sequence[Wait], most: int) -> str:
    """The most frequent ones."""
    return ", ".join(f"{wait.event} {100 * wait.share:.0f} %" for wait in waits[:most])
