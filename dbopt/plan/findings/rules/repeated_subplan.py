"""A correlated subquery is run once for each row, and all runs together touch far more than its tables hold."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings import joins
from dbopt.plan.findings.context import Context
from dbopt.plan.findings.indexes import seekable, serving
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.scans import scans
from dbopt.plan.tree import Node

NAME = "repeated-subplan"
LEAST_LOOPS = 1000
LEAST_FACTOR = 2.0  # so many times the pages of its tables: reading them once, for a join, would be less


def check(context: Context) -> Iterator[Finding]:
    if not context.measured:
        return
    for node in context.plan.nodes:
        if node.parent_relationship != "SubPlan" or (node.loops or 0) < LEAST_LOOPS:
            continue
        blocks, touched = joins.blocks_of_tables(context, node), joins.touched_blocks(node)
        share = context.share_with_children(node)
        if not blocks or touched < LEAST_FACTOR * blocks or not context.weighs(share) or _wants_index(context, node):
            continue
        yield Finding(
            NAME,
            f"the subquery {node.subplan_name} was run {node.loops:,} times and touched {touched:,.0f} pages of tables "
            f"that have {blocks:,}",
            "Join with the subquery grouped by what it is correlated with (LEFT JOIN LATERAL where it orders or "
            "limits), so that it runs once. `dbopt rewrite` proves such a form.",
            (),
            node.number,
            share,
        )


def _wants_index(context: Context, node: Node) -> bool:
    """Whether a table is read whole in each run, for which seq-scan names the index."""
    below = {one.number for one in node.walk()}
    for scan in scans(context, "Seq Scan"):
        search = seekable(scan.conditions(), scan.relation)
        catalog = context.catalog
        inside = not below.isdisjoint(one.number for one in scan.nodes)
        if inside and catalog is not None and search.columns:
            return serving(catalog, scan.relation, search.columns) is None
    return False
