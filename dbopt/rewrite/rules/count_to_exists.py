"""`(SELECT count(*) ...) > 0` as EXISTS, which ends at the first row. Both are true or false and never NULL, so the
place does not matter. GROUP BY, HAVING and LIMIT change which rows the count itself gives, and are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import shapes, surgery
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scope import Block, output_name, unaliased
from dbopt.rewrite.trees import is_query, own_nodes, unwrapped
from dbopt.rewrite.types import number

NAME = "count-to-exists"
_FLIPPED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.LT: exp.GT,
    exp.GTE: exp.LTE,
    exp.LTE: exp.GTE,
    exp.EQ: exp.EQ,
    exp.NEQ: exp.NEQ,
}
# count operator number: whether this says that there is a row
_SAYS_EXISTS: dict[tuple[type[exp.Expr], int], bool] = {
    (exp.GT, 0): True,
    (exp.GTE, 1): True,
    (exp.NEQ, 0): True,
    (exp.EQ, 0): False,
    (exp.LT, 1): False,
    (exp.LTE, 0): False,
}


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        for part in block.node.iter_expressions():
            if part.arg_key in ("from_", "with_"):
                continue
            for node in own_nodes(part):
                found = _compared(node)
                if found is not None and is_query(found[0]) and _counting(question, found[0]) is not None:
                    yield partial(_change, question, node, *found)
        if _is_only_a_comparison(block):
            yield partial(_change_block, question, block)


def _compared(node: exp.Expr) -> tuple[exp.Expr, bool] | None:
    """What is compared, and whether the comparison says that it is more than nothing."""
    kind = type(node)
    if kind not in _FLIPPED:
        return None
    for side, other, operator in ((node.this, node.expression, kind), (node.expression, node.this, _FLIPPED[kind])):
        value = number(other)
        if value is not None and value in (0, 1) and (operator, int(value)) in _SAYS_EXISTS:
            return side, _SAYS_EXISTS[operator, int(value)]
    return None


def _counting(question: Question, node: exp.Expr) -> tuple[Block, exp.Expr] | None:
    """The block of a subquery that gives a count and nothing else, and the count."""
    block = question.analysis.query_of(node)
    if not isinstance(block, Block) or len(block.node.expressions) != 1:
        return None
    count = unaliased(block.node.expressions[0])
    inner = count.this if isinstance(count, exp.Filter) else count
    return (block, count) if isinstance(inner, exp.Count) else None


def _is_only_a_comparison(block: Block) -> bool:
    """SELECT count(*) > 0 FROM ..."""
    if len(block.node.expressions) != 1 or block.node.args.get("from_") is None:
        return False
    found = _compared(_inner(unaliased(block.node.expressions[0])))
    return found is not None and isinstance(_count_in(found[0]), exp.Count)


def _inner(node: exp.Expr) -> exp.Expr:
    return _inner(node.this) if isinstance(node, exp.Paren) else node


def _count_in(node: exp.Expr) -> exp.Expr:
    inner = _inner(node)
    return inner.this if isinstance(inner, exp.Filter) else inner


def _require_one_count(question: Question, block: Block, count: exp.Expr) -> list[exp.Expr]:
    """The conditions under which the count counts a row. Raises Refuse."""
    others = shapes.clauses(block, without=("order",))
    if others:
        raise Refuse(f"with {others[0]}, the count is another one, or there is none, or several")
    if block.is_opaque:
        raise Refuse("its FROM is not understood")
    question.require_stable(block.node)
    shapes.require_harmless_join(question, block)
    question.require_built_in("count", ">", "=")
    shapes.require_own_aggregate(question, count, block)
    conditions: list[exp.Expr] = []
    if isinstance(count, exp.Filter):
        conditions.append(surgery.grouped(count.expression.this.copy(), (exp.Or,)))
        count = count.this
    counted = count.this
    if isinstance(counted, exp.Distinct):
        if len(counted.expressions) != 1:
            raise Refuse("a row of several columns is counted even where all are NULL")
        counted = counted.expressions[0]
    if not isinstance(counted, exp.Star):
        if question.inference.info(counted).type is None:
            raise Refuse("the type of what is counted is not certain, and a row with NULLs in it is no NULL")
        if not question.inference.never_null(counted, block):
            conditions.append(exp.Is(this=surgery.operand(counted.copy()), expression=exp.Null(), negate=True))
    return conditions


def _change(question: Question, node: exp.Expr, side: exp.Expr, says_exists: bool) -> str:
    counting = _counting(question, side)
    assert counting is not None  # noqa: S101 - asked before
    block, count = counting
    exists = _as_exists(block, _require_one_count(question, block, count))
    node.replace(exists if says_exists else exp.Not(this=exists))
    return "whether there is a row does not need the count of all"


def _as_exists(block: Block, conditions: list[exp.Expr]) -> exp.Exists:
    select = block.node.copy()
    surgery.add_conditions(select, conditions)
    select.set("expressions", [exp.Literal.number(1)])
    select.set("order", None)
    return exp.Exists(this=unwrapped(select))


def _change_block(question: Question, block: Block) -> str:
    expression = block.node.expressions[0]
    comparison = _inner(unaliased(expression))
    found = _compared(comparison)
    assert found is not None  # noqa: S101 - asked before
    count = _inner(found[0])
    name = output_name(expression)
    if name is None:
        raise Refuse("the name of the result's column is not certain")
    if any(isinstance(node, exp.Window) for node in expression.walk()):
        raise Refuse("it is a window function")
    conditions = _require_one_count(question, block, count)
    exists: exp.Expr = _as_exists(block, conditions)
    exists = exists if found[1] else exp.Not(this=exists)
    named = exp.Alias(this=exists, alias=surgery.identifier(name))
    for clause in list(block.node.args):
        block.node.set(clause, None)
    block.node.set("expressions", [named])
    return "whether there is a row does not need the count of all"
