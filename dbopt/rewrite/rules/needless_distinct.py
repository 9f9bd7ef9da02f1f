"""DISTINCT over rows that are all different anyway: the result has a key of every table in it, or the columns of GROUP
BY. Likewise inside an aggregate: count(DISTINCT id) over rows that are unique by id. PostgreSQL sorts or hashes them
all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import keys, shapes
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scope import Block, Reference
from dbopt.rewrite.trees import own_nodes

NAME = "needless-distinct"


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        distinct = block.node.args.get("distinct")
        if isinstance(distinct, exp.Distinct):
            yield partial(_change, question, block, distinct)
        for aggregate in _distinct_aggregates(question, block):
            yield partial(_change_aggregate, question, block, aggregate)


def _change(question: Question, block: Block, distinct: exp.Distinct) -> str:
    on = distinct.args.get("on")
    if shapes.has_windows(block):
        raise Refuse("window functions see the rows before DISTINCT, but nothing proves that the result is unique")
    if shapes.returns_sets(block, question):
        raise Refuse("a function in the SELECT list may give several rows")
    if on is not None:
        _require_unique_on(question, block, on)
    elif not keys.has_unique_rows(question, block):
        raise Refuse("nothing proves that its rows are all different: the result lacks a key of one of its sources")
    if _is_untyped_side(block):
        raise Refuse("DISTINCT settles the type of a constant, and without it the other side of the UNION does")
    block.node.set("distinct", None)
    return "the rows are all different by the keys in them"


def _is_untyped_side(block: Block) -> bool:
    """Whether it is one side of a set operation and has a constant whose type is open."""
    node: exp.Expr = block.node
    while isinstance(node.parent, exp.Subquery):
        node = node.parent
    if not isinstance(node.parent, exp.SetOperation):
        return False
    outputs = [shapes.meant(expression) for expression in block.node.expressions]
    return any(
        isinstance(one, (exp.Null, exp.Parameter)) or (isinstance(one, exp.Literal) and one.is_string)
        for one in outputs
    )


def _require_unique_on(question: Question, block: Block, on: exp.Expr) -> None:
    """Raise Refuse unless each row has its own values in DISTINCT ON."""
    if shapes.has_aggregates(block, question):
        raise Refuse("DISTINCT ON over groups is not looked at")
    chosen = on.expressions if isinstance(on, exp.Tuple) else [on]
    known = set()
    for item in chosen:
        meaning = question.analysis.meaning(item)
        column = shapes.meant(block.node.expressions[meaning]) if isinstance(meaning, int) else item
        reference = question.analysis.reference(column)
        if reference is not None and reference.source.block is block:
            known.add((id(reference.source), reference.name))
    if not keys.determines_all(question, block, known):
        raise Refuse("nothing proves that no two rows have the same values in DISTINCT ON")


def _distinct_aggregates(question: Question, block: Block) -> Iterator[exp.Distinct]:
    """count(DISTINCT x) and its kind, of one column."""
    for part in [*block.node.expressions, block.node.args.get("having")]:
        for node in own_nodes(part) if part is not None else ():
            if isinstance(node, exp.Distinct) and len(node.expressions) == 1:
                column = shapes.meant(node.expressions[0])
                is_own = isinstance(node.parent, (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max))
                if is_own and isinstance(column, exp.Column) and _has_a_key(question, block, column):
                    yield node


def _has_a_key(question: Question, block: Block, column: exp.Expr) -> bool:
    """Whether the column may be unique in its table: else the pattern is not there."""
    reference = question.analysis.reference(column)
    if reference is None or reference.source.block is not block or reference.source.table is None:
        return False
    name = reference.source.table_column(reference.name)
    return any(key.columns == (name,) for key in reference.source.table.keys)


def _change_aggregate(question: Question, block: Block, distinct: exp.Distinct) -> str:
    column = shapes.meant(distinct.expressions[0])
    reference = question.analysis.reference(column)
    assert reference is not None  # noqa: S101 - asked before
    if not _is_unique_among_rows(question, block, reference):
        raise Refuse(f"nothing proves that no two rows of the joined tables have the same {reference.name}")
    distinct.replace(column.copy())
    return f"no two rows have the same {reference.name}"


def _is_unique_among_rows(question: Question, block: Block, reference: Reference) -> bool:
    """NULLs do not count: for an outer join's rows of NULLs, several may have one."""
    return keys.determines_all(question, block, {(id(reference.source), reference.name)})
