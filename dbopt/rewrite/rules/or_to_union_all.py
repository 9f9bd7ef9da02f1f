"""`a OR b` over different tables or columns leaves no index to be used for both. Two queries, one for each side, can
use one each; the second leaves out what the first has (`(a) IS NOT TRUE`, so that a NULL of `a` does not lose a row).
Under DISTINCT, UNION says it by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import shapes, surgery, unions
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scope import Block, Condition

NAME = "or-to-union-all"
_MOST = 4


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        if not unions.may_stand_here(block):
            continue
        for condition in block.conditions:
            groups = _groups(question, condition)
            if condition.is_certain and 2 <= len(groups) <= _MOST:
                yield partial(_change, question, block, condition, groups)


def disjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    """The conditions that OR connects, through parentheses."""
    if isinstance(node, exp.Paren):
        yield from disjuncts(node.this)
    elif isinstance(node, exp.Or):
        yield from disjuncts(node.this)
        yield from disjuncts(node.expression)
    else:
        yield node


def _groups(question: Question, condition: Condition) -> list[list[exp.Expr]]:
    """The sides of an OR; those that ask of the same columns stay together, those with subqueries come last."""
    found: dict[object, list[exp.Expr]] = {}
    sides = list(disjuncts(condition.node))
    if len(sides) < 2:
        return []
    for number, side in enumerate(sides):
        columns = frozenset(
            (id(reference.source), reference.name) if reference is not None else (number, "")
            for reference in question.analysis.references(side)
        )
        asks = side.find(exp.Query) is not None
        found.setdefault((number, columns) if asks else columns, []).append(side)
    return sorted(found.values(), key=lambda group: any(side.find(exp.Query) is not None for side in group))


def _change(question: Question, block: Block, condition: Condition, groups: list[list[exp.Expr]]) -> str:
    distinct = block.node.args.get("distinct")
    if isinstance(distinct, exp.Distinct) and distinct.args.get("on") is not None:
        raise Refuse("DISTINCT ON keeps some of the rows of both sides")
    _require_splittable(question, block)
    for side in disjuncts(condition.node):
        reason = question.purity.why_fails(side)
        if reason is not None:
            raise Refuse(f"{reason}, and OR may keep it from being asked")
    grouped = shapes.has_aggregates(block, question)
    by_union = distinct is not None and not grouped
    sides = [_joined(group) for group in groups]
    arms = []
    for number, side in enumerate(sides):
        excluded = [] if by_union else [exclusion(former) for former in sides[:number]]
        arms.append(surgery.and_all([side.copy(), *excluded]))
    if grouped:
        unions.split_below(question, block, condition.node, arms)
    else:
        unions.split(question, block, condition.node, arms, distinct=by_union)
    how = "UNION keeps one of each" if by_union else "each row is in the first arm whose condition is true"
    return f"the sides of OR are asked one by one; {how}"


def _require_splittable(question: Question, block: Block) -> None:
    """Raise Refuse where reading the block's sources twice may give something else, or rows depend on others."""
    if block.is_opaque:
        raise Refuse("its FROM is not understood")
    if shapes.has_windows(block):
        raise Refuse("window functions see the rows of both sides")
    if shapes.returns_sets(block, question):
        raise Refuse("a function in the SELECT list may give several rows")
    for name, value in block.node.args.items():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, exp.Expr) and name not in ("limit", "offset", "order", "distinct"):
                question.require_stable(part)


def exclusion(side: exp.Expr) -> exp.Expr:
    """Not true: false or NULL."""
    inner = side if isinstance(side, exp.Paren) else exp.Paren(this=side.copy())
    return exp.Not(this=exp.Is(this=inner.copy(), expression=exp.Boolean(this=True)))


def _joined(group: list[exp.Expr]) -> exp.Expr:
    joined = group[0].copy()
    for side in group[1:]:
        joined = exp.Or(this=joined, expression=side.copy())
    return exp.Paren(this=joined) if len(group) > 1 else joined
