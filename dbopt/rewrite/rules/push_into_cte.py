"""A WITH query that is MATERIALIZED, or mentioned more than once, is computed whole before anything is asked of it.
What every mention asks of its columns can be asked inside already: of a single one, the condition moves; of several,
each keeps its own and the query gets them all, connected by OR.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import shapes, surgery
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scope import Block, Cte, Info, Output, Source, unaliased
from dbopt.rewrite.text import text
from dbopt.rewrite.trees import own_nodes
from dbopt.rewrite.types import TEXTS

NAME = "push-into-cte"


def find(question: Question) -> Iterator[Move]:
    for cte in question.analysis.ctes:
        mentions = _mentions(cte)
        is_fence = cte.materialized is True or (len(mentions) > 1 and cte.materialized is None)
        asked = [_asked(question, source) for source in mentions]
        if is_fence and asked and all(asked):
            yield partial(_change, question, cte, asked)


def _mentions(cte: Cte) -> list[Source]:
    """Where it stands in a FROM, its own aside."""
    inside = {id(node) for node in cte.node.walk()}
    return [source for source in cte.sources if id(source.node) not in inside]


def _asked(question: Question, source: Source) -> list[exp.Expr]:
    """The conditions of the block that ask of this source's columns alone."""
    found = []
    for condition in source.block.conditions:
        references = question.analysis.references(condition.node)
        mine = [one for one in references if one is not None and one.source is source]
        if condition.is_certain and mine and len(mine) == len(references) and not condition.node.find(exp.Query):
            found.append(condition.node)
    return found


def _change(question: Question, cte: Cte, asked: list[list[exp.Expr]]) -> str:
    if cte.is_recursive:
        raise Refuse("WITH RECURSIVE: what a later round finds may rest on rows that the condition would leave out")
    if any(source.is_nullable or source.is_sampled for source in cte.sources):
        raise Refuse("an outer join puts NULLs in place of its rows")
    for conditions in asked:
        _require_harmless(question, conditions)
    blocks = list(cte.query.blocks)
    if not blocks or any(not _is_union(node) for node in _set_operations(cte.query.node)):
        raise Refuse("it is not made of SELECTs that UNION connects")
    for block in blocks:
        _require_same_rows(question, block)
    question.require_stable(cte.query.node)
    wanted = _wanted(asked)
    for block in blocks:
        _push(question, cte, block, wanted)
    if len(asked) == 1:
        for condition in asked[0]:
            surgery.drop_condition(condition)
    return "its rows are the same, only those that nobody asks for are left out before"


def _require_harmless(question: Question, conditions: list[exp.Expr]) -> None:
    """Raise Refuse where a condition may fail or change."""
    for condition in conditions:
        question.require_stable(condition)
        reason = question.purity.why_fails(condition)
        if reason is not None:
            raise Refuse(f"{reason}, and MATERIALIZED keeps it from rows that are left out inside")


def _set_operations(node: exp.Expr) -> Iterator[exp.Expr]:
    while isinstance(node, exp.Subquery):
        node = node.this
    if isinstance(node, exp.SetOperation):
        yield node
        yield from _set_operations(node.this)
        yield from _set_operations(node.expression)


def _is_union(node: exp.Expr) -> bool:
    return isinstance(node, exp.Union) and not (node.args.get("limit") or node.args.get("offset"))


def _wanted(asked: list[list[exp.Expr]]) -> exp.Expr:
    """What any of the mentions asks for."""
    parts = [surgery.and_all([one.copy() for one in conditions]) for conditions in asked]
    joined = parts[0]
    for part in parts[1:]:
        joined = exp.Or(this=joined, expression=part)
    return joined


def _push(question: Question, cte: Cte, block: Block, wanted: exp.Expr) -> None:
    """AND the condition to the block, its columns replaced by what they are made of there."""
    outputs = block.outputs
    names = next(iter(cte.sources)).columns
    if outputs is None or names is None or len(outputs) != len(names):
        raise Refuse("its columns are not known")
    made = wanted.copy()
    for column in list(made.find_all(exp.Column)):
        place = _place(column, cte, names)
        if len(list(cte.query.blocks)) > 1:
            _require_one_type(question.inference.output(cte.query, place))
        inner = _inner(question, block, outputs[place])
        column.replace(surgery.operand(inner))
    surgery.add_conditions(block.node, [made])


