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
    """One row per statement, in the workload's order; names stand before the text where there are some."""
    if workload.source.sampling is not None:
        return _sampled(workload, workload.source.sampling)
    named = any(one.name for one in workload.statements)
    columns = (*_COLUMNS[:1], Column("name"), *_COLUMNS[1:]) if named else _COLUMNS
    table = Table(columns, tuple(_row(one, named) for one in workload.statements))
    return Report((table,), document=workload)


def _row(one: Statement, named: bool) -> tuple[object, ...]:
    numbers = (one.calls, one.total_ms, one.mean_ms, one.rows, one.parameters_from, one.sql)
    return (one.id, one.name, *numbers) if named else (one.id, *numbers)


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
