"""Partitions are read that hold none of the rows, because the partition key is hidden in an expression."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.context import Context
from dbopt.plan.findings.hidden import Hidden, as_range, hidden
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.rewriting import with_days
from dbopt.plan.findings.scans import Scan, scans
from dbopt.postgres.identifiers import quoted

NAME = "lost-pruning"
LEAST_PARTITIONS = 4  # with fewer, reading them all is no great loss
LEAST_EMPTY = 0.5  # of the partitions read give no row
_READS = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan")


def check(context: Context) -> Iterator[Finding]:
    for scan in (one for kind in _READS for one in scans(context, kind)):
        found = _hidden_key(scan)
        if found is None or len(scan.nodes) < LEAST_PARTITIONS or not context.weighs(scan.share):
            continue
        total = len(context.catalog.partitions_of(scan.relation)) if context.catalog is not None else 0
        empty = sum(1 for node in scan.nodes if not node.total_rows)
        if context.measured and empty < LEAST_EMPTY * len(scan.nodes):
            continue
        if not context.measured and not found.is_narrow:
            continue
        plain = as_range(found)
        written = with_days(context.tree, found)
        gave = f", and {empty} of them give no row" if context.measured else ""
        yield Finding(
            NAME,
            f"{len(scan.nodes)} of {total} partitions of {scan.relation.sql_name} are read{gave}: {found.expression} "
            f"hides the partition key {quoted(found.column.name)}",
            f"Compare the partition key itself, of its own type, with a value{f': {plain}' if plain else ''}.",
            () if written is None else (written,),
            scan.first.number,
            scan.share,
        )


def _hidden_key(scan: Scan) -> Hidden | None:
    """A condition on the partition key that the planner cannot prune by; None where there is one that it can."""
    table = scan.context.table(scan.relation)
    if table is None or not table.partition_key:
        return None
    every = [one for name in ("Filter", "Index Cond", "Recheck Cond") for one in scan.conditions(name)]
    if any(one.column is not None and one.column[1] in table.partition_key for one in every):
        return None
    found = (hidden(one, scan.relation) for one in every)
    return next((one for one in found if one is not None and one.column.name in table.partition_key), None)
