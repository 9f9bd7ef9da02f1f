"""OFFSET reads and throws away all rows before the page: the further the page, the longer it takes."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.conditions import without_aliases
from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.model import Finding
from dbopt.plan.tree import Node

NAME = "offset"
LEAST_SKIPPED = 1000  # rows
LEAST_FACTOR = 10.0  # so many times the rows that are wanted


def check(context: Context) -> Iterator[Finding]:
    for node in context.plan.nodes:
        if node.node_type != "Limit" or not node.children:
            continue
        wanted, skipped = _rows(context, node)
        share = context.share_with_children(node)
        if skipped < max(LEAST_SKIPPED, LEAST_FACTOR * wanted) or not context.weighs(share):
            continue
        keys = _order(context, node)
        after = f"what comes after its {', '.join(keys)}" if keys else "what comes after it"
        verb = "were" if context.measured else "will be"
        yield Finding(
            NAME,
            f"{counted(skipped, 'rows')} {verb} read and skipped to give {wanted:,.0f}",
            f"Page by key: remember the last row, and ask for {after}, in a unique order that an index has. It "
            "takes the same time for each page. `dbopt rewrite` writes it.",
            (),
            node.number,
            share,
        )


def _rows(context: Context, limit: Node) -> tuple[float, float]:
    """Rows that the LIMIT gives, and those that it skips: it reads no more than both together."""
    child = limit.children[0]
    if context.measured:
        wanted = limit.total_rows or 0.0
        return wanted, max(0.0, (child.total_rows or 0.0) - wanted)
    run_cost = child.total_cost - child.startup_cost
    skipped = (limit.startup_cost - child.startup_cost) / run_cost * child.plan_rows if run_cost > 0 else 0.0
    return limit.plan_rows, max(0.0, skipped)


def _order(context: Context, limit: Node) -> list[str]:
    """By what the rows are sorted, or what the index has that is walked along."""
    for node in limit.walk():
        if node.raw.get("Sort Key"):
            return [without_aliases(str(key)) for key in node.raw["Sort Key"]]
        relation = context.relation(node)
        if node.index and relation is not None and context.catalog is not None:
            indexes = context.catalog.indexes_of(relation)
            return [key.sql for index in indexes if index.name == node.index for key in index.keys]
    return []
