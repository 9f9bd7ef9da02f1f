"""Statistics are missing or old, and the planner misjudges the table because of it."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.effort import misjudged
from dbopt.plan.findings import estimates
from dbopt.plan.findings.context import Context
from dbopt.plan.findings.facts import TableFacts
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.scans import Scan, scans
from dbopt.plan.tree import Node
from dbopt.postgres.schema import Relation

NAME = "stale-statistics"
READS = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan")
LEAST_BLOCKS = 128  # 1 MB, where nothing was measured: guesses about a smaller table do little harm
MOSTLY_CHANGED = 0.5  # of the rows, where nothing was measured
_COMBINES = frozenset({"Nested Loop", "Hash Join", "Merge Join", "Aggregate"})


def check(context: Context) -> Iterator[Finding]:
    done: set[tuple[str, str]] = set()
    for scan in (one for kind in READS for one in scans(context, kind)):
        if scan.relation.key in done:
            continue
        why = _of_parts(scan) or _of_whole(scan)
        if why is not None:
            done.add(scan.relation.key)
            yield Finding(
                NAME,
                why,
                "ANALYZE tells the planner what is there. If it falls behind again, look at autovacuum_enabled and "
                "autovacuum_analyze_scale_factor of the table.",
                (f"ANALYZE {scan.relation.sql_name}",),
                scan.first.number,
                scan.share,
            )


def _of_parts(scan: Scan) -> str | None:
    """Of the tables that are read themselves."""
    context = scan.context
    table = next((one for part in scan.parts if estimates.is_stale(one := context.table(part))), None)
    if table is None or not estimates.matters(context, scan.first):
        return None
    state = _state(table)
    if context.measured:
        found = estimates.of_scan(scan)
        return None if found is None else f"{scan.relation.sql_name} gives {found.in_words}: {state}"
    much = table.rows < 0 or table.has_statistics is False or table.modified > MOSTLY_CHANGED * table.rows
    decides = any(node.conditions for node in scan.nodes)
    large = scan.blocks >= LEAST_BLOCKS
    return f"{scan.relation.sql_name} is planned with guesses: {state}" if much and decides and large else None


def _state(table: TableFacts) -> str:
    if table.rows < 0 or table.has_statistics is False:
        return "it was never analysed"
    return f"{table.modified:,} rows changed since it was analysed, when it had {table.rows:,.0f}"


def _of_whole(scan: Scan) -> str | None:
    """Of a partitioned table as a whole, which autovacuum never analyses, and by whose statistics joins and groups are
    estimated.
    """
    context, relation = scan.context, scan.relation
    table = context.table(relation)
    if relation.kind != "p" or table is None or table.has_statistics is not False or not context.measured:
        return None
    above = next((one for one in context.above(scan.first) if one.node_type in _COMBINES), None)
    if above is None or not context.weighs(context.share_with_children(above)) or not _is_off(context, above):
        return None
    return (
        f"{_what(above)} over {relation.sql_name} gives {above.actual_rows or 0:,.0f} rows where "
        f"{above.plan_rows:,.0f} were planned: the table was never analysed as a whole, which autovacuum never does"
    )


def _is_off(context: Context, node: Node) -> bool:
    """Whether the node was misjudged, and what it works on was not."""
    off = misjudged(node, context.effort(node)) or 1.0
    below = [misjudged(child, context.effort(child)) or 1.0 for child in node.children]
    much = abs((node.actual_rows or 0.0) - node.plan_rows) * (node.loops or 1) >= estimates.LEAST_ROWS
    return off >= estimates.LEAST_FACTOR and much and all(one < estimates.LEAST_FACTOR for one in below)


def _what(node: Node) -> str:
    return "a grouping" if node.node_type == "Aggregate" else "a join"


def stale_relations(context: Context) -> set[tuple[str, str]]:
    """Tables that are read whose statistics are old, whether that does harm or not."""
    catalog = context.catalog
    if catalog is None or context.facts is None:
        return set()
    read: list[Relation] = [one for node in context.plan.nodes if (one := context.relation(node)) is not None]
    return {one.key for one in read if estimates.is_stale(context.table(one))}
