"""The conditions of WHERE and ON as comparisons that an index can serve. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from dbopt.index.candidates import operators
from dbopt.index.candidates.expressions import Rendered, bare, is_key, type_of
from dbopt.index.model import Key
from dbopt.postgres.schema import Column, Relation


@dataclass(frozen=True)
class Comparison:
    """`columns`, or the `expression`, compared with `other`. `kind`: equal, range, prefix (LIKE 'x%'), sequence (a row
    comparison), search (by an `operator` that no b-tree knows), or or.

    `query` is the subquery of IN; `branches` are those of an OR, each a list of comparisons; `is_strict`: it is not
    true of NULL.
    """

    kind: str
    columns: tuple[exp.Column, ...] = ()
    other: exp.Expression | None = None
    query: exp.Expression | None = None
    branches: tuple[tuple[Comparison, ...], ...] = ()
    as_text: bool = False  # the column is cast to text, which costs a varchar column nothing
    expression: exp.Expression | None = None
    operator: str = ""
    is_strict: bool = True

    def key(self, relation: Relation, name: str) -> Key | None:
        """The key of a b-tree that serves it on that table; None where none can."""
        column = relation.column(name)
        if column is None or not column.indexable:
            return None
        if self.as_text and not column.type.startswith(("text", "character varying")):
            return None
        if self.kind == "prefix":
            return Key(name, opclass=_pattern_class(column)) if column.is_text else None
        return Key(name)

    def key_over(self, found: Rendered) -> Key | None:
        """The key of a b-tree over the expression, which is `found` in the table's words."""
        opclass = None
        if self.kind == "prefix":
            columns = [found.owner.relation.column(name) for name in found.columns]
            opclass = None if all(column and column.bytewise for column in columns) else "text_pattern_ops"
        return Key(found.sql, is_expression=True, opclass=opclass, sources=found.columns)


def _pattern_class(column: Column) -> str | None:
    if column.bytewise:
        return None
    return "bpchar_pattern_ops" if column.type.startswith("character(") else "text_pattern_ops"


def comparisons(condition: exp.Expression) -> Iterator[Comparison]:
    """What an index can serve of this condition. Parts of an AND come one by one; an OR comes whole, if an index can
    serve each of its branches.
    """
    node = bare(condition)
    if isinstance(node, exp.And):
        for part in _parts(node):
            yield from comparisons(part)
    elif isinstance(node, exp.Or):
        branches = tuple(tuple(comparisons(part)) for part in _parts(node))
        if all(branches):
            yield Comparison("or", branches=branches)
    else:
        yield from _simple(node)


def _parts(node: exp.Connector) -> Iterator[exp.Expression]:
    """What the ANDs or ORs connect. Not by recursion: a generated statement may have thousands."""
    return (part for part in node.flatten() if isinstance(part, exp.Expression))


def _simple(node: exp.Expression) -> Iterator[Comparison]:
    if isinstance(node, (exp.EQ, exp.NullSafeEQ)):
        yield from _equality(node)
    elif isinstance(node, (exp.GT, exp.GTE, exp.LT, exp.LTE)):
        yield from _inequality(node)
    elif isinstance(node, exp.In):
        yield from _membership(node)
    elif isinstance(node, exp.Between):
        yield from _of("range", node.this, None)
        for bound in (node.args["low"], node.args["high"]):  # a moment that lies between two columns
            yield from _of("range", bound, node.this)
    elif isinstance(node, exp.Is):
        yield from _of("range" if node.args.get("negate") else "equal", node.this, None, is_strict=False)
    elif isinstance(node, exp.Not):
        yield from _negation(bare(node.this))
    elif isinstance(node, exp.Column):
        yield from _of("equal", node, None)
    else:
        if isinstance(node, (exp.Like, exp.SimilarTo, exp.RegexpLike, exp.StartsWith)) and _has_prefix(node):
            yield from _of("prefix", node.this, None)
        yield from _searches(node)


def _searches(node: exp.Expression) -> Iterator[Comparison]:
    """By operators such as @>. Of a pattern that is known to have a prefix a b-tree does better."""
    is_pattern = isinstance(node, (exp.Like, exp.RegexpLike))
    if is_pattern and isinstance(bare(node.expression), exp.Literal) and _has_prefix(node):
        return
    for side, operator, other in operators.sides(node):
        yield from _of("search", side, other, operator=operator)


def _negation(node: exp.Expression) -> Iterator[Comparison]:
    if isinstance(node, exp.Is):
        yield from _of("range", node.this, None, is_strict=False)
    elif isinstance(node, exp.Column):
        yield from _of("equal", node, None)


def _equality(node: exp.Expression) -> Iterator[Comparison]:
    left, right = bare(node.this), bare(node.expression)
    if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
        for one, other in zip(left.expressions, right.expressions, strict=False):
            yield from _of("equal", one, other)
            yield from _of("equal", other, one)
        return
    if isinstance(right, exp.Anonymous) and right.name.lower() == "all":
        return
    is_strict = isinstance(node, exp.EQ)
    yield from _of("equal", left, right, is_strict=is_strict)
    yield from _of("equal", right, left, is_strict=is_strict)


def _inequality(node: exp.Expression) -> Iterator[Comparison]:
    left, right = bare(node.this), bare(node.expression)
    if isinstance(left, exp.Tuple):
        columns = [column for part in left.expressions if (column := _column(part)) is not None]
        if len(columns) == len(left.expressions):
            yield Comparison("sequence", tuple(columns), right)
        return
    yield from _of("range", left, right)
    yield from _of("range", right, left)


def _membership(node: exp.In) -> Iterator[Comparison]:
    query = node.args.get("query")
    inner = query.this if isinstance(query, exp.Subquery) else query
    left = bare(node.this)
    for part in left.expressions if isinstance(left, exp.Tuple) else [left]:
        column = _column(part)
        if column is not None:
            yield Comparison("equal", (column,), None, inner)
        elif inner is None:
            yield from _of("equal", part, None)
    if inner is not None and _column(left) is None:
        yield Comparison("equal", (), None, inner)


def _of(
    kind: str, side: exp.Expression, other: exp.Expression | None, *, operator: str = "", is_strict: bool = True
) -> Iterator[Comparison]:
    side = bare(side)
    column = _column(side)
    if column is not None:
        as_text = isinstance(side, exp.Cast)
        yield Comparison(kind, (column,), other, as_text=as_text, operator=operator, is_strict=is_strict)
    elif is_key(side) and (kind != "prefix" or type_of(side) == "text"):
        yield Comparison(kind, (), other, expression=side, operator=operator, is_strict=is_strict)


def _column(node: exp.Expression) -> exp.Column | None:
    """The column that is compared. pg_get_viewdef writes varchar columns as `(name)::text`, which costs no index."""
    node = bare(node)
    if isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.TEXT:
        node = bare(node.this)
    return node if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star) else None


def _has_prefix(node: exp.Expression) -> bool:
    """Whether the pattern starts with fixed characters. What a parameter holds is not known: it may."""
    if node.args.get("negate"):
        return False
    pattern = bare(node.expression)
    if isinstance(node, exp.StartsWith) or not isinstance(pattern, exp.Literal):
        return isinstance(pattern, (exp.Literal, exp.Parameter, exp.Placeholder))
    if isinstance(node, exp.RegexpLike):
        return re.match(r"\^[\w ]", pattern.name) is not None
    return pattern.name[:1] not in ("", "%", "_")
