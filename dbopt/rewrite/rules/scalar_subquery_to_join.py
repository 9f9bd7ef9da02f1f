"""A subquery that gives one value for each row around it is run for each of them. An aggregate of the rows with equal
values is computed once for all groups and joined: `x > (SELECT avg(y) FROM t WHERE t.k = o.k)`. A value that is looked
up by a unique key is a LEFT JOIN. count() of no rows is 0, every other aggregate NULL, as is a column without a match.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import keys, scalars, shapes, surgery
from dbopt.rewrite.infer import called
from dbopt.rewrite.nulls import Nulls
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scalars import Link, Scalar
from dbopt.rewrite.scope import Block, Source, unaliased
from dbopt.rewrite.text import text
from dbopt.rewrite.trees import own_nodes
from dbopt.rewrite.types import TEXTS

NAME = "scalar-subquery-to-join"
_AGGREGATES = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max)
_NAMED = ("bool_and", "bool_or", "every")


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        for scalar in scalars.scalars(question, block):
            grouped = shapes.has_aggregates(scalar.inner, question)
            if not grouped and scalar.inner.node.args.get("limit"):
                continue  # one of several rows, which is no lookup
            yield partial(_change_aggregate if grouped else _change_lookup, question, scalar)


# -- aggregates --------------------------------------------------------------------------------------------------------


def _change_aggregate(question: Question, scalar: Scalar) -> str:
    inner = scalar.inner
    others = shapes.clauses(inner, without=("order",))
    if others or shapes.has_windows(inner) or inner.is_opaque:
        raise Refuse(f"with {(others or ['what it has'])[0]}, it may give no row, or several")
    scalars.require_joinable(question, scalar)
    value = unaliased(inner.node.expressions[0])
    aggregates = [node for node in own_nodes(value) if shapes.is_aggregate(node, question)]
    aggregates = [node.parent if isinstance(node.parent, exp.Filter) else node for node in aggregates]
    for aggregate in aggregates:
        _require_known(question, aggregate, inner)
    found = scalars.links(question, inner)
    if not found:
        raise Refuse("it does not depend on the row around it by equal values")
    for link in found:
        scalars.require_same_groups(question, link)
    sources = [inner.node.args["from_"], *(inner.node.args.get("joins") or [])]
    where = inner.node.args.get("where")
    scalars.require_only_links(question, inner, found, [*sources, *([where] if where else []), *aggregates])
    _require_safe(question, inner, found, aggregates)
    scalars.expand_stars(scalar.block)
    _join_groups(question, scalar, value, aggregates, found)
    return "the aggregate is computed once for each group; without rows count() is 0, and the others are NULL"


def _require_known(question: Question, aggregate: exp.Expr, inner: Block) -> None:
    """Raise Refuse unless its value is the same for any order of the rows, and NULL (0 for count) for none."""
    call = aggregate.this if isinstance(aggregate, exp.Filter) else aggregate
    if not isinstance(call, _AGGREGATES) and called(call) not in _NAMED:
        raise Refuse(f"it is not known what {text(call)} gives for no rows")
    question.require_built_in(called(call) or type(call).__name__.lower())
    shapes.require_own_aggregate(question, aggregate, inner)
    reason = question.purity.why_floats(aggregate)
    if reason is not None:
        raise Refuse(reason)
    if isinstance(call, (exp.Min, exp.Max)):
        info = question.inference.info(call.this)
        if info.type is None or (info.type in TEXTS and not info.is_exact):
            raise Refuse(f"it is not certain how values of {text(call.this)} are compared")


def _require_safe(question: Question, inner: Block, found: list[Link], aggregates: list[exp.Expr]) -> None:
    """Raise Refuse where groups that nobody asks for could fail."""
    apart = {id(link.condition) for link in found}
    asked = [condition.node for condition in inner.conditions if id(condition.node) not in apart]
    for part in (*asked, *aggregates):
        reason = question.purity.why_fails(part.this if isinstance(part, exp.Filter) else part)
        if reason is not None:
            raise Refuse(f"{reason}, and it would be computed of rows that are never asked for now")


def _join_groups(
    question: Question, scalar: Scalar, value: exp.Expr, aggregates: list[exp.Expr], found: list[Link]
) -> None:
    inner, tree = scalar.inner, question.tree
    alias = surgery.fresh(tree, "grouped")
    columns = {link.inner: question.analysis.reference(link.inner) for link in found}
    names = {one: surgery.fresh(tree, f"key_{number}") for number, one in enumerate(dict.fromkeys(columns.values()), 1)}
    values = [surgery.fresh(tree, f"value_{number}") for number in range(1, len(aggregates) + 1)]
    needed = [one.source for link in found for one in question.analysis.references(link.outer) if one is not None]
    links = [
        exp.EQ(this=surgery.column(alias, names[columns[link.inner]]), expression=_outer(question, link))
        for link in found
    ]
    outer_value = _value(question, value, aggregates, alias, values)
    grouped = [surgery.column(one.source.alias, one.name) for one in names if one is not None]
    shown = [*zip(grouped, names.values(), strict=True), *zip(aggregates, values, strict=True)]
    for link in found:
        surgery.drop_condition(link.condition)
    select = exp.Select(
        expressions=[exp.Alias(this=one.copy(), alias=surgery.identifier(name)) for one, name in shown],
        group=exp.Group(expressions=[one.copy() for one in grouped]),
    )
    for clause in ("from_", "joins", "where"):
        part = inner.node.args.get(clause)
        select.set(clause, [one.copy() for one in part] if isinstance(part, list) else part.copy() if part else None)
    around = exp.Subquery(this=select, alias=exp.TableAlias(this=surgery.identifier(alias)))
    scalars.put(scalar, outer_value)
    scalars.attach(scalar.block, needed, exp.Join(this=around, side="LEFT", on=surgery.and_all(links)))


def _outer(question: Question, link: Link) -> exp.Expr:
    return surgery.operand(surgery.qualified(question.analysis, link.outer))


def _value(question: Question, value: exp.Expr, aggregates: list[exp.Expr], alias: str, names: list[str]) -> exp.Expr:
    """The subquery's expression, its aggregates replaced by the columns that hold them."""
    own = [id(aggregate) for aggregate in aggregates]
    marked: list[tuple[exp.Expr, exp.Expr]] = []
    for number, aggregate in enumerate(aggregates):
        call = aggregate.this if isinstance(aggregate, exp.Filter) else aggregate
        made: exp.Expr = surgery.column(alias, names[number])
        if isinstance(call, exp.Count):
            made = exp.Coalesce(this=made, expressions=[exp.Literal.number(0)])
        marked.append((aggregate, made))
    if id(value) in own:
        return marked[own.index(id(value))][1]
    plain = surgery.qualified(question.analysis, value)
    copies = [_same_place(value, plain, aggregate) for aggregate, _ in marked]
    for copied, (_, made) in zip(copies, marked, strict=True):
        copied.replace(made)
    return plain


