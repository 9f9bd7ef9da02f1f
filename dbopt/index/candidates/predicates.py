"""Conditions that are the same on every run: what a partial index can be restricted to. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from sqlglot import exp

from dbopt.index.candidates.expressions import Rendered, bare, rendered
from dbopt.index.candidates.scopes import Block
from dbopt.postgres.schema import Relation

MOST_OF_WHOLE = 0.8  # the size of a partial index that is worth its restriction, in shares of the whole one
MOST_OF_WHOLE_FOR_ONE = 0.25  # of one for a constant that a single statement names: the whole one serves others as well
FEW_VALUES = 20  # a column with no more is a state, and a constant compared with it is part of the statement's meaning
MANY_VALUES = 40  # so it is with more, where several statements name the constant


class Kind(Enum):
    """What speaks for it that the constant is not one value of many."""

    FIXED = "fixed"  # NULL, true and false
    STATE = "state"  # equal to a constant
    SIGN = "sign"  # above or below 0: any other bound is one of many, and moves


@dataclass(frozen=True)
class Predicate:
    """A condition in SQL over `columns` of a table. `is_implied`: by a condition that the index serves as well."""

    sql: str
    columns: tuple[str, ...]
    kind: Kind
    is_implied: bool = False


def predicates(condition: exp.Expression, block: Block) -> Iterator[tuple[Rendered, Predicate]]:
    """Those parts of an AND that compare columns of one table with constants."""
    node = bare(condition)
    if isinstance(node, exp.And):
        for part in node.flatten():
            if isinstance(part, exp.Expression):
                yield from predicates(part, block)
        return
    kind = _kind(node)
    found = rendered(node, block) if kind is not None else None
    if kind is not None and found is not None and len(found.columns) == 1:
        yield found, Predicate(found.sql, found.columns, kind)


def not_null(column: str, sql_name: str) -> Predicate:
    """What every comparison of a column with a value implies."""
    return Predicate(f"{sql_name} IS NOT NULL", (column,), Kind.FIXED, is_implied=True)


def _kind(node: exp.Expression) -> Kind | None:
    negated = isinstance(node, exp.Not)
    inner = bare(node.this) if negated else node
    if isinstance(inner, exp.Column):
        return Kind.FIXED
    if isinstance(inner, exp.Is):
        return Kind.FIXED if isinstance(bare(inner.this), exp.Column) and _is_constant(inner.expression) else None
    if isinstance(inner, exp.In):
        values = inner.expressions
        is_list = isinstance(bare(inner.this), exp.Column) and bool(values) and not inner.args.get("query")
        return Kind.STATE if is_list and all(map(_is_constant, values)) else None
    if negated or not isinstance(inner, (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)):
        return None
    left, right = bare(inner.this), bare(inner.expression)
    if isinstance(right, exp.Column):
        left, right = right, left
    if not isinstance(left, exp.Column) or not _is_constant(right):
        return None
    if isinstance(inner, (exp.EQ, exp.NEQ)):
        return Kind.FIXED if isinstance(right, exp.Boolean) else Kind.STATE
    return Kind.SIGN if isinstance(right, exp.Literal) and not right.is_string and not right.name.strip("0.") else None


def _is_constant(node: exp.Expression) -> bool:
    node = bare(node)
    if isinstance(node, exp.Cast):
        return _is_constant(node.this)
    if isinstance(node, exp.Neg):
        return isinstance(node.this, exp.Literal)
    return isinstance(node, (exp.Literal, exp.Boolean, exp.Null))


def largest_share(predicate: Predicate, relation: Relation, statements: int) -> float:
    """How large an index that is restricted to it may be, as a share of the whole one; 0 where the constant is not part
    of what the statement means, but one value of many. `statements` is how many of the workload have the very same
    condition.
    """
    if predicate.kind in (Kind.FIXED, Kind.SIGN):
        return MOST_OF_WHOLE
    column = relation.column(predicate.columns[0])
    distinct = column.n_distinct if column is not None else None
    if distinct is None or not 0 < distinct <= (MANY_VALUES if statements > 1 else FEW_VALUES):
        return 0.0
    return MOST_OF_WHOLE if statements > 1 else MOST_OF_WHOLE_FOR_ONE
