"""Subqueries that stand for one value: where they are, how they hang on the query around them, and how what takes their
place is joined to it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from dbopt.rewrite import shapes, surgery
from dbopt.rewrite.question import Question, Refuse
from dbopt.rewrite.scope import Block, Source, output_name
from dbopt.rewrite.text import text
from dbopt.rewrite.trees import is_comma, is_query, is_star, own_nodes
from dbopt.rewrite.types import COMPARABLE, TEXTS

_NOT_SCALAR = (exp.In, exp.Exists, exp.Any, exp.All, exp.Array, exp.From, exp.Join, exp.Lateral, exp.CTE)


@dataclass(frozen=True)
class Scalar:
    """A scalar subquery: its node in `block`, and its own block. `is_shown`: it stands in the SELECT list."""

    node: exp.Expr
    block: Block
    inner: Block
    is_shown: bool


@dataclass(frozen=True)
class Link:
    """`inner column = outer expression`, the condition that hangs a subquery on the row around it."""

    condition: exp.Expr
    inner: exp.Column
    outer: exp.Expr


def scalars(question: Question, block: Block) -> Iterator[Scalar]:
    """The scalar subqueries of the SELECT list and of WHERE that use columns of the block."""
    for clause in ("expressions", "where"):
        value = block.node.args.get(clause)
        for part in value if isinstance(value, list) else [value]:
            for node in own_nodes(part) if part is not None else ():
                if is_query(node) and isinstance(node, exp.Subquery) and not isinstance(node.parent, _NOT_SCALAR):
                    inner = question.analysis.query_of(node)
                    if isinstance(inner, Block) and _hangs_on(question, inner, block):
                        yield Scalar(node, block, inner, clause == "expressions")


def values(tree: exp.Expr) -> Iterator[exp.Expr]:
    """All subqueries that stand for a value."""
    for node in tree.find_all(exp.Subquery):
        parent = node.parent
        is_joined = isinstance(node.this, exp.Table) or parent is None or node.args.get("alias") is not None
        is_member = isinstance(parent, exp.In) and node.arg_key == "query"
        around = (exp.Exists, exp.Any, exp.All, exp.Array, exp.From, exp.Join, exp.Lateral, exp.CTE, exp.SetOperation)
        if is_query(node) and not (is_joined or is_member or isinstance(parent, (*around, exp.Subquery))):
            yield node


def _hangs_on(question: Question, inner: Block, block: Block) -> bool:
    references = question.analysis.references(inner.node)
    return any(one is not None and one.source.block is block for one in references)


def require_joinable(question: Question, scalar: Scalar) -> None:
    """Raise Refuse where the query around cannot take another source."""
    block = scalar.block
    if block.is_opaque or block.has_merged or block.has_right:
        raise Refuse("the FROM around it has USING, NATURAL, RIGHT or FULL JOIN, or is not understood")
    if block.node.args.get("locks"):
        raise Refuse("the query around it locks rows")
    if scalar.is_shown and shapes.has_aggregates(block, question):
        raise Refuse("the query around it groups its rows")
    if scalar.is_shown and shapes.returns_sets(block, question):
        raise Refuse("a function in the SELECT list may give several rows")
    question.require_stable(scalar.inner.node)


def links(question: Question, inner: Block) -> list[Link]:
    """The conditions that hang the subquery on the rows around it. Raises Refuse where it hangs on them otherwise."""
    found = []
    for condition in inner.conditions:
        if all(reference.source.block is not inner for reference in _certain(question, condition.node)):
            if condition.node.find(exp.Column) is None:
                continue
            raise Refuse(f"{text(condition.node)} asks of the row around it alone")
        link = _link(question, inner, condition.node) if condition.is_certain else None
        if link is not None:
            found.append(link)
        elif _uses_outside(question, inner, condition.node):
            raise Refuse(f"it depends on the row around it by {text(condition.node)}, not by equal values")
    return found


def _certain(question: Question, node: exp.Expr) -> list:  # type: ignore[type-arg]
    found = question.analysis.references(node)
    if any(one is None for one in found):
        raise Refuse(f"it is not certain what a column of {text(node)} means")
    return found


def _uses_outside(question: Question, inner: Block, node: exp.Expr) -> bool:
    return bool(_outside(question, inner, node))


def _outside(question: Question, inner: Block, node: exp.Expr) -> list[Source]:
    """The sources around the subquery that the expression uses."""
    around = set()
    current = inner.parent
    while current is not None:
        around.add(id(current))
        current = current.parent
    return [reference.source for reference in _certain(question, node) if id(reference.source.block) in around]


def _link(question: Question, inner: Block, condition: exp.Expr) -> Link | None:
    while isinstance(condition, exp.Paren):
        condition = condition.this
    if not isinstance(condition, exp.EQ):
        return None
    for own, other in ((condition.this, condition.expression), (condition.expression, condition.this)):
        reference = question.analysis.reference(own) if isinstance(own, exp.Column) else None
        if reference is None or reference.source.block is not inner:
            continue
        sources = [one.source.block for one in _certain(question, other)]
        if sources and all(block is inner.parent for block in sources) and other.find(exp.Query) is None:
            return Link(condition, own, other)
    return None


def require_same_groups(question: Question, link: Link) -> None:
    """Raise Refuse unless values that `=` takes for equal fall into one group, by PostgreSQL's own `=`."""
    own, other = question.inference.info(link.inner), question.inference.info(link.outer)
    if own.type not in COMPARABLE or other.type not in COMPARABLE:
        raise Refuse(f"the types of {text(link.condition)} are not certain")
    if own.type != other.type and not (own.type in _INTEGERS and other.type in _INTEGERS):
        raise Refuse(f"{own.type} is compared with {other.type}, by way of a cast")
    if own.type in TEXTS and not (own.is_exact and other.is_exact):
        raise Refuse("texts may be compared by a collation that takes different ones for equal")
    question.require_built_in("=")


