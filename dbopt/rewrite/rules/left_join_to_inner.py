"""A LEFT JOIN whose rows without a match cannot be in the result is an inner join, which may be done in any order:
because a condition of WHERE is not true of NULLs, or because a foreign key sees to it that there is a match. PostgreSQL
knows the first of conditions that are NULL for NULL, not of coalesce(), CASE or IS NOT DISTINCT FROM.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import joins
from dbopt.rewrite.nulls import Nulls
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scope import Block, Source
from dbopt.rewrite.text import text

NAME = "left-join-to-inner"


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        for source in block.sources.values():
            if _is_left(source) and _may_change(question, block, source):
                yield partial(_change, question, block, source)


def _is_left(source: Source) -> bool:
    return source.join is not None and source.join.side == "LEFT" and not source.is_nested


def _mentions(question: Question, node: exp.Expr, source: Source) -> bool:
    return any(one is not None and one.source is source for one in question.analysis.references(node))


def _may_change(question: Question, block: Block, source: Source) -> bool:
    """Whether something speaks for it: a condition on the source, or a foreign key."""
    asked = any(_mentions(question, c.node, source) for c in block.conditions if c.join is not source.join)
    return asked or joins.foreign_key_to(question, block, source) is not None


def _change(question: Question, block: Block, source: Source) -> str:
    if block.has_right or block.is_opaque or block.has_merged:
        raise Refuse("its FROM has RIGHT JOIN, FULL JOIN, USING or NATURAL, or is not understood")
    join = source.join
    assert join is not None  # noqa: S101 - asked before
    why = _why(question, block, source)
    join.set("side", None)
    join.set("kind", None)
    return why


def _why(question: Question, block: Block, source: Source) -> str:
    nulls = Nulls(question.analysis, question.inference, [source])
    for condition in block.conditions:
        if condition.is_certain and condition.join is not source.join and nulls.rejects(condition.node):
            return f"{text(condition.node)} is not true of the NULLs of a row without a match"
    key = joins.foreign_key_to(question, block, source)
    if key is None:
        raise Refuse("a row without a match may be in the result: no condition is certain to leave it out")
    return f"the foreign key {key.name} sees to it that there is a match"
