"""A workload for people and programs."""

from __future__ import annotations

from dbopt.output.report import Column, Report, Table
from dbopt.output.units import count, milliseconds, one_line
from dbopt.workload.model import Statement, Workload

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
    named = any(one.name for one in workload.statements)
    columns = (*_COLUMNS[:1], Column("name"), *_COLUMNS[1:]) if named else _COLUMNS
    table = Table(columns, tuple(_row(one, named) for one in workload.statements))
    return Report((table,), document=workload)


def _row(one: Statement, named: bool) -> tuple[object, ...]:
    numbers = (one.calls, one.total_ms, one.mean_ms, one.rows, one.parameters_from, one.sql)
    return (one.id, one.name, *numbers) if named else (one.id, *numbers)
