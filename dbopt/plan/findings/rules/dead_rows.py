"""An index scan walks over entries of rows that are dead: it touches many times the pages that its rows can be in."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.conditions import call_of, parsed
from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.scans import Scan, scans
from dbopt.plan.names import conjuncts

NAME = "dead-rows"
LEAST_BLOCKS = 1000  # pages too many: some milliseconds, even in the cache
LEAST_FACTOR = 5.0  # so many times the pages that the rows can be in
LEAST_DEAD = 1000  # rows that the server counts as dead
_HEIGHT = 4  # pages from the root of an index to a leaf


def check(context: Context) -> Iterator[Finding]:
    if not context.measured:
        return
    for scan in scans(context, "Index Scan", "Index Only Scan"):
        dead = sum(table.dead for part in scan.parts if (table := context.table(part)) is not None)
        touched, expected = _touched(scan), _expected(scan)
        if dead < LEAST_DEAD or touched < LEAST_FACTOR * expected or touched - expected < LEAST_BLOCKS:
            continue
        if _calls_functions(scan) or not context.weighs(scan.share):
            continue
        rows = scan.kept + scan.removed
        yield Finding(
            NAME,
            f"to read {counted(rows * scan.passes, 'rows')} of {scan.relation.sql_name}, {touched:,.0f} pages were "
            f"touched: {dead:,} of its rows are dead and still in the index",
            "VACUUM takes them out. If they come back soon, look for old transactions, for replication slots, and at "
            "autovacuum_vacuum_scale_factor of the table.",
            (f"VACUUM {scan.relation.sql_name}",),
            scan.first.number,
            scan.share,
        )


def _touched(scan: Scan) -> float:
    every = [scan.context.effort(node).self_buffers for node in scan.nodes]
    return float(sum(one.shared_hit + one.shared_read for one in every))


def _expected(scan: Scan) -> float:
    """At most: a page of the table and one of the index for each row, and a descent for each loop."""
    searches = sum(float(node.raw.get("Index Searches", 1)) * (node.loops or 1) for node in scan.nodes)
    rows = sum(node.rows_removed + (node.total_rows or 0.0) for node in scan.nodes)
    return 2.0 * rows + _HEIGHT * searches


def _calls_functions(scan: Scan) -> bool:
    """Whether the conditions may touch pages of their own."""
    texts = [text for node in scan.nodes for text in node.conditions.values()]
    found = [parsed(part) for text in texts for part in conjuncts(text)]
    return any(call_of(one.left) or call_of(one.right) or one.has_subplan for one in found)
