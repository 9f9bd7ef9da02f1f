"""The partitions that were made, for people."""

from __future__ import annotations

from dbopt.output.report import Column, Report, Table
from dbopt.partition.create.make import Created


def report(created: Created) -> Report:
    columns = (Column("partition", wrap=True), Column("rows", wrap=True))
    rows = tuple((one.name, one.bound.removeprefix("FOR VALUES ").removeprefix("FROM ")) for one in created.partitions)
    count = len(rows)
    footer = f"{count} partition{'' if count == 1 else 's'} of {created.table}"
    return Report(tables=(Table(columns, rows, footer=footer),), document=created)