_INTEGERS = ("int2", "int4", "int8")


def require_only_links(question: Question, inner: Block, found: Iterable[Link], parts: Iterable[exp.Expr]) -> None:
    """Raise Refuse where anything but the links uses the row around: FROM, or those parts."""
    apart = {id(column) for link in found for column in link.condition.find_all(exp.Column)}
    around = set()
    current = inner.parent
    while current is not None:
        around.add(id(current))
        current = current.parent
    for part in parts:
        for column in part.find_all(exp.Column):
            if id(column) in apart or is_star(column):
                continue
            reference = question.analysis.reference(column)
            if reference is None and not isinstance(question.analysis.meaning(column), int):
                raise Refuse(f"it is not certain what {text(column)} means")
            if reference is not None and id(reference.source.block) in around:
                raise Refuse(f"it depends on the row around it by {text(column)} as well")


# -- joining -----------------------------------------------------------------------------------------------------------


def expand_stars(block: Block) -> None:
    """`*` as `a.*, b.*`, so that another source adds no columns."""
    for expression in list(block.node.expressions):
        if isinstance(expression, exp.Star):
            stars = [exp.Column(this=exp.Star(), table=surgery.identifier(alias)) for alias in block.sources]
            place = block.node.expressions.index(expression)
            rest = block.node.expressions
            block.node.set("expressions", [*rest[:place], *stars, *rest[place + 1 :]])


def attach(block: Block, needed: Iterable[Source], join: exp.Join) -> None:
    """Join a source behind those that its ON needs. Where a comma stands between them, it becomes CROSS JOIN."""
    joins: list[exp.Join] = block.node.args.get("joins") or []
    wanted = {id(source) for source in needed}
    groups = [0]
    for one in joins:
        groups.append(groups[-1] + 1 if is_comma(one) else groups[-1])
    places = [_place_of(source, joins) for source in block.sources.values() if id(source) in wanted]
    first, last = min(groups[place] for place in places), max(groups[place] for place in places)
    for place, one in enumerate(joins):
        if first < groups[place + 1] <= last and is_comma(one):
            one.set("kind", "CROSS")
    end = max(place for place, group in enumerate(groups) if group == last)
    block.node.set("joins", [*joins[:end], join, *joins[end:]])


def _place_of(source: Source, joins: list[exp.Join]) -> int:
    """0 for what stands first in FROM, else the number of its join."""
    for place, join in enumerate(joins):
        if source.node is join.this or any(node is source.node for node in join.this.walk()):
            return place + 1
    return 0


def put(scalar: Scalar, value: exp.Expr) -> None:
    """Put the value in the subquery's place. An output that is only this subquery keeps its name."""
    node = scalar.node
    if isinstance(node.parent, exp.Select) and node.arg_key == "expressions":
        name = output_name(node)
        if name is None:
            raise Refuse("the name of a column of the result is not certain")
        if output_name(value) != name:
            value = exp.Alias(this=value, alias=surgery.identifier(name))
        node.replace(value)
        return
    node.replace(surgery.operand(value) if not isinstance(node.parent, exp.Alias) else value)