def _same_place(tree: exp.Expr, copied: exp.Expr, node: exp.Expr) -> exp.Expr:
    for one, other in zip(tree.walk(), copied.walk(), strict=True):
        if one is node:
            return other
    raise Refuse("an aggregate is not found again")


# -- lookups -----------------------------------------------------------------------------------------------------------


def _change_lookup(question: Question, scalar: Scalar) -> str:
    inner = scalar.inner
    others = shapes.clauses(inner, without=("order",))
    if others or not shapes.is_plain(inner, question) or len(inner.node.expressions) != 1:
        raise Refuse(f"with {(others or ['what it has'])[0]}, it is no plain lookup")
    scalars.require_joinable(question, scalar)
    found = scalars.links(question, inner)
    for link in found:
        scalars.require_same_groups(question, link)
    known = set()
    for link in found:
        reference = question.analysis.reference(link.inner)
        if reference is not None:
            known.add((id(reference.source), reference.name))
    if not known or not keys.determines_all(question, inner, known):
        raise Refuse("nothing proves that it gives one row at most, and of several the statement would fail")
    if len(inner.sources) != 1 or inner.ctes:
        raise Refuse("it joins several tables")
    source = next(iter(inner.sources.values()))
    if source.kind != "table" or source.is_sampled:
        raise Refuse("it does not look into a table")
    value = unaliased(inner.node.expressions[0])
    parts = [condition.node for condition in inner.conditions]
    scalars.require_only_links(question, inner, found, [value, *parts])
    _require_null_for_none(question, source, value)
    for part in parts:
        reason = question.purity.why_fails(part) if part not in [link.condition for link in found] else None
        if reason is not None:
            raise Refuse(f"{reason}, and it would be asked of other rows")
    scalars.expand_stars(scalar.block)
    _join_table(question, scalar, source, value, found)
    return f"{source.alias} has at most one match, by a unique key, and without one the value is NULL"


def _require_null_for_none(question: Question, source: Source, value: exp.Expr) -> None:
    nulls = Nulls(question.analysis, question.inference, [source])
    if not nulls.value(value).is_null:
        raise Refuse(f"{text(value)} would not be NULL where there is no match")


def _join_table(question: Question, scalar: Scalar, source: Source, value: exp.Expr, found: list[Link]) -> None:
    inner, block = scalar.inner, scalar.block
    _make_room(question, block, source)
    needed = [one.source for link in found for one in question.analysis.references(link.outer) if one is not None]
    conditions = [surgery.qualified(question.analysis, condition.node) for condition in inner.conditions]
    new_value = surgery.qualified(question.analysis, value)
    table = source.node.copy()
    scalars.put(scalar, new_value)
    scalars.attach(block, needed, exp.Join(this=table, side="LEFT", on=surgery.and_all(conditions)))


def _make_room(question: Question, block: Block, source: Source) -> None:
    """See to it that no name of the block means something of the new source."""
    aliases = {one.alias for query in question.blocks for one in query.sources.values() if one is not source}
    if source.alias in aliases:
        surgery.rename(question.analysis, source, surgery.fresh(question.tree, source.alias))
    columns = set(source.columns or ())
    for column in list(question.tree.find_all(exp.Column)):
        meaning = question.analysis.meaning(column)
        if column.args.get("table") is not None or column.name not in columns:
            continue
        if isinstance(meaning, int):
            if isinstance(column.parent, exp.Group):
                raise Refuse(f"{column.name} in GROUP BY would be a column of {source.alias}")
        elif meaning is None:
            raise Refuse(f"it is not certain what {column.name} means")
        elif meaning.source is not source:
            column.set("table", surgery.identifier(meaning.source.alias))
    del block
