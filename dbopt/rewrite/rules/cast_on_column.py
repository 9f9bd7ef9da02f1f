"""A column that is cast to another type to be compared, by the text or by itself (`id = 5.0` compares numerics): its
index is of the column's own type. The constant is written in that type instead, where there is one for which the
comparison says the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from sqlglot import exp

from dbopt.rewrite import ranges
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.ranges import Asked
from dbopt.rewrite.text import text
from dbopt.rewrite.trees import own_nodes
from dbopt.rewrite.types import FLOATS, INTEGERS, number, type_name

NAME = "cast-on-column"
_BOUNDS = {"int2": 2**15, "int4": 2**31, "int8": 2**63}
_WHOLE = re.compile(r"0|-?[1-9]\d*")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TEXTS = ("text", "varchar")


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        for condition in block.conditions:
            for node in own_nodes(condition.node):
                for one in ranges.asked(node):
                    if _is_cast(question, one):
                        yield partial(_change, question, one)


def _column(node: exp.Expr) -> exp.Column | None:
    """The column, inside one cast or none."""
    while isinstance(node, exp.Paren):
        node = node.this
    inner = node.this if isinstance(node, exp.Cast) else node
    while isinstance(inner, exp.Paren):
        inner = inner.this
    return inner if isinstance(inner, exp.Column) else None


def _target(node: exp.Expr) -> exp.Expr | None:
    """The type that the column is cast to by the text."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node.args.get("to") if isinstance(node, exp.Cast) else None


def _is_cast(question: Question, one: Asked) -> bool:
    column = _column(one.function)
    if column is None or any(value.find(exp.Column, exp.Query) is not None for value in one.values):
        return False
    own, target = question.inference.info(column).type, _target(one.function)
    if own in INTEGERS and target is None:
        return any(_is_fraction(question, value) for value in one.values)
    wanted = type_name(target)
    if own in INTEGERS:
        return wanted in (*_TEXTS, "numeric", *FLOATS)
    return own in ("uuid", "bpchar") and wanted in _TEXTS


def _is_fraction(question: Question, value: exp.Expr) -> bool:
    """A constant with whose type an integer is compared by a cast of the integer."""
    if value.find(exp.Column, exp.Query) is not None:
        return False
    return question.inference.info(value).type in ("numeric", *FLOATS)


def _change(question: Question, one: Asked) -> str:
    question.require_built_in("=", "<", ">", "<=", ">=", "::")
    column, target = _column(one.function), _target(one.function)
    assert column is not None  # noqa: S101 - asked before
    if target is not None and target.args.get("expressions"):
        raise Refuse(f"the cast to {text(target)} may round or cut off")
    own = str(question.inference.info(column).type)
    if type_name(target) in _TEXTS:
        made = _of_texts(question, one, column, own)
    else:
        made = _of_numbers(question, one, column, own, type_name(target))
    one.node.replace(made)
    return f"{text(column)} is compared as {own}, which it is"


# -- texts -------------------------------------------------------------------------------------------------------------


def _of_texts(question: Question, one: Asked, column: exp.Column, own: str) -> exp.Expr:
    if one.operator not in (exp.EQ, exp.In):
        raise Refuse(f"texts are in another order than values of type {own}")
    made = [_typed(question, value, column, own) for value in one.values]
    return _compared(one, column, made)


def _typed(question: Question, value: exp.Expr, column: exp.Column, own: str) -> exp.Expr:
    """The constant of the column's type whose text this is. Raises Refuse where there is none."""
    while isinstance(value, exp.Paren):
        value = value.this
    if isinstance(value, exp.Cast) and type_name(value.args.get("to")) in _TEXTS:
        value = value.this
    if not (isinstance(value, exp.Literal) and value.is_string):
        raise Refuse(f"{text(value)} is not known before the statement runs, and may be no {own} at all")
    written = value.name
    if own == "uuid":
        if not _UUID.fullmatch(written):
            raise Refuse(f"'{written}' is not how a uuid is written, so that it is never equal")
        return value.copy()
    if own == "bpchar":
        if written.endswith(" "):
            raise Refuse("as a text it has no blanks at its end, and this one has")
        if not question.inference.info(column).is_exact:
            raise Refuse("the column is not compared exactly")
        return value.copy()
    if not _WHOLE.fullmatch(written):
        raise Refuse(f"'{written}' is not how an integer is written, so that it is never equal")
    return _whole(Decimal(written), own)


def _whole(value: Decimal, own: str) -> exp.Expr:
    if not -_BOUNDS[own] <= value < _BOUNDS[own]:
        raise Refuse(f"{value} is no {own}, so that the comparison always says the same")
    literal = exp.Literal.number(str(abs(int(value))))
    return exp.Neg(this=literal) if value < 0 else literal


# -- numbers -----------------------------------------------------------------------------------------------------------


def _of_numbers(question: Question, one: Asked, column: exp.Column, own: str, target: str | None) -> exp.Expr:
    kinds = {target, *(question.inference.info(value).type for value in one.values)} - {None}
    if kinds & set(FLOATS) and (own == "int8" or "float4" in kinds):
        raise Refuse(f"not every {own} has a float of its own, so that others are equal as well")
    values = [_number(value) for value in one.values]
    if kinds & set(FLOATS):
        values = [Decimal(float(value)) for value in values]  # what the server compares with
    if one.operator is exp.Between:
        lower = exp.GTE(this=column.copy(), expression=_whole(_up(values[0]), own))
        upper = exp.LTE(this=column.copy(), expression=_whole(_down(values[1]), own))
        joined = exp.And(this=lower, expression=upper)
        is_bare = isinstance(one.node.parent, (exp.And, exp.Where, exp.Join, exp.Paren))
        return joined if is_bare else exp.Paren(this=joined)
    if one.operator in (exp.EQ, exp.In):
        if any(value != value.to_integral_value() for value in values):
            raise Refuse("a number with a fraction is never equal")
        return _compared(one, column, [_whole(value, own) for value in values])
    round_up = one.operator in (exp.GTE, exp.LT)
    return one.operator(this=column.copy(), expression=_whole((_up if round_up else _down)(values[0]), own))


def _number(value: exp.Expr) -> Decimal:
    while isinstance(value, exp.Paren):
        value = value.this
    if isinstance(value, exp.Cast):
        if value.args["to"].args.get("expressions"):
            raise Refuse("the value is rounded")
        of_float = type_name(value.args["to"]) in FLOATS
        inner = value.this
        try:
            found = Decimal(inner.name) if isinstance(inner, exp.Literal) else number(inner)
            found = Decimal(float(found)) if of_float and found is not None else found
        except ArithmeticError:
            found = None
    else:
        found = number(value)
    if found is None or not found.is_finite():
        raise Refuse(f"{text(value)} is not known before the statement runs, and may have a fraction")
    return found


def _up(value: Decimal) -> Decimal:
    return Decimal(math.ceil(value))


def _down(value: Decimal) -> Decimal:
    return Decimal(math.floor(value))


def _compared(one: Asked, column: exp.Column, values: list[exp.Expr]) -> exp.Expr:
    if one.operator is exp.In:
        return exp.In(this=column.copy(), expressions=values)
    return one.operator(this=column.copy(), expression=values[0])
