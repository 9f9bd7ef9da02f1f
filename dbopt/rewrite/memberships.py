"""`x IN (SELECT y ...)` in all its forms, and how it becomes EXISTS. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from dbopt.rewrite import shapes, surgery
from dbopt.rewrite.question import Question, Refuse
from dbopt.rewrite.scope import Block, Query, unaliased
from dbopt.rewrite.text import text
from dbopt.rewrite.trees import is_query, unwrapped
from dbopt.rewrite.types import COMPARABLE, INTEGERS

_TEXTS = ("text", "varchar")


def as_exists(question: Question, block: Block, values: Sequence[exp.Expr], query: Query) -> exp.Exists:
    """EXISTS with the rows of `query` that equal `values`, which are expressions of `block`. Takes the query's tree."""
    shapes.require_harmless_join(question, query)
    if not isinstance(query, Block) or not _can_take_conditions(query, question):
        return _exists_around(question, values, query)
    chosen = [unaliased(expression) for expression in query.node.expressions]
    if len(chosen) != len(values) or any(_is_star(one) for one in chosen):
        raise Refuse("the subquery's columns are not written out one by one")
    for value in values:
        surgery.take_inside(question.analysis, value, query, block)
    equal = [
        exp.EQ(
            this=surgery.operand(surgery.qualified(question.analysis, one)), expression=surgery.operand(value.copy())
        )
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
    plain = not shapes.clauses(query, without=("distinct", "order")) and not query.is_opaque
    grouped = (
        shapes.has_aggregates(query, question) or shapes.has_windows(query) or shapes.returns_sets(query, question)
    )
    return plain and not grouped


def _is_star(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star))


def _exists_around(question: Question, values: Sequence[exp.Expr], query: Query) -> exp.Exists:
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
    around = exp.Subquery(this=query.node.copy(), alias=exp.TableAlias(this=surgery.identifier(alias), columns=columns))
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


def require_comparable(question: Question, value: exp.Expr, types: tuple[str | None, str | None]) -> None:
    """Raise Refuse unless `=` between the two is certainly PostgreSQL's own."""
    left, right = types
    if left is None and isinstance(value, (exp.Literal, exp.Parameter, exp.Null)):
        left = right  # it takes the type of what it is compared with
    if left not in COMPARABLE or right not in COMPARABLE:
        raise Refuse(f"the types of {text(value)} and of what it is compared with are not certain")
    if left != right and not (left in INTEGERS and right in INTEGERS) and not (left in _TEXTS and right in _TEXTS):
        raise Refuse(f"{left} is compared with {right}, by way of a cast")
    question.require_built_in("=")


def query_of(question: Question, node: exp.Expr) -> Query:
    """The query of a subquery's node. Raises Refuse where it is none that is understood."""
    found = question.analysis.query_of(unwrapped(node))
    if found is None:
        raise Refuse("the subquery is not understood")
    return found
