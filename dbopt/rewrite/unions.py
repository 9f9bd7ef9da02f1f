"""One query as several that UNION connects. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from dbopt.rewrite import surgery
from dbopt.rewrite.question import Question, Refuse
from dbopt.rewrite.scope import Block, Output, Reference
from dbopt.rewrite.text import text

_OF_THE_WHOLE = ("order", "limit", "offset", "with_")


def may_stand_here(block: Block) -> bool:
    """Whether a UNION may take the SELECT's place: it is the statement, a WITH query, or a subquery in FROM."""
    parent = block.node.parent
    if parent is None or isinstance(parent, exp.CTE):
        return True
    return isinstance(parent, exp.Subquery) and isinstance(parent.parent, (exp.From, exp.Join, exp.Lateral))


def split(question: Question, block: Block, condition: exp.Expr, arms: Sequence[exp.Expr], *, distinct: bool) -> None:
    """The block once for each arm, which takes the place of the condition."""
    if block.node.args.get("locks"):
        raise Refuse("it locks rows")
    order = _order_by_outputs(question, block)
    selects = [_arm(block.node, condition, arm) for arm in arms]
    union = joined(selects, distinct=distinct)
    union.set("order", order)
    for name in ("limit", "offset", "with_"):
        value = block.node.args.get(name)
        union.set(name, value.copy() if value is not None else None)
    question.put(block.node, union)


def joined(selects: Sequence[exp.Expr], *, distinct: bool) -> exp.Expr:
    union = selects[0]
    for select in selects[1:]:
        union = exp.Union(this=union, expression=select, distinct=distinct)
    return union


def _arm(select: exp.Expr, condition: exp.Expr, arm: exp.Expr) -> exp.Expr:
    """A copy of the SELECT with the arm in the condition's place."""
    marker = exp.Column(this=exp.Identifier(this="dbopt_arm", quoted=True))
    condition.replace(marker)
    made = select.copy()
    marker.replace(condition)
    copied = next(one for one in made.find_all(exp.Column) if one.name == "dbopt_arm")
    if isinstance(copied.parent, exp.And):
        arm = surgery.grouped(arm, (exp.Or,))
    elif isinstance(arm, exp.Paren):
        arm = arm.this
    copied.replace(arm)
    for name in (*_OF_THE_WHOLE, "distinct"):
        made.set(name, None)
    return made


def _order_by_outputs(question: Question, block: Block) -> exp.Expr | None:
    """ORDER BY in terms of the result's columns, as a UNION wants it. Raises Refuse where it takes something else."""
    order = block.node.args.get("order")
    if order is None:
        return None
    outputs = block.outputs
    if outputs is None:
        raise Refuse("the columns of the result are not known, and ORDER BY has to name them")
    made: exp.Expr = order.copy()
    for old, new in zip(order.expressions, made.expressions, strict=True):
        item = old.this if isinstance(old, exp.Ordered) else old
        target = new.this if isinstance(new, exp.Ordered) else new
        target.replace(_output_key(question, item, outputs))
    return made


def _output_key(question: Question, item: exp.Expr, outputs: Sequence[Output]) -> exp.Expr:
    if isinstance(item, exp.Literal) and item.name.isdigit():
        return item.copy()
    meaning = question.analysis.meaning(item)
    place = meaning if isinstance(meaning, int) else _place(question, item, meaning, outputs)
    if place is None:
        raise Refuse(f"ORDER BY {text(item)} is not a column of the result, and a UNION has no other")
    name = outputs[place].name
    if name is not None and name != "?column?" and [output.name for output in outputs].count(name) == 1:
        return exp.Column(this=surgery.identifier(name))
    return exp.Literal.number(place + 1)


def _place(question: Question, item: exp.Expr, meaning: object, outputs: Sequence[Output]) -> int | None:
    for place, output in enumerate(outputs):
        if isinstance(meaning, Reference):
            found = output.reference
            if found is None and isinstance(output.node, exp.Column):
                found = question.analysis.reference(output.node)
            if found == meaning:
                return place
        elif output.node is not None and output.node == item:
            return place
    return None


# -- below a GROUP BY --------------------------------------------------------------------------------------------------


def split_below(question: Question, block: Block, condition: exp.Expr, arms: Sequence[exp.Expr]) -> None:
    """The FROM and WHERE of a block with aggregates, once for each arm, as a subquery of which it groups the rows."""
    if block.node.args.get("locks"):
        raise Refuse("it locks rows")
    used = _used_above(question, block)
    alias = surgery.fresh(question.tree, "matching")
    names = _names(question, used)
    for column, reference in used:
        surgery.replace_column(column, surgery.column(alias, names[reference]))
    chosen = [_named(one, name) for one, name in names.items()] or [exp.Literal.number(1)]
    below = exp.Select(expressions=chosen)
    for name in ("from_", "joins", "where"):
        value = block.node.args.get(name)
        block.node.set(name, None)
        below.set(name, value)
    union = joined([_arm(below, condition, arm) for arm in arms], distinct=False)
    around = exp.Subquery(this=union, alias=exp.TableAlias(this=surgery.identifier(alias)))
    block.node.set("from_", exp.From(this=around))


def _named(reference: Reference, name: str) -> exp.Expr:
    column = surgery.column(reference.source.alias, reference.name)
    return column if name == reference.name else exp.Alias(this=column, alias=surgery.identifier(name))


def _used_above(question: Question, block: Block) -> list[tuple[exp.Column, Reference]]:
    """The columns of the block's sources that stand outside of FROM and WHERE, nested queries included."""
    found = []
    for name, value in block.node.args.items():
        if name in ("from_", "joins", "where", "with_"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if not isinstance(part, exp.Expr):
                continue
            for column in part.find_all(exp.Column):
                found += _own(question, block, column)
    return found


def _own(question: Question, block: Block, column: exp.Column) -> list[tuple[exp.Column, Reference]]:
    if isinstance(column.this, exp.Star):
        raise Refuse("a star stands for columns that would be others in a subquery")
    meaning = question.analysis.meaning(column)
    if isinstance(meaning, int):
        return []
    if meaning is None:
        raise Refuse(f"it is not certain what {text(column)} means")
    return [(column, meaning)] if meaning.source.block is block else []


def _names(question: Question, used: Sequence[tuple[exp.Column, Reference]]) -> dict[Reference, str]:
    """A name for each column in the subquery: its own, unless two have the same."""
    references = list(dict.fromkeys(reference for _, reference in used))
    plain = [reference.name for reference in references]
    return {
        reference: reference.name
        if plain.count(reference.name) == 1
        else surgery.fresh(question.tree, f"{reference.source.alias}_{reference.name}")
        for reference in references
    }
