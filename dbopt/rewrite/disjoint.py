"""Whether two SELECTs can have a row in common: told by the values that a column of the result can have. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from dbopt.rewrite import shapes
from dbopt.rewrite.question import Question
from dbopt.rewrite.scope import Block, Output, Query
from dbopt.rewrite.types import INTEGERS, TEXTS, number

_NUMBERS = (*INTEGERS, "numeric")


@dataclass(frozen=True)
class Values:
    """What a column can be: one of `one_of`, where that is known; between the bounds, where these are. `not_null`."""

    one_of: frozenset[Decimal | str] | None = None
    low: Decimal | None = None
    low_included: bool = False
    high: Decimal | None = None
    high_included: bool = False
    only_null: bool = False
    not_null: bool = False


def are_disjoint(question: Question, left: Block, right: Block, around: Query) -> bool:
    """Whether a column has other values on each side in every row. In doubt, no. `around` is the UNION of all sides:
    any of them may give the collation by which it compares.
    """
    if question.facts.operators & {"=", "<", ">", "<=", ">=", "<>"}:
        return False
    outputs, others = left.outputs, right.outputs
    if outputs is None or others is None or len(outputs) != len(others):
        return False
    for place, (one, other) in enumerate(zip(outputs, others, strict=True)):
        types = _type(question, left, place), _type(question, right, place)
        if types[0] is None or types[0] != types[1]:
            continue
        if types[0] in TEXTS and not question.inference.output(around, place).is_exact:
            continue
        if _exclude(_values(question, left, one, types[0]), _values(question, right, other, types[0])):
            return True
    return False


def _type(question: Question, block: Block, place: int) -> str | None:
    info = question.inference.output(block, place)
    known = info.type in _NUMBERS or (info.type in TEXTS and info.is_exact)
    if not known:
        return None
    return "number" if info.type in _NUMBERS else info.type


def _exclude(one: Values, other: Values) -> bool:
    if one.only_null or other.only_null:
        return (one.only_null and other.not_null) or (other.only_null and one.not_null)
    if one.one_of is not None and other.one_of is not None:
        return not one.one_of & other.one_of
    if one.one_of is not None:
        return all(not _within(value, other) for value in one.one_of)
    if other.one_of is not None:
        return all(not _within(value, one) for value in other.one_of)
    return _below(one, other) or _below(other, one)


def _within(value: Decimal | str, values: Values) -> bool:
    """Whether the value may be among them; NaN is above all numbers for PostgreSQL, and no constant here."""
    if not isinstance(value, Decimal):
        return True
    if values.low is not None and (value < values.low or (value == values.low and not values.low_included)):
        return False
    return not (
        values.high is not None and (value > values.high or (value == values.high and not values.high_included))
    )


def _below(one: Values, other: Values) -> bool:
    if one.high is None or other.low is None:
        return False
    return one.high < other.low or (one.high == other.low and not (one.high_included and other.low_included))


def _values(question: Question, block: Block, output: Output, kind: str) -> Values:
    """What is known of an output: it is a constant, or a column of which WHERE asks something."""
    node = shapes.meant(output.node) if output.node is not None else None
    if node is not None:
        constant = _constant(node, kind)
        if constant is not None:
            return Values(frozenset((constant,)), not_null=True)
        if isinstance(node, exp.Null):
            return Values(only_null=True)
    if shapes.has_aggregates(block, question) and shapes.has_grouping_sets(block):
        return Values()
    reference = output.reference or (question.analysis.reference(node) if node is not None else None)
    if reference is None or reference.source.block is not block:
        return Values()
    found = Values(not_null=question.inference.column(reference).not_null)
    for condition in shapes.filters(block):
        for asked in _asked(question, condition, reference, kind):
            found = _both(found, asked)
    return found


def _constant(node: exp.Expr, kind: str) -> Decimal | str | None:
    if kind == "number":
        return number(node)
    if isinstance(node, exp.Literal) and node.is_string:
        return node.name.rstrip(" ") if kind == "bpchar" else node.name
    return None


def _asked(question: Question, condition: exp.Expr, reference: object, kind: str) -> Iterator[Values]:
    if isinstance(condition, exp.Paren):
        yield from _asked(question, condition.this, reference, kind)
    elif (
        isinstance(condition, exp.In)
        and condition.args.get("query") is None
        and _is(question, condition.this, reference)
    ):
        constants = [_constant(one, kind) for one in condition.expressions]
        if all(one is not None for one in constants):
            yield Values(frozenset(one for one in constants if one is not None), not_null=True)
    elif isinstance(condition, exp.Is) and isinstance(condition.expression, exp.Null):
        if _is(question, condition.this, reference):
            negated = bool(condition.args.get("negate"))
            yield Values(not_null=negated, only_null=not negated)
    elif isinstance(condition, exp.Between) and _is(question, condition.this, reference):
        low, high = number(condition.args["low"]), number(condition.args["high"])
        yield Values(None, low, True, high, True, not_null=True)
    else:
        yield from _compared(question, condition, reference, kind)


def _compared(question: Question, condition: exp.Expr, reference: object, kind: str) -> Iterator[Values]:
    if not isinstance(condition, (exp.EQ, exp.LT, exp.LTE, exp.GT, exp.GTE)):
        return
    turned = _is(question, condition.expression, reference)
    if not turned and not _is(question, condition.this, reference):
        return
    value = _constant(condition.this if turned else condition.expression, kind)
    if isinstance(condition, exp.EQ):
        if value is not None:
            yield Values(frozenset((value,)), not_null=True)
    elif isinstance(value, Decimal):
        included = isinstance(condition, (exp.LTE, exp.GTE))
        is_upper = isinstance(condition, (exp.LT, exp.LTE)) is not turned
        if is_upper:
            yield Values(high=value, high_included=included, not_null=True)
        else:
            yield Values(low=value, low_included=included, not_null=True)


def _is(question: Question, node: exp.Expr, reference: object) -> bool:
    while isinstance(node, exp.Paren):
        node = node.this
    return isinstance(node, exp.Column) and question.analysis.reference(node) == reference


def _both(one: Values, other: Values) -> Values:
    """What holds where both hold."""
    chosen = one.one_of if other.one_of is None else other.one_of if one.one_of is None else one.one_of & other.one_of
    low, low_included = _tighter(one.low, one.low_included, other.low, other.low_included, up=True)
    high, high_included = _tighter(one.high, one.high_included, other.high, other.high_included, up=False)
    return Values(
        chosen, low, low_included, high, high_included, one.only_null or other.only_null, one.not_null or other.not_null
    )


def _tighter(
    one: Decimal | None, one_included: bool, other: Decimal | None, other_included: bool, *, up: bool
) -> tuple[Decimal | None, bool]:
    if one is None or other is None:
        return (other, other_included) if one is None else (one, one_included)
    if one == other:
        return one, one_included and other_included
    return (one, one_included) if (one > other) is up else (other, other_included)
