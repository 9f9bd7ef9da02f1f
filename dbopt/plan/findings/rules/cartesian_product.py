"""Two tables are joined without a condition: every row of the one with every row of the other."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from dbopt.plan.findings import joins
from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.model import Finding
from dbopt.plan.tree import Node
from dbopt.postgres.identifiers import quoted

NAME = "cartesian-product"
LEAST_SIDE = 100  # rows on each side: small lists of parameters are joined so on purpose
LEAST_ROWS = 1_000_000  # of the product: some hundred milliseconds


def check(context: Context) -> Iterator[Finding]:
    if _is_meant(context.tree):
        return
    for join, outer, inner in joins.nested_loops(context):
        if join.raw.get("Join Type", "Inner") != "Inner" or "Join Filter" in join.raw or join.filter:
            continue
        left, right = _rows(context, outer), _rows(context, inner)
        share = context.share_with_children(join)
        if min(left, right) < LEAST_SIDE or left * right < LEAST_ROWS or not context.weighs(share):
            continue
        if not joins.depends_on(inner, outer):
            yield Finding(
                NAME,
                f"each of {counted(left, 'rows')} of {_named(outer)} is joined with each of {counted(right, 'rows')} "
                f"of {_named(inner)}: no condition joins the two",
                "Add the condition that is missing between them. If every pair is really wanted, CROSS JOIN says so to "
                "whoever reads the statement.",
                (),
                join.number,
                share,
            )


def _is_meant(tree: exp.Expression | None) -> bool:
    """Whether the statement says CROSS JOIN, or ON true."""
    if tree is None:
        return True
    written = (join for join in tree.find_all(exp.Join))
    return any(join.args.get("kind") == "CROSS" or isinstance(join.args.get("on"), exp.Boolean) for join in written)


def _rows(context: Context, node: Node) -> float:
    return (node.actual_rows or 0.0) if context.measured else node.plan_rows


def _named(node: Node) -> str:
    return ", ".join(sorted(quoted(name) for name in joins.aliases(node))) or "a list"
