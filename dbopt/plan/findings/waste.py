"""How much of what a scan reads it throws away, and whether an index would spare that. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dbopt.plan.findings.context import counted
from dbopt.plan.findings.indexes import Seekable, share_at_most
from dbopt.plan.findings.scans import Scan
from dbopt.postgres.schema import Column

LEAST_BLOCKS = 128  # 1 MB: smaller tables are read in about the time of some descents of an index
MOST_KEPT = 0.05  # of the rows that are read: "most are thrown away"
MOST_PAGES = 0.1  # of the table's pages: an index visits one page at most for each row that it finds


@dataclass(frozen=True)
class Waste:
    """Rows of one pass over a table: so many are read and kept, and so many would be kept of the whole table, where a
    LIMIT ended the scan before its end.
    """

    scan: Scan
    read: float
    kept: float
    found: float

    def is_large(self, column: Column | None = None) -> bool:
        """Whether the table is large enough, few enough rows are kept, and these few can be in few pages only; `column`
        is that by which an index would find them, where it is a single one.
        """
        return (
            self.scan.blocks >= LEAST_BLOCKS
            and self.kept <= MOST_KEPT * self.read
            and self._pages(column) <= MOST_PAGES * self.scan.blocks
        )

    def _pages(self, column: Column | None) -> float:
        """Pages that an index would visit: one for each row at most, and hardly more than the rows fill where the table
        has the order of the column. In between as cost_index() in costsize.c has it.
        """
        squared = (column.correlation or 0.0) ** 2 if column is not None else 0.0
        together = self.found / max(self.scan.rows, 1.0) * self.scan.blocks
        return self.found + squared * (together - self.found)

    def is_spared_by(self, search: Seekable, rows: float | None = None) -> bool:
        """Whether an index on these columns finds few rows only: since nothing else was filtered, or by the statistics
        of one of the columns. `rows` are so many as it may find, by default one for each page of `is_large`.
        """
        if not search.columns:
            return False
        if not search.others:
            return True
        limit = MOST_PAGES * self.scan.blocks if rows is None else rows
        shares = [
            share_at_most(one, self.scan.relation)
            for one in self.scan.conditions()
            if one.column is not None and one.column[1] in search.equal
        ]
        return min(shares, default=1.0) * self.scan.rows <= limit

    @property
    def in_words(self) -> str:
        """reads all 50,000 rows (418 blocks) of public.orders and keeps 12"""
        scan, context = self.scan, self.scan.context
        verb, keeps = ("reads", "keeps") if context.measured else ("will read", "is expected to keep")
        times = f" {scan.passes:,.0f} times" if scan.passes >= 2 else ""
        parts = f", {len(scan.nodes)} partitions," if len(scan.nodes) > 1 else ""
        every = "all " if self.found == self.kept else ""
        return (
            f"{verb} {every}{counted(self.read, 'rows')} ({scan.blocks:,} blocks) of {scan.relation.sql_name}{parts}"
            f"{times} and {keeps} {self.kept:,.0f}{' each time' if times else ''}"
        )


def waste(scan: Scan) -> Waste | None:
    """Of a scan of a whole table; None where it filters nothing."""
    context = scan.context
    if not any(node.filter for node in scan.nodes):
        return None
    if not context.measured:
        return Waste(scan, scan.rows, scan.kept, scan.kept) if scan.rows > 0 else None
    if not any(node.executed for node in scan.nodes):
        return None
    kept, read = scan.kept, scan.kept + scan.removed
    stopped = any(context.effort(node).early_stop for node in scan.nodes)
    found = kept / read * max(scan.rows, read) if stopped and read else kept
    return Waste(scan, read, kept, found)
