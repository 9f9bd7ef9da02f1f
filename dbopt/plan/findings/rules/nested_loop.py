"""A nested loop compares very many pairs of rows, or looks up very many rows one by one, which the planner did not
expect.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings import estimates, joins
from dbopt.plan.findings.conditions import Condition
from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.indexes import create_index, seekable, serving
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.rules import estimate, stale_statistics
from dbopt.plan.tree import Node
from dbopt.postgres.schema import Relation

NAME = "nested-loop"
LEAST_PAIRS = 1_000_000  # compared: some hundred milliseconds
MOST_MATCHING = 0.01  # of the pairs
LEAST_LOOPS = 1000  # of look-ups
LEAST_FACTOR = 2.0  # so many times the pages of the tables are touched: reading them once, for a hash, would be less


def check(context: Context) -> Iterator[Finding]:
    if not context.measured:
        return
    for join, outer, inner in joins.nested_loops(context):
        found = _pairs(context, join, outer, inner) or _look_ups(context, join, outer, inner)
        if found is not None:
            yield found


# -- pairs that are compared ------------------------------------------------------------------------------------------


def _pairs(context: Context, join: Node, outer: Node, inner: Node) -> Finding | None:
    removed = float(join.raw.get("Rows Removed by Join Filter", 0)) * (join.loops or 0)
    pairs = removed + (join.total_rows or 0.0)
    share = context.share(join, *{one.number: one for one in (inner, joins.kept_by(inner))}.values())
    if pairs < LEAST_PAIRS or (join.total_rows or 0.0) > MOST_MATCHING * pairs or not context.weighs(share):
        return None
    found = context.conditions(join, "Join Filter")
    message = f"{counted(pairs, 'pairs')} of rows were compared, of which {join.total_rows or 0:,.0f} match"
    return Finding(NAME, message, *_remedy(context, found, inner, outer), join.number, share)


def _remedy(context: Context, found: tuple[Condition, ...], inner: Node, outer: Node) -> tuple[str, tuple[str, ...]]:
    is_equal = any(one.operator == "=" for one in found)
    if is_equal and context.plan.settings.get("enable_hashjoin") == "off":
        return "A hash join would compare each row once, and enable_hashjoin is off.", ("SET enable_hashjoin = on",)
    for side in (inner, outer):
        relation, key = _key(context, found, joins.kept_by(side))
        if relation is not None:
            return (
                f"An index on {', '.join(key)} finds the matching rows of {relation.sql_name}.",
                (create_index(relation, key),),
            )
    if any(one.operator == "or" for one in found):
        return (
            "Neither a hash nor a merge joins by OR. Write one query for each alternative and combine them by UNION "
            "ALL, each without the rows of those before it; `dbopt rewrite` proves such a form.",
            (),
        )
    if is_equal:
        return "A hash join would compare each row once; the planner expected too few rows to think of it.", ()
    return (
        "Neither a hash nor a merge joins by such a condition. Add an equality that both sides share, or let a "
        "range type with a GiST index hold the bounds, so that an index looks up.",
        (),
    )


def _key(context: Context, found: tuple[Condition, ...], side: Node) -> tuple[Relation | None, tuple[str, ...]]:
    """A table that is read whole, and the keys of an index by which it could be looked up, if there is none."""
    relation = context.relation(side)
    if relation is None or context.catalog is None or side.node_type != "Seq Scan" or relation.parent is not None:
        return None, ()
    own = [one for condition in found if (one := condition.seen_from(side.alias or "")) is not None]
    search = seekable(own, relation)
    if not search.columns or serving(context.catalog, relation, search.columns) is not None:
        return None, ()
    return relation, search.keys


# -- rows that are looked up ------------------------------------------------------------------------------------------


def _look_ups(context: Context, join: Node, outer: Node, inner: Node) -> Finding | None:
    actual, planned = outer.total_rows or 0.0, outer.plan_rows * (outer.loops or 1)
    if (inner.loops or 0) < LEAST_LOOPS or actual < estimates.LEAST_FACTOR * max(planned, 1.0):
        return None
    blocks, touched = joins.blocks_of_tables(context, inner), joins.touched_blocks(inner)
    share = context.share_with_children(inner)
    if not blocks or touched < LEAST_FACTOR * blocks or not context.weighs(share) or _is_mended(context, outer):
        return None
    return Finding(
        NAME,
        f"the inner side was run {inner.loops:,} times where {planned:,.0f} were planned, and touched {touched:,.0f} "
        f"pages of tables that have {blocks:,}",
        "Reading these tables once is less, as a hash join does. No statistics are known to tell the planner how "
        "many rows the outer side gives: write its conditions so that it can, or keep it from nested loops for this "
        "statement alone.",
        ("SET enable_nestloop = off",),
        join.number,
        share,
    )


def _is_mended(context: Context, outer: Node) -> bool:
    """Whether rows below are misjudged for a reason that another finding names."""
    below = {node.number for node in outer.walk()}
    return any(one.node in below for rule in (stale_statistics, estimate) for one in rule.check(context))
