"""What forms a query has, and how subqueries become conditions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from dbopt.rewrite import surgery
from dbopt.rewrite.analyse import is_query, own_nodes, unwrapped
from dbopt.rewrite.infer import COMPARABLE, INTEGERS
from dbopt.rewrite.question import Question, Refuse
from dbopt.rewrite.scope import Block, Query, unaliased

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
    if isinstance(node.parent, exp.Window) or isinstance(node.parent and node.parent.parent, exp.Window):
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
    return [
        words.get(name, name.upper()) for name in _CLAUSES if name not in without and block.node.args.get(name)
    ]


def is_plain(block: Block, question: Question) -> bool:
    """Whether it only joins, filters and computes: one row of the result for each row of FROM and WHERE."""
    return not (
        clauses(block, without=("order",))
        or block.is_opaque
        or has_aggregates(block, question)
        or has_windows(block)
        or returns_sets(block, question)
    )


def in_filter(node: exp.Expr, block: Block) -> bool:
    """Whether this is one of the conditions that AND connects in WHERE or in the ON of an inner join: there, NULL and
    false are the same.
    """
    return any(condition.node is node and condition.is_certain for condition in block.conditions)


def filters(block: Block) -> Iterator[exp.Expr]:
    for condition in block.conditions:
        if condition.is_certain:
            yield condition.node


def as_exists(question: Question, block: Block, values: Sequence[exp.Expr], query: Query) -> exp.Exists:
    """EXISTS with the rows of `query` that equal `values`, which are expressions of `block`. Takes the query's tree."""
    if not isinstance(query, Block) or not _can_take_conditions(query, question):
        return _exists_around(question, block, values, query)
    chosen = [unaliased(expression) for expression in query.node.expressions]
    if len(chosen) != len(values) or any(_is_star(one) for one in chosen):
        raise Refuse("the subquery's columns are not written out one by one")
    for value in values:
        surgery.take_inside(question.analysis, value, query, block)
    equal = [
        exp.EQ(this=surgery.operand(surgery.qualified(question.analysis, one)), expression=surgery.operand(value.copy()))
        for one, value in zip(chosen, values, strict=True)
    ]
    select = query.node
    surgery.add_conditions(select, equal)
    select.set("expressions", [exp.Literal.number(1)])
    for name in ("distinct", "order"):
        select.set(name, None)
    return exp.Exists(this=select.copy())


def _can_take_conditions(query: Block, question: Question) -> bool:
    """Whether conditions on its output may be asked in its own WHERE."""
    distinct = query.node.args.get("distinct")
    if isinstance(distinct, exp.Distinct) and distinct.args.get("on") is not None:
        return False
    plain = not clauses(query, without=("distinct", "order")) and not query.is_opaque
    grouped = has_aggregates(query, question) or has_windows(query) or returns_sets(query, question)
    return plain and not grouped


def _is_star(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star))


def _exists_around(question: Question, block: Block, values: Sequence[exp.Expr], query: Query) -> exp.Exists:
    """The query as it is, as a source."""
    if query.node.args.get("locks"):
        raise Refuse("the subquery locks rows")
    outputs = query.outputs
    if outputs is None or len(outputs) != len(values):
        raise Refuse("the subquery's columns are not known")
    tree = question.tree
    alias = surgery.fresh(tree, "found")
    names = [surgery.fresh(tree, f"value_{number + 1}") for number in range(len(values))]
    for value in values:
        surgery.qualify(question.analysis, value)
    equal = [
        exp.EQ(this=surgery.column(alias, name), expression=surgery.operand(value.copy()))
        for name, value in zip(names, values, strict=True)
    ]
    columns = [surgery.identifier(name) for name in names]
    around = exp.Subquery(
        this=query.node.copy(), alias=exp.TableAlias(this=surgery.identifier(alias), columns=columns)
    )
    select = exp.Select(
        expressions=[exp.Literal.number(1)],
        from_=exp.From(this=around),
        where=exp.Where(this=surgery.and_all(equal)),
    )
    return exp.Exists(this=select)


