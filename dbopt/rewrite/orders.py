"""Whether an order leaves open which row comes first. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from dbopt.rewrite import keys, shapes
from dbopt.rewrite.infer import called
from dbopt.rewrite.keys import Known
from dbopt.rewrite.question import Question
from dbopt.rewrite.scope import Block, Compound, Reference

# Window functions that give equal rows the same value, as long as no frame is written.
_OF_PEERS = frozenset(("rank", "dense_rank", "percent_rank", "cume_dist", "count", "sum", "avg", "min", "max"))


def is_total(question: Question, node: exp.Expr) -> bool:
    """Of a query: whether its ORDER BY leaves no ties, or it is the statement itself and cuts by LIMIT alone. Of a
    window function: whether its value is the same for any order of the rows.
    """
    if isinstance(node, exp.Window):
        return _is_total_window(question, node)
    query = question.analysis.query_of(node)
    items = _ordered(node)
    chosen = _distinct_on(node)
    if chosen and not (isinstance(query, Block) and determines(question, query, [*chosen, *items])):
        return False
    if node is question.tree or not (node.args.get("limit") or node.args.get("offset")):
        return True
    if isinstance(query, Compound):
        return _orders_by_all(query)
    return isinstance(query, Block) and bool(items) and determines(question, query, items)


def _ordered(node: exp.Expr) -> list[exp.Expr]:
    order = node.args.get("order")
    return [one.this if isinstance(one, exp.Ordered) else one for one in (order.expressions if order else ())]


def _distinct_on(node: exp.Expr) -> list[exp.Expr]:
    distinct = node.args.get("distinct")
    on = distinct.args.get("on") if isinstance(distinct, exp.Distinct) else None
    if on is None:
        return []
    return list(on.expressions) if isinstance(on, exp.Tuple) else [on]


def determines(question: Question, block: Block, items: Iterable[exp.Expr]) -> bool:
    """Whether two rows of the block's FROM and WHERE that are equal in these are the same; of groups, whether the items
    have all columns of GROUP BY.
    """
    known: Known = set()
    references: list[Reference] = []
    for item in items:
        reference = _meant(question, block, item)
        if reference is not None and reference.source.block is block:
            known.add((id(reference.source), reference.name))
            references.append(reference)
    if shapes.has_aggregates(block, question):
        return keys.groups_are_shown(question, block, references)
    return keys.determines_all(question, block, known)


def _meant(question: Question, block: Block, item: exp.Expr) -> Reference | None:
    """The column that an item of ORDER BY stands for: by number, by an output's name, or itself."""
    meaning = question.analysis.meaning(item)
    if isinstance(item, exp.Literal) and item.name.isdigit():
        meaning = int(item.name) - 1
    if isinstance(meaning, int):
        outputs = block.outputs
        if outputs is None or not 0 <= meaning < len(outputs):
            return None
        output = outputs[meaning]
        if output.reference is not None or output.node is None:
            return output.reference
        return question.analysis.reference(shapes.meant(output.node))
    return meaning if isinstance(meaning, Reference) else None


def _orders_by_all(query: Compound) -> bool:
    """A set operation without ALL, ordered by every column."""
    outputs, order = query.outputs, query.node.args.get("order")
    if outputs is None or order is None or not query.node.args.get("distinct"):
        return False
    return len({item.sql() for item in order.expressions}) >= len(outputs)


def _is_total_window(question: Question, node: exp.Window) -> bool:
    function = node.this.this if isinstance(node.this, exp.Filter) else node.this
    name = called(function) or type(function).__name__.lower()
    if isinstance(node.this, exp.WithinGroup) or isinstance(node.args.get("alias"), exp.Expr):
        return False  # a window that is defined elsewhere
    if name in _OF_PEERS and node.args.get("spec") is None:
        return question.purity.why_floats(node) is None
    block = question.analysis.query_of(node.find_ancestor(exp.Select) or node)
    if not isinstance(block, Block) or shapes.has_aggregates(block, question):
        return False
    items = _ordered(node)
    columns = [*items, *(node.args.get("partition_by") or ())]
    known = {
        (id(reference.source), reference.name)
        for column in columns
        if (reference := question.analysis.reference(column)) is not None and reference.source.block is block
    }
    return bool(items) and keys.determines_all(question, block, known)
