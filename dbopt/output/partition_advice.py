"""Advice on partitioning for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dbopt.output import units
from dbopt.output.report import Column, Report, Table

if TYPE_CHECKING:
    from dbopt.partition.suggest.advice import PartitionAdvice, Proposal, StatementChange, TableAdvice
    from dbopt.workload.model import Workload


def report(advice: PartitionAdvice, workload: Workload, *, verbose: bool = False) -> Report:
    """The tables with the verdict; of those to partition, and with `verbose` of all that were tried, what stands in the
    way and what becomes of the statements: of those that become slower or fail, with `verbose` of all.
    """
    labels = {one.id: units.statement_name(one) for one in workload.statements}
    tables = [_verdicts(advice)]
    for one in advice.tables:
        if one.proposal is not None and (one.verdict == "yes" or verbose):
            tables += [*_obstacles(one), *_statements(one, one.proposal, labels, verbose=verbose)]
    return Report(tables=tuple(tables), document=advice)


def _verdicts(advice: PartitionAdvice) -> Table:
    columns = (
        Column("table"),
        Column("size", units.size, right=True),
        Column("rows", units.count, right=True),
        Column("partition?"),
        Column("by"),
        Column("partitions", units.count, right=True),
        Column("each", units.size, right=True),
        Column("reason", wrap=True),
        Column("command", wrap=True),
    )
    rows = tuple(
        (one.table, one.bytes, one.rows, one.verdict, *_shape(one), one.reason, one.command) for one in advice.tables
    )
    styles = tuple("green" if one.verdict == "yes" else "" for one in advice.tables)
    count = sum(one.verdict == "yes" for one in advice.tables)
    footer = (
        f"{count} of {len(advice.tables)} tables should be partitioned "
        f"(shadow of PostgreSQL {advice.server_version}, {units.count(advice.planner_calls)} plans)"
    )
    return Table(columns, rows, title="Tables to partition", footer=footer, styles=styles)


def _shape(one: TableAdvice) -> tuple[str | None, int | None, int | None]:
    made = one.proposal
    return (None, None, None) if made is None else (by(made), made.partitions, made.average_bytes)


def by(made: Proposal) -> str:
    """`range (created_at), 1 month`"""
    step = f", {made.interval}" if made.interval is not None else ""
    return f"{made.strategy} ({made.control}){step}"


def _obstacles(one: TableAdvice) -> list[Table]:
    if not one.obstacles:
        return []
    columns = (Column("what"), Column("name"), Column("columns", ", ".join), Column("remedy", wrap=True))
    rows = tuple((item.kind, item.name, item.columns, item.remedy) for item in one.obstacles)
    return [Table(columns, rows, title=f"{one.table}: in the way")]


def _statements(one: TableAdvice, made: Proposal, labels: dict[str, str], *, verbose: bool) -> list[Table]:
    shown = [item for item in made.statements if verbose or item.change in ("slower", "fails")]
    if not shown:
        return []
    columns = (
        Column("statement", wrap=True),
        Column("calls", units.count, right=True),
        Column("cost", units.cost, right=True),
        Column("partitioned", units.cost, right=True),
        Column(f"partitions of {made.partitions_tried}", units.count, right=True),
        Column("becomes"),
        Column("remark", wrap=True),
    )
    title = f"{one.table}: {'statements' if verbose else 'statements that become slower or fail'}"
    return [Table(columns, tuple(_rows(shown, labels)), title=title)]


def _rows(shown: Sequence[StatementChange], labels: dict[str, str]) -> list[tuple[object, ...]]:
    return [
        (
            labels.get(item.id, item.id),
            item.calls,
            item.cost_before,
            item.cost_after,
            item.partitions_scanned,
            item.change,
            item.error,
        )
        for item in shown
    ]
