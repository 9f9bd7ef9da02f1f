"""A WITH query is computed as a whole, and nearly all its rows are thrown away outside: MATERIALIZED, or that it is
used more than once, keeps the condition out of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.rewriting import without_fence
from dbopt.plan.tree import Node
from dbopt.workload.sql import identifier_name

NAME = "cte-fence"
LEAST_ROWS = 10_000  # that are thrown away: some milliseconds
MOST_KEPT = 0.05
MOST_USES = 2  # NOT MATERIALIZED computes the query once for each use


def check(context: Context) -> Iterator[Finding]:
    for producer in context.plan.nodes:
        name = (producer.subplan_name or "").removeprefix("CTE ")
        if producer.subplan_name != f"CTE {name}" or not _may_be_folded(context.tree, name, producer):
            continue
        readers = [one for one in context.plan.nodes if one.raw.get("CTE Name") == name]
        if not 0 < len(readers) <= MOST_USES or not all(one.filter and "SubPlan" not in one.filter for one in readers):
            continue
        given = (producer.total_rows or 0.0) if context.measured else producer.plan_rows
        kept = [(one.total_rows or 0.0) if context.measured else one.plan_rows for one in readers]
        share = min(1.0, context.share_with_children(producer) + context.share(*readers))
        if given < LEAST_ROWS or max(kept) > MOST_KEPT * given or not context.weighs(share):
            continue
        text = without_fence(context.tree, name)
        yield Finding(
            NAME,
            f"the WITH query {name} is computed as a whole, {counted(given, 'rows')}, of which {max(kept):,.0f} are "
            "wanted outside",
            f"{name} AS NOT MATERIALIZED (...) lets the planner take the condition into it, where an index may serve "
            "it; or write the condition inside.",
            () if text is None else (text,),
            producer.number,
            share,
        )


def names(context: Context) -> frozenset[str]:
    """The WITH queries of which the rule finds something."""
    found = {finding.node for finding in check(context)}
    return frozenset(
        (node.subplan_name or "").removeprefix("CTE ") for node in context.plan.nodes if node.number in found
    )


def _may_be_folded(tree: exp.Expression | None, name: str, producer: Node) -> bool:
    """Whether NOT MATERIALIZED has an effect: not on a query that is recursive, changes data or calls what is
    volatile. Where the query groups, orders by or limits, a condition may not pass into it.
    """
    if tree is None or any(
        node.node_type in ("ModifyTable", "Recursive Union", "WorkTable Scan") for node in producer.walk()
    ):
        return False
    found = [one for one in tree.find_all(exp.CTE) if identifier_name(one.args["alias"].this) == name]
    if len(found) != 1 or not isinstance(found[0].this, exp.Select):
        return False
    query = found[0].this
    closed = ("group", "limit", "offset", "distinct", "windows", "locks")
    return not any(query.args.get(part) for part in closed) and not query.find(exp.Window, exp.AggFunc, exp.Rand)