def _require_one_type(info: Info) -> None:
    if info.type is None:
        raise Refuse("the SELECTs that UNION connects may have different types, and it compares one that fits all")
    if info.type in TEXTS and info.collation is None:
        raise Refuse("the SELECTs that UNION connects may have different collations, and it compares by one of them")


def _place(column: exp.Column, cte: Cte, names: tuple[str, ...]) -> int:
    from dbopt.rewrite.scope import name_of

    name = name_of(column.this) or ""
    for source in cte.sources:
        own = source.columns or ()
        if own.count(name) == 1:
            return own.index(name)
    if names.count(name) != 1:
        raise Refuse(f"it is not certain which of its columns {name} is")
    return names.index(name)


def _require_same_rows(question: Question, block: Block) -> None:
    """Raise Refuse where leaving out rows before would change others."""
    for clause in ("limit", "offset", "locks", "with_"):
        if block.node.args.get(clause):
            raise Refuse(f"it has {clause.upper().rstrip('_')}, which takes some of its rows")
    if block.is_opaque or block.node.args.get("from_") is None:
        raise Refuse("its FROM is not understood")
    distinct = block.node.args.get("distinct")
    if isinstance(distinct, exp.Distinct) and distinct.args.get("on") is not None:
        raise Refuse("DISTINCT ON takes some of its rows")
    if shapes.has_windows(block):
        raise Refuse("window functions see the rows that would be left out")
    if shapes.returns_sets(block, question):
        raise Refuse("a function in its SELECT list may give several rows")
    if shapes.has_grouping_sets(block):
        raise Refuse("with grouping sets, a column is NULL in some of its groups")


def _inner(question: Question, block: Block, output: Output) -> exp.Expr:
    """What the output is made of, to be asked in WHERE."""
    if output.reference is not None:
        inner: exp.Expr = surgery.column(output.reference.source.alias, output.reference.name)
    elif output.node is not None:
        inner = unaliased(output.node)
    else:
        raise Refuse("one of its columns is not understood")
    if inner.find(exp.Query) is not None:
        raise Refuse("one of its columns is a subquery, which would be asked twice")
    reason = question.purity.why_fails(inner)
    if reason is not None:
        raise Refuse(f"{reason}, and it would be asked of rows that are left out now")
    if shapes.has_aggregates(block, question):
        _require_of_group(question, block, output)
    if _is_inexact(question, block, output):
        raise Refuse("values that DISTINCT, UNION or GROUP BY takes for equal need not be the same")
    copied = inner if output.reference is not None else surgery.qualified(question.analysis, inner)
    if isinstance(copied, exp.Literal) and copied.is_string:
        copied = exp.Cast(this=copied, to=exp.DataType(this=exp.DType.TEXT))
    return copied


def _require_of_group(question: Question, block: Block, output: Output) -> None:
    if output.node is not None and any(shapes.is_aggregate(node, question) for node in own_nodes(output.node)):
        raise Refuse(f"{text(output.node)} is only known when its groups are complete")
    group = block.node.args.get("group")
    if group is None:
        raise Refuse("without GROUP BY there is one row, whatever is left out")
    outputs = block.outputs or []
    place = outputs.index(output)
    for item in group.expressions:
        meaning = question.analysis.meaning(item)
        if isinstance(item, exp.Literal) and item.name == str(place + 1):
            return
        if meaning == place and isinstance(meaning, int):
            return
        if output.node is not None and (shapes.meant(output.node) == item or _same(question, output, item)):
            return
    raise Refuse("the column is not one of those of GROUP BY")


def _same(question: Question, output: Output, item: exp.Expr) -> bool:
    node = shapes.meant(output.node) if output.node is not None else None
    reference = question.analysis.reference(node) if node is not None else output.reference
    return reference is not None and question.analysis.reference(item) == reference


def _is_inexact(question: Question, block: Block, output: Output) -> bool:
    """Whether one value may stand for others that are equal to it."""
    parent = block.node.parent
    around = isinstance(parent, exp.Union) and bool(parent.args.get("distinct"))
    if not (block.node.args.get("distinct") or shapes.has_aggregates(block, question) or around):
        return False
    info = question.inference.column(output.reference) if output.reference is not None else None
    if info is None and output.node is not None:
        info = question.inference.info(output.node)
    return info is None or not info.is_exact
