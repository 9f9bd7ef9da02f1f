"""An index has all columns that are asked for, but the table is visited all the same: its pages are not known to be
visible to everybody, which VACUUM notes.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.context import BLOCK, Context, counted
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.scans import Scan, scans

NAME = "heap-fetches"
LEAST_FETCHES = 1000  # rows: some milliseconds
LEAST_FETCHED = 0.2  # of the rows
MOST_VISIBLE = 0.8  # of the pages: else VACUUM has done what it can


def check(context: Context) -> Iterator[Finding]:
    for scan in scans(context, "Index Only Scan"):
        rows = scan.kept * scan.passes
        fetches = _fetches(scan, rows)
        visible = _visible(scan)
        if visible is None or visible > MOST_VISIBLE or fetches < max(LEAST_FETCHES, LEAST_FETCHED * rows):
            continue
        if not context.weighs(scan.share):
            continue
        verb = "visited" if context.measured else "will be visited"
        yield Finding(
            NAME,
            f"{scan.relation.sql_name} {verb} for {counted(fetches, 'rows')} of {rows:,.0f} that its index could have "
            f"given alone: {visible:.0%} of its pages are known to be visible to everybody",
            "VACUUM notes which pages are. If it falls behind again, look at autovacuum_vacuum_insert_scale_factor and "
            "autovacuum_vacuum_scale_factor of the table.",
            (f"VACUUM {scan.relation.sql_name}",),
            scan.first.number,
            scan.share,
        )


def _fetches(scan: Scan, rows: float) -> float:
    if scan.context.measured:
        return scan.fetches
    return rows * (1.0 - (_visible(scan) or 0.0))


def _visible(scan: Scan) -> float | None:
    """The share of the pages that are known to be all visible, in the tables that are read."""
    tables = [scan.context.table(part) for part in scan.parts]
    known = [table for table in tables if table is not None]
    pages = sum(table.bytes // BLOCK for table in known)
    return sum(table.visible_blocks for table in known) / pages if pages else None
