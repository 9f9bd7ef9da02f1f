"""What forms a query has, and what belongs to them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from dbopt.rewrite.question import Question, Refuse
from dbopt.rewrite.scope import Block, Query, Reference, unaliased
from dbopt.rewrite.text import text
from dbopt.rewrite.trees import own_nodes

_CLAUSES = ("with_", "group", "having", "windows", "distinct", "limit", "offset", "locks", "order")


def has_aggregates(block: Block, question: Question) -> bool:
    """Whether the SELECT groups its rows, by GROUP BY, HAVING or an aggregate."""
    if block.node.args.get("group") or block.node.args.get("having"):
        return True
    order = block.node.args.get("order")
    parts = [*block.node.expressions, *(order.expressions if order is not None else ())]
    return any(is_aggregate(node, question) for part in parts for node in own_nodes(part))


def is_aggregate(node: exp.Expr, question: Question) -> bool:
    """Whether this is the call of an aggregate function, and not of a window function."""
    around = node.parent.parent if isinstance(node.parent, exp.Filter) else node.parent
    if isinstance(around, exp.Window) and node.arg_key == "this":
        return False
    if isinstance(node, (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max)):
        return True
    return isinstance(node, exp.Anonymous) and any(f.is_aggregate for f in question.purity.functions(node))


def has_windows(block: Block) -> bool:
    return any(isinstance(node, exp.Window) for part in block.node.expressions for node in own_nodes(part))


def returns_sets(block: Block, question: Question) -> bool:
    """Whether a function in the SELECT list may give several rows."""
    for part in block.node.expressions:
        for node in own_nodes(part):
            if isinstance(node, exp.Unnest):
                return True
            if isinstance(node, exp.Anonymous):
                functions = question.purity.functions(node)
                if not functions or any(function.returns_set for function in functions):
                    return True
    return False


def clauses(block: Block, *, without: Sequence[str] = ()) -> list[str]:
    """Which clauses the SELECT has beside FROM and WHERE, in words."""
    words = {"with_": "WITH", "group": "GROUP BY", "windows": "WINDOW", "locks": "FOR UPDATE", "order": "ORDER BY"}
    return [words.get(name, name.upper()) for name in _CLAUSES if name not in without and block.node.args.get(name)]


def is_plain(block: Block, question: Question) -> bool:
    """Whether it only joins, filters and computes: one row of the result for each row of FROM and WHERE."""
    return not (
        clauses(block, without=("order",))
        or block.is_opaque
        or has_aggregates(block, question)
        or has_windows(block)
        or returns_sets(block, question)
    )


def filters(block: Block) -> Iterator[exp.Expr]:
    for condition in block.conditions:
        if condition.is_certain:
            yield condition.node


def meant(expression: exp.Expr) -> exp.Expr:
    """An output without its alias and parentheses."""
    inner = unaliased(expression)
    return meant(inner.this) if isinstance(inner, exp.Paren) else inner


def has_grouping_sets(block: Block) -> bool:
    group = block.node.args.get("group")
    if group is None:
        return False
    return any(isinstance(item, (exp.GroupingSets, exp.Rollup, exp.Cube)) or _is_empty(item) for item in group.walk())


def _is_empty(item: exp.Expr) -> bool:
    """GROUP BY (), which gives one group even of no rows."""
    return isinstance(item, exp.Tuple) and not item.expressions


def outer_nodes(question: Question, node: exp.Expr, block: Block) -> list[exp.Column]:
    """The columns of the block's own sources below the node, nested queries included. Raises Refuse where the meaning
    of one is not certain.
    """
    found = []
    for column in node.find_all(exp.Column):
        if isinstance(column.this, exp.Star):
            continue
        reference = question.analysis.reference(column)
        if reference is None and not isinstance(question.analysis.meaning(column), int):
            raise Refuse(f"it is not certain what {text(column)} means")
        if reference is not None and reference.source.block is block:
            found.append(column)
    return found


def asks_aggregates_around(node: exp.Expr, block: Block, question: Question) -> bool:
    """Whether a subquery within uses an aggregate whose arguments are columns of the block alone: it then belongs to
    the block's groups.
    """
    for part in node.walk():
        if is_aggregate(part, question):
            columns = list(part.find_all(exp.Column))
            references = [question.analysis.reference(column) for column in columns]
            if not columns or any(one is None for one in references):
                continue
            if all(one is not None and one.source.block is block for one in references):
                return True
    return False


def require_harmless_join(question: Question, query: Query) -> None:
    """Raise Refuse where a subquery that depends on the row around it may fail for rows that it is never asked of now:
    as EXISTS it may become a join, which looks at them before.
    """
    inside = {id(node) for node in query.node.walk()}

    def is_outside(reference: Reference | None) -> bool:
        return reference is not None and id(reference.source.node) not in inside

    def is_of_the_row_around(node: exp.Expr) -> bool:
        found = question.analysis.references(node)
        return bool(found) and all(is_outside(one) for one in found)

    if not any(one is None or is_outside(one) for one in question.analysis.references(query.node)):
        return
    for block in query.blocks:
        for part in (*(condition.node for condition in block.conditions), *block.node.expressions):
            reason = question.purity.why_fails(part, is_of_the_row_around)
            if reason is not None:
                raise Refuse(f"{reason}, and a join may ask it of rows that the subquery leaves out")


def require_own_aggregate(question: Question, node: exp.Expr, block: Block) -> None:
    """Raise Refuse where the aggregate may belong to a query around the block: one that uses columns from there alone
    does.
    """
    columns = [column for column in node.find_all(exp.Column) if not isinstance(column.this, exp.Star)]
    references = [question.analysis.reference(column) for column in columns]
    if columns and not any(one is not None and one.source.block is block for one in references):
        raise Refuse(f"{text(node)} may be an aggregate of the query around it")


def require_own_aggregates(question: Question, block: Block) -> None:
    """Raise Refuse where an aggregate of its SELECT list may belong to a query around it."""
    for part in block.node.expressions:
        for node in own_nodes(part):
            if is_aggregate(node, question):
                require_own_aggregate(question, node, block)
