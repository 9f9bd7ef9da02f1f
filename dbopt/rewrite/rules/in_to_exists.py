"""`x IN (SELECT y ...)` in forms that PostgreSQL does not turn into a join, as EXISTS, which it does: within IS TRUE or
= true, as `= ANY (ARRAY (SELECT ...))`, and, before version 17, with a subquery that depends on the outer row. As a
condition of WHERE they are the same: a NULL counts as false there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import memberships, shapes
from dbopt.rewrite.question import Move, Question
from dbopt.rewrite.scope import Block, Source
from dbopt.rewrite.trees import is_query

NAME = "in-to-exists"


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        for condition in shapes.filters(block):
            found = _membership(condition)
            if found is not None and not _is_join_already(question, condition, found[1]):
                yield partial(_change, question, block, condition, *found)


def _is_join_already(question: Question, condition: exp.Expr, node: exp.Expr) -> bool:
    """Plain IN, which PostgreSQL turns into a join by itself; before 17, unless it depends on the outer row."""
    if memberships.membership(condition) is None:
        return False
    query = question.analysis.query_of(node)
    if question.facts.server_version >= 170000 or query is None:
        return True
    return not any(
        one is not None and _is_outside(one.source, node) for one in question.analysis.references(query.node)
    )


def _is_outside(source: Source, node: exp.Expr) -> bool:
    inside = {id(part) for part in node.walk()}
    return id(source.node) not in inside


def _membership(node: exp.Expr) -> tuple[exp.Expr, exp.Expr] | None:
    """The value and the query, whatever of these forms it is."""
    if isinstance(node, exp.Paren):
        return _membership(node.this)
    is_true = isinstance(node, (exp.Is, exp.EQ)) and isinstance(node.expression, exp.Boolean)
    if is_true and node.expression.this and not node.args.get("negate"):
        return _membership(node.this)
    if isinstance(node, exp.Coalesce) and len(node.expressions) == 1 and _is_false(node.expressions[0]):
        return _membership(node.this)
    return memberships.membership(node) or _in_array(node)


def _is_false(node: exp.Expr) -> bool:
    return isinstance(node, exp.Boolean) and not node.this


def _in_array(node: exp.Expr) -> tuple[exp.Expr, exp.Expr] | None:
    """x = ANY (ARRAY (SELECT y ...))"""
    if not (isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any)):
        return None
    inner = node.expression.this
    while isinstance(inner, exp.Paren):
        inner = inner.this
    if isinstance(inner, exp.Array) and len(inner.expressions) == 1 and is_query(inner.expressions[0]):
        return node.this, inner.expressions[0]
    return None


def _change(question: Question, block: Block, condition: exp.Expr, value: exp.Expr, node: exp.Expr) -> str:
    query = memberships.query_of(question, node)
    question.require_stable(value, query.node)
    values = memberships.values_of(value)
    for place, one in enumerate(values):
        output = question.inference.output(query, place)
        memberships.require_comparable(question, one, (question.inference.info(one).type, output.type))
    condition.replace(memberships.as_exists(question, block, values, query))
    return "in a condition, a NULL of IN counts as false, as EXISTS says"