def values_of(node: exp.Expr) -> list[exp.Expr]:
    """The left side of IN: one value, or those of a row."""
    inner = node.this if isinstance(node, exp.Paren) and isinstance(node.this, exp.Tuple) else node
    return list(inner.expressions) if isinstance(inner, exp.Tuple) else [inner]


def membership(node: exp.Expr) -> tuple[exp.Expr, exp.Expr] | None:
    """The value and the query of `x IN (SELECT ...)` and `x = ANY (SELECT ...)`."""
    if isinstance(node, exp.Paren):
        return membership(node.this)
    if isinstance(node, exp.In) and node.args.get("query") is not None:
        return node.this, node.args["query"]
    if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any):
        return _quantified(node)
    return None


def non_membership(node: exp.Expr) -> tuple[exp.Expr, exp.Expr] | None:
    """The value and the query of `x NOT IN (SELECT ...)` and `x <> ALL (SELECT ...)`."""
    if isinstance(node, exp.Paren):
        return non_membership(node.this)
    if isinstance(node, exp.Not):
        return membership(node.this)
    if isinstance(node, exp.NEQ) and isinstance(node.expression, exp.All):
        return _quantified(node)
    return None


def _quantified(node: exp.Expr) -> tuple[exp.Expr, exp.Expr] | None:
    inner = node.expression.this
    while isinstance(inner, exp.Paren):
        inner = inner.this
    return (node.this, inner) if is_query(inner) else None


def require_comparable(question: Question, value: exp.Expr, output: exp.Expr | None, types: tuple[str | None, str | None]) -> None:
    """Raise Refuse unless `=` between the two is certainly PostgreSQL's own."""
    left, right = types
    if left is None and isinstance(value, (exp.Literal, exp.Parameter, exp.Null)):
        left = right  # it takes the type of what it is compared with
    if left not in COMPARABLE or right not in COMPARABLE:
        raise Refuse(f"the types of {surgery_text(value)} and of what it is compared with are not certain")
    if left != right and not (left in _NUMBERS and right in _NUMBERS) and not (left in _TEXTS and right in _TEXTS):
        raise Refuse(f"{left} is compared with {right}, by way of a cast")
    question.require_built_in("=")


_NUMBERS = (*INTEGERS,)
_TEXTS = ("text", "varchar")


def surgery_text(node: exp.Expr) -> str:
    from dbopt.rewrite.text import text

    return text(node)


def query_of(question: Question, node: exp.Expr) -> Query:
    """The query of a subquery's node. Raises Refuse where it is none that is understood."""
    found = question.analysis.query_of(unwrapped(node))
    if found is None:
        raise Refuse("the subquery is not understood")
    return found


def meant(expression: exp.Expr) -> exp.Expr:
    """An output without its alias and parentheses."""
    inner = unaliased(expression)
    return meant(inner.this) if isinstance(inner, exp.Paren) else inner


def has_grouping_sets(block: Block) -> bool:
    group = block.node.args.get("group")
    if group is None:
        return False
    return any(isinstance(item, (exp.GroupingSets, exp.Rollup, exp.Cube)) for item in group.walk())


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
            raise Refuse(f"it is not certain what {surgery_text(column)} means")
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


def require_own_aggregate(question: Question, node: exp.Expr, block: Block) -> None:
    """Raise Refuse where the aggregate may belong to a query around the block: one that uses columns from there alone
    does.
    """
    columns = [column for column in node.find_all(exp.Column) if not isinstance(column.this, exp.Star)]
    references = [question.analysis.reference(column) for column in columns]
    if columns and not any(one is not None and one.source.block is block for one in references):
        raise Refuse(f"{surgery_text(node)} may be an aggregate of the query around it")


def require_own_aggregates(question: Question, block: Block) -> None:
    """Raise Refuse where an aggregate of its SELECT list may belong to a query around it."""
    for part in block.node.expressions:
        for node in own_nodes(part):
            if is_aggregate(node, question):
                require_own_aggregate(question, node, block)
