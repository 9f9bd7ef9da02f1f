"""A function around a column hides it from its index and its statistics: `date(t) = d`, `t::date`, `date_trunc('month',
t)`, `extract(year from t)`. The same is said by bounds of the column itself.

Times with a time zone have the date that the session's TimeZone gives them. Bounds follow it, and are the same days
unless clocks are put back to midnight or across it: where that may be, the function stays, beside wide bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlglot import exp

from dbopt.rewrite import dates, ranges
from dbopt.rewrite.infer import called
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.ranges import Asked
from dbopt.rewrite.scope import Block
from dbopt.rewrite.text import text
from dbopt.rewrite.trees import own_nodes
from dbopt.rewrite.types import number, type_name

NAME = "function-to-range"
_TIMES = ("timestamp", "timestamptz")


@dataclass(frozen=True)
class Wrapped:
    """A column inside a function: `kind` is date, trunc or year; `unit` what it cuts to; `zone` where AT TIME ZONE is
    written between them.
    """

    kind: str
    unit: str
    column: exp.Expr
    type: str
    zone: exp.Expr | None = None


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        for condition in block.conditions:
            for node in own_nodes(condition.node):
                for one in ranges.asked(node):
                    wrapped = _wrapped(question, one.function)
                    if wrapped is not None and all(_wrapped(question, value) is None for value in one.values):
                        yield partial(_change, question, block, one, wrapped)


# -- what is wrapped ---------------------------------------------------------------------------------------------------


def _wrapped(question: Question, node: exp.Expr) -> Wrapped | None:
    while isinstance(node, exp.Paren):
        node = node.this
    name = called(node)
    if isinstance(node, exp.Cast) and type_name(node.args.get("to")) == "date":
        return _of(question, "date", "day", node.this)
    if name == "date" and len(node.expressions) == 1:
        return _of(question, "date", "day", node.expressions[0])
    if name in ("date_trunc", "date_part") and len(node.expressions) == 2:
        unit, of = node.expressions
        if isinstance(unit, exp.Literal) and unit.is_string:
            return _cut(question, name, unit.name.lower(), of)
    if isinstance(node, exp.Extract) and isinstance(node.this, exp.Var) and node.this.name.lower() == "year":
        return _of(question, "year", "year", node.expression)
    return None


def _cut(question: Question, name: str, unit: str, of: exp.Expr) -> Wrapped | None:
    if name == "date_trunc" and unit in dates.UNITS:
        return _of(question, "trunc", unit, of)
    return _of(question, "year", "year", of) if name == "date_part" and unit == "year" else None


def _of(question: Question, kind: str, unit: str, node: exp.Expr) -> Wrapped | None:
    zone = None
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.AtTimeZone):
        node, zone = node.this, node.args["zone"]
    if not isinstance(node, exp.Column):
        return None
    known = question.inference.info(node).type
    if known not in _TIMES and not (known == "date" and kind != "date" and zone is None):
        return None
    return None if zone is not None and known != "timestamptz" else Wrapped(kind, unit, node, str(known), zone)


# -- what takes its place ----------------------------------------------------------------------------------------------


def _change(question: Question, block: Block, one: Asked, wrapped: Wrapped) -> str:
    del block
    question.require_built_in("date", "date_trunc", "date_part", "timezone", "=", "<", ">", "<=", ">=", "+", "-", "::")
    question.require_stable(*one.values)
    for value in one.values:
        if value.find(exp.Query) is not None:
            raise Refuse("it is compared with a subquery, which would be there twice")
    made = _bounds(question, one, wrapped)
    around = one.node.parent
    if isinstance(around, exp.Paren) and isinstance(made, exp.Paren):
        made = made.this
    needs_parentheses = not isinstance(around, (exp.And, exp.Where, exp.Join, exp.Paren)) and isinstance(made, exp.And)
    one.node.replace(exp.Paren(this=made) if needs_parentheses else made)
    return f"bounds of {text(wrapped.column)} say what {text(one.function)} says of it"


def _bounds(question: Question, one: Asked, wrapped: Wrapped) -> exp.Expr:
    if wrapped.zone is not None:
        return _in_zone(one, wrapped)
    if wrapped.type != "timestamp" and wrapped.unit not in dates.DAYS:
        raise Refuse("hours and less of a time with a time zone depend on how clocks are put back")
    if wrapped.kind == "year":
        return _year(question, one, wrapped)
    if wrapped.kind == "date":
        return _date(question, one, wrapped)
    return _trunc(question, one, wrapped)


def _are_bounds(question: Question, wrapped: Wrapped, times: list[datetime] | None) -> bool:
    """Whether the midnights that begin these days, or any, are the bounds of the days."""
    since = min(times) if times else None
    return wrapped.type == "timestamp" or dates.midnights_are_bounds(question.facts.time_zone, since)


def _times(values: tuple[exp.Expr, ...], types: tuple[str, ...]) -> list[datetime] | None:
    """The times that are written in the text, all of them; None where one is not."""
    found = []
    for value in values:
        inner = value
        while isinstance(inner, exp.Paren):
            inner = inner.this
        if isinstance(inner, exp.Cast) and type_name(inner.args.get("to")) in types:
            inner = inner.this
        time = dates.read(inner.name) if isinstance(inner, exp.Literal) and inner.is_string else None
        if time is None:
            return None
        found.append(time)
    return found


def _date(question: Question, one: Asked, wrapped: Wrapped) -> exp.Expr:
    times = _times(one.values, ("date",))
    if times is not None and any(time != dates.start("day", time) for time in times):
        raise Refuse("a time of day is read as a date")
    in_order = _are_bounds(question, wrapped, times)
    if in_order and times is not None:
        return ranges.fixed(wrapped.column, one.operator, "day", times)
    days = [_day(question, value) for value in one.values]
    if in_order:
        return ranges.open_ended(wrapped.column, one.operator, days)
    return ranges.padded(one.node, wrapped.column, one.operator, days, "day")


def _day(question: Question, value: exp.Expr) -> exp.Expr:
    """The value with the type date. Raises Refuse where it has another."""
    if isinstance(value, exp.Parameter) or (isinstance(value, exp.Literal) and value.is_string):
        return exp.Cast(this=value.copy(), to=exp.DataType(this=exp.DType.DATE))
    known = question.inference.info(value).type
    if known != "date" and not _is_day_arithmetic(question, value):
        raise Refuse(f"{text(value)} is not certain to be a date")
    tight = isinstance(value, (exp.Column, exp.Cast, exp.CurrentDate, exp.Paren))
    return value.copy() if tight else exp.Paren(this=value.copy())


def _is_day_arithmetic(question: Question, value: exp.Expr) -> bool:
    """CURRENT_DATE - 7"""
    if isinstance(value, exp.Paren):
        return _is_day_arithmetic(question, value.this)
    if not isinstance(value, (exp.Add, exp.Sub)):
        return False
    left, right = question.inference.info(value.this).type, question.inference.info(value.expression).type
    return left == "date" and right in ("int2", "int4")


def _trunc(question: Question, one: Asked, wrapped: Wrapped) -> exp.Expr:
    types = ("timestamp", "date") if wrapped.type == "timestamp" else ("timestamptz", "date")
    times = _times(one.values, types)
    if times is not None and _are_bounds(question, wrapped, times):
        return ranges.fixed(wrapped.column, one.operator, wrapped.unit, times)
    if wrapped.type == "date":
        raise Refuse("a date that is cut to a month is compared with a value that is only known when it runs")
    values = [_point(question, value, wrapped.type) for value in one.values]
    return ranges.padded(one.node, wrapped.column, one.operator, values, wrapped.unit)


def _point(question: Question, value: exp.Expr, wanted: str) -> exp.Expr:
    """The value with the type of the column. Raises Refuse where its type is not certain."""
    if isinstance(value, exp.Parameter) or (isinstance(value, exp.Literal) and value.is_string):
        kind = exp.DType.TIMESTAMP if wanted == "timestamp" else exp.DType.TIMESTAMPTZ
        return exp.Cast(this=value.copy(), to=exp.DataType(this=kind))
    known = question.inference.info(value).type
    if known not in (*_TIMES, "date"):
        raise Refuse(f"{text(value)} is not certain to be a point in time")
    tight = isinstance(value, (exp.Column, exp.Cast, exp.CurrentDate, exp.Paren, exp.Anonymous))
    return value.copy() if tight else exp.Paren(this=value.copy())


def _year(question: Question, one: Asked, wrapped: Wrapped) -> exp.Expr:
    times = []
    for value in one.values:
        year = number(value)
        if year is None:
            raise Refuse("the year is only known when the statement runs: it may be 0, negative or no whole number")
        if year != int(year) or not 1 <= year <= 9998:
            raise Refuse(f"{year} is no year from 1 to 9998")
        times.append(datetime(int(year), 1, 1))
    if _are_bounds(question, wrapped, times):
        return ranges.fixed(wrapped.column, one.operator, "year", times)
    points: list[exp.Expr] = [
        exp.Cast(this=ranges.literal(time), to=exp.DataType(this=exp.DType.TIMESTAMPTZ)) for time in times
    ]
    return ranges.padded(one.node, wrapped.column, one.operator, points, "year")


def _in_zone(one: Asked, wrapped: Wrapped) -> exp.Expr:
    """(t AT TIME ZONE 'Europe/Berlin')::date, whatever TimeZone is."""
    zone = wrapped.zone
    if not (isinstance(zone, exp.Literal) and zone.is_string):
        raise Refuse("the time zone is only known when the statement runs")
    if wrapped.unit not in dates.DAYS:
        raise Refuse("hours and less depend on how clocks are put back")
    if wrapped.kind == "year":
        numbers = [number(value) for value in one.values]
        if any(year is None or year != int(year) or not 1 <= year <= 9998 for year in numbers):
            raise Refuse("the year is not written as a whole number from 1 to 9998")
        times: list[datetime] | None = [datetime(int(year or 1), 1, 1) for year in numbers]
    else:
        times = _times(one.values, ("date",) if wrapped.kind == "date" else ("timestamp", "date"))
    if times is None:
        raise Refuse("the day is only known when the statement runs")
    if not dates.midnights_are_bounds(zone.name, min(times)):
        raise Refuse(f"of the time zone {zone.name} it is not known that these days begin once, at midnight")
    made = ranges.fixed(wrapped.column, one.operator, wrapped.unit, times)
    for bound in list(made.find_all(exp.Literal)):
        local = exp.Cast(this=bound.copy(), to=exp.DataType(this=exp.DType.TIMESTAMP))
        bound.replace(exp.AtTimeZone(this=local, zone=zone.copy()))
    return made
