"""`x NOT IN (SELECT y ...)` as NOT EXISTS, which can be an anti-join. They are the same only where neither side can be
NULL: one NULL among the y, and NOT IN is true of no row at all; a NULL x is in the result of NOT IN only if there is no
y at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import memberships, shapes
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scope import Block
from dbopt.rewrite.text import text

NAME = "not-in-to-not-exists"


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        for condition in shapes.filters(block):
            found = memberships.non_membership(condition)
            if found is not None:
                yield partial(_change, question, block, condition, *found)


def _change(question: Question, block: Block, condition: exp.Expr, value: exp.Expr, node: exp.Expr) -> str:
    query = memberships.query_of(question, node)
    question.require_stable(value, query.node)
    values = memberships.values_of(value)
    for place, one in enumerate(values):
        output = question.inference.output(query, place)
        memberships.require_comparable(question, one, (question.inference.info(one).type, output.type))
        if not output.not_null:
            raise Refuse(
                f"a NULL in column {place + 1} of the subquery would leave no row at all, and is not ruled out"
            )
        if not question.inference.never_null(one, block):
            raise Refuse(f"{text(one)} may be NULL, and such a row is kept only if the subquery is empty")
    exists = memberships.as_exists(question, block, values, query)
    condition.replace(exp.Not(this=exists))
    return "neither side of NOT IN can be NULL"
