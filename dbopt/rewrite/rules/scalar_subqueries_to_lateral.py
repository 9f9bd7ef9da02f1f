"""Several subqueries of the SELECT list that look at the same rows - the last order's date, the last order's total -
are one: LEFT JOIN LATERAL gives all their values at once. They have to give one row at most: an aggregate does, and so
does a unique key, or LIMIT 1 by an order that leaves no ties, or the values might be of different rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import keys, orders, scalars, shapes, surgery
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scalars import Scalar
from dbopt.rewrite.scope import Block, Reference, unaliased
from dbopt.rewrite.text import text
from dbopt.rewrite.types import number

NAME = "scalar-subqueries-to-lateral"


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        alike: dict[str, list[Scalar]] = {}
        for scalar in scalars.scalars(question, block):
            if scalar.is_shown and len(scalar.inner.node.expressions) == 1:
                alike.setdefault(_rows_of(scalar.inner), []).append(scalar)
        for group in alike.values():
            if len(group) > 1:
                yield partial(_change, question, block, group)


def _rows_of(inner: Block) -> str:
    """The subquery's text without its SELECT list: those with the same look at the same rows."""
    select = inner.node.copy()
    select.set("expressions", [exp.Star()])
    return text(select)


def _change(question: Question, block: Block, group: list[Scalar]) -> str:
    first = group[0]
    if first.inner.node.args.get("distinct") or shapes.has_windows(first.inner):
        raise Refuse("with DISTINCT or window functions, their rows need not be the same")
    grouped = {shapes.has_aggregates(scalar.inner, question) for scalar in group}
    if len(grouped) > 1:
        raise Refuse("some are aggregates of all rows, others values of one row")
    for scalar in group:
        _require_one_row(question, scalar, is_grouped=grouped == {True})
    alias = surgery.fresh(question.tree, "one")
    names = [surgery.fresh(question.tree, f"value_{place}") for place in range(1, len(group) + 1)]
    scalars.expand_stars(block)
    select = first.inner.node.copy()
    values = [unaliased(scalar.inner.node.expressions[0]).copy() for scalar in group]
    select.set(
        "expressions",
        [exp.Alias(this=value, alias=surgery.identifier(name)) for value, name in zip(values, names, strict=True)],
    )
    needed = [
        reference.source
        for scalar in group
        for reference in question.analysis.references(scalar.inner.node)
        if reference is not None and reference.source.block is block
    ]
    for scalar, name in zip(group, names, strict=True):
        scalars.put(scalar, surgery.column(alias, name))
    lateral = exp.Lateral(this=exp.Subquery(this=select), alias=exp.TableAlias(this=surgery.identifier(alias)))
    scalars.attach(block, needed, exp.Join(this=lateral, side="LEFT", on=exp.Boolean(this=True)))
    return f"{len(group)} subqueries look at the same row, which is read once"


def _require_one_row(question: Question, scalar: Scalar, *, is_grouped: bool) -> None:
    """Raise Refuse unless the subquery gives one row at most, and always the same."""
    inner = scalar.inner
    limit = inner.node.args.get("limit")
    _require_room(question, scalar.block)
    if shapes.clauses(inner, without=("limit", "order")) or inner.is_opaque or shapes.returns_sets(inner, question):
        raise Refuse("they have clauses beside WHERE, ORDER BY and LIMIT")
    for part in [*inner.node.expressions, *_sources(inner), inner.node.args.get("where")]:
        if part is not None:
            question.require_stable(part)
    if is_grouped:
        if limit is not None or inner.node.args.get("offset"):
            raise Refuse("an aggregate with LIMIT or OFFSET may give no row")
        shapes.require_own_aggregates(question, inner)
    elif limit is None:
        if not _has_key(question, inner):
            raise Refuse("nothing proves that they give one row at most")
    else:
        _require_first(question, inner, limit)


def _require_room(question: Question, block: Block) -> None:
    """Raise Refuse where the query around them cannot take another source."""
    if block.is_opaque or block.has_merged or block.has_right:
        raise Refuse("the FROM around them has USING, NATURAL, RIGHT or FULL JOIN, or is not understood")
    if block.node.args.get("locks") or shapes.has_aggregates(block, question):
        raise Refuse("the query around them groups or locks its rows")
    if shapes.returns_sets(block, question):
        raise Refuse("a function in the SELECT list may give several rows")


def _require_first(question: Question, inner: Block, limit: exp.Expr) -> None:
    """Raise Refuse unless it is LIMIT 1 by an order that leaves no ties."""
    if not _is_one(limit):
        raise Refuse("LIMIT is not 1")
    if not _is_ordered(question, inner):
        raise Refuse("their ORDER BY leaves ties, so that each may take its value from another row")


def _sources(inner: Block) -> list[exp.Expr]:
    return [part for part in (inner.node.args.get("from_"), *(inner.node.args.get("joins") or [])) if part is not None]


def _is_one(limit: exp.Expr) -> bool:
    value = limit.expression if isinstance(limit, exp.Limit) else limit.args.get("count")
    with_ties = limit.args.get("limit_options")
    ties = with_ties is not None and with_ties.args.get("with_ties")
    return value is not None and number(value) == 1 and not ties


def _linked(question: Question, inner: Block) -> set[tuple[int, str]]:
    found = set()
    for link in scalars.links(question, inner):
        reference = question.analysis.reference(link.inner)
        scalars.require_same_groups(question, link)
        if reference is not None:
            found.add((id(reference.source), reference.name))
    return found


def _has_key(question: Question, inner: Block) -> bool:
    return keys.determines_all(question, inner, _linked(question, inner))


def _is_ordered(question: Question, inner: Block) -> bool:
    order = inner.node.args.get("order")
    items = [one.this if isinstance(one, exp.Ordered) else one for one in (order.expressions if order else ())]
    if any(not isinstance(question.analysis.meaning(item), Reference) for item in items):
        raise Refuse("their ORDER BY names a column of the result, or something computed")
    return bool(items) and orders.determines(question, inner, items)
