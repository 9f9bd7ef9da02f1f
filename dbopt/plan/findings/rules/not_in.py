"""NOT IN (SELECT ...): a single NULL in the subquery makes the result empty, and PostgreSQL up to 18 cannot join by "
"it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.model import Finding
from dbopt.plan.tree import Node
from dbopt.postgres.schema import Column
from dbopt.workload.scopes import base_relations, column_relations
from dbopt.workload.sql import identifier_name

NAME = "not-in"
LEAST_LOOPS = 100  # times that the subquery is read from its beginning
_NOT_IN = re.compile(r"NOT \((?:ANY \(.*?\()?(?P<hashed>hashed )?SubPlan (?P<number>\d+)")
_REMEDY = (
    "NOT EXISTS (SELECT ... WHERE the two are equal) is an anti-join, and says what is nearly always meant: NULLs in "
    "the subquery do not matter. `dbopt rewrite` proves where both give the same rows."
)


def check(context: Context) -> Iterator[Finding]:
    for node in context.plan.nodes:
        for match in _NOT_IN.finditer(node.filter or ""):
            subplan = _subplan(node, match["number"])
            if subplan is not None:
                yield from _found(context, node, subplan, hashed=bool(match["hashed"]))


def _subplan(node: Node, number: str) -> Node | None:
    return next((child for child in node.children if child.subplan_name == f"SubPlan {number}"), None)


def _found(context: Context, node: Node, subplan: Node, *, hashed: bool) -> Iterator[Finding]:
    share = min(1.0, context.share(node) + context.share_with_children(subplan))
    runs = (subplan.loops or 0) if context.measured else node.plan_rows
    nulls = _nullable(context)
    if nulls is not None and not (context.measured and node.total_rows):  # a row that came out shows that there is none
        column, fraction = nulls
        yield Finding(
            NAME,
            f"NOT IN compares with {column}, of which {fraction:.0%} are NULL: a single one makes the result empty",
            _REMEDY,
            (),
            node.number,
            share,
        )
    elif not hashed and runs >= LEAST_LOOPS and context.weighs(share):
        verb = "was" if context.measured else "will be"
        yield Finding(
            NAME,
            f"the subquery of NOT IN {verb} read again for each of {counted(runs, 'rows')}: its result does not fit "
            "into a hash table of work_mem, or depends on the row",
            _REMEDY,
            (),
            node.number,
            share,
        )


def _nullable(context: Context) -> tuple[str, float] | None:
    """The column that the subquery of the statement's only NOT IN returns, with the share of NULLs that is known."""
    found = [] if context.tree is None else [one for one in context.tree.find_all(exp.Not) if _is_not_in(one.this)]
    if len(found) != 1 or context.catalog is None:
        return None
    query = found[0].this.unnest().args["query"].unnest()
    if not isinstance(query, exp.Select) or len(query.expressions) != 1:
        return None
    output = query.expressions[0].unalias()
    column = _column(context, output, query) if isinstance(output, exp.Column) else None
    if column is None or column.not_null or not column.null_fraction or _filters_nulls(query, column.name):
        return None
    return output.sql(dialect="postgres"), column.null_fraction


def _is_not_in(node: exp.Expression) -> bool:
    inner = node.unnest()
    return isinstance(inner, exp.In) and inner.args.get("query") is not None


def _column(context: Context, output: exp.Column, query: exp.Select) -> Column | None:
    assert context.catalog is not None  # noqa: S101 - _nullable has seen to it
    for schema, name in column_relations(output, query, base_relations(query)):
        relation = context.catalog.find(schema, name)
        if relation is not None and relation.kind in "rpm":
            column = relation.column(identifier_name(output.this))
            if column is not None:
                return column
    return None


def _filters_nulls(query: exp.Select, name: str) -> bool:
    """Whether the subquery has a condition on the column, or joins by it: then no NULL comes out."""
    where = [query.args.get("where"), *(join.args.get("on") for join in query.args.get("joins") or ())]
    columns = (one for part in where if part is not None for one in part.find_all(exp.Column))
    return any(identifier_name(one.this) == name for one in columns)
