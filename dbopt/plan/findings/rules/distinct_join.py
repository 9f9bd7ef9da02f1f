"""SELECT DISTINCT throws away most of what a join gave: the join multiplied the rows of a table that is only asked
whether it has some.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.model import Finding
from dbopt.plan.tree import Node
from dbopt.workload.sql import identifier_name

NAME = "distinct-join"
LEAST_ROWS = 10_000  # that go into the DISTINCT: some milliseconds
LEAST_FACTOR = 5.0  # so many times the rows that come out
_JOINS = frozenset({"Nested Loop", "Hash Join", "Merge Join"})
_ABOVE = frozenset({"Limit", "Sort", "Gather", "Gather Merge", "Result"})
_ONLY = frozenset({"Sort", "Incremental Sort", "Gather", "Gather Merge", "Unique", "Aggregate", "Result"})


def check(context: Context) -> Iterator[Finding]:
    asked = _asked_whether(context.tree)
    distinct = _distinct(context) if context.measured and asked else None
    if distinct is None or not asked:
        return
    join = _join_below(distinct)
    rows, out = (join.total_rows or 0.0) if join is not None else 0.0, distinct.total_rows or 0.0
    if join is None or rows < max(LEAST_ROWS, LEAST_FACTOR * out):
        return
    share = context.share(*_between(distinct, join), join)
    if context.weighs(share):
        names = ", ".join(asked)
        yield Finding(
            NAME,
            f"the join with {names} gives {counted(rows, 'rows')}, which DISTINCT brings down to {out:,.0f}; no "
            f"column of {names} is selected",
            f"Ask for the row, not for the pairs: WHERE EXISTS (SELECT FROM {asked[0]} WHERE ...) in place of the "
            "join stops at the first match, and needs no DISTINCT where a key is selected. `dbopt rewrite` proves "
            "such a form.",
            (),
            distinct.number,
            share,
        )


def _asked_whether(tree: exp.Expression | None) -> tuple[str, ...]:
    """The tables of a SELECT DISTINCT with inner joins of which no column is selected or ordered by."""
    if not isinstance(tree, exp.Select) or not isinstance(tree.args.get("distinct"), exp.Distinct):
        return ()
    if tree.args["distinct"].args.get("on") is not None or tree.args.get("group"):
        return ()
    joins = tree.args.get("joins") or []
    tables = [tree.args["from_"].this, *(join.this for join in joins)] if tree.args.get("from_") else []
    if len(tables) < 2 or any(join.side for join in joins) or not all(isinstance(one, exp.Table) for one in tables):
        return ()
    shown = [*tree.expressions, *([tree.args["order"]] if tree.args.get("order") else [])]
    columns = [column for one in shown for column in one.find_all(exp.Column)]
    if any(one.find(exp.Star) for one in shown) or any(not column.args.get("table") for column in columns):
        return ()  # of a column without a qualifier it is not known whose it is
    used = {identifier_name(column.args["table"]) for column in columns}
    names = [table.alias_or_name for table in tables]
    return tuple(name for name in names if name not in used) if used else ()


def _distinct(context: Context) -> Node | None:
    """The topmost node that removes duplicates."""
    node = context.plan.root
    while node.node_type in _ABOVE and node.children:
        node = node.children[0]
    is_distinct = node.node_type == "Unique" or (node.node_type == "Aggregate" and node.raw.get("Group Key"))
    return node if is_distinct else None


def _join_below(distinct: Node) -> Node | None:
    node = distinct.children[0] if distinct.children else None
    while node is not None and node.node_type not in _JOINS:
        node = node.children[0] if node.node_type in _ONLY and node.children else None
    return node


def _between(distinct: Node, join: Node) -> list[Node]:
    found, node = [], distinct
    while node.number != join.number:
        found.append(node)
        node = node.children[0]
    return found
