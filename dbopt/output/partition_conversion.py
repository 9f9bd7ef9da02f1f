"""What became of a conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbopt.output import units
from dbopt.output.report import Column, Report, Table

if TYPE_CHECKING:
    from dbopt.partition.convert.api import Converted


def report(done: Converted) -> Report:
    columns = (
        Column("table", wrap=True),
        Column("state"),
        Column("partitions", right=True),
        Column("rows copied", units.count, right=True),
        Column("rows compared", units.count, right=True),
        Column("time", units.milliseconds, right=True),
        Column("former table", wrap=True),
    )
    row = (
        done.table,
        done.state,
        done.partitions or None,
        done.copied_rows,
        done.verified_rows,
        done.elapsed_ms,
        done.former,
    )
    return Report(tables=(Table(columns, (row,)),), document=done)
