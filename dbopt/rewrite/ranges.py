"""Comparisons of what a function makes of a point in time, as bounds of the point itself. Pure: trees in, trees out.

A bound is written so that it holds for NULL, for infinity and for the last microsecond: `date(t) = d` is
`t >= d AND t <= d + interval '1 day -1 microsecond'`, since `t < d + 1` would leave out infinity where d is infinity.
Of a day that is written in the text it is known that it is none, and `t < the next day` will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from dbopt.rewrite import dates
from dbopt.rewrite.question import Refuse

_FLIPPED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.EQ,
    exp.LT: exp.GT,
    exp.GT: exp.LT,
    exp.LTE: exp.GTE,
    exp.GTE: exp.LTE,
}
_LATE = {"day": "3 days", "week": "9 days"}


@dataclass(frozen=True)
class Asked:
    """One comparison `function(column) operator value`. In its node, `function` and `values` (two for BETWEEN)."""

    node: exp.Expr
    operator: type[exp.Expr]
    function: exp.Expr
    values: tuple[exp.Expr, ...]


def asked(node: exp.Expr) -> list[Asked]:
    """The comparison with the function on either side."""
    if isinstance(node, exp.Between) and not node.args.get("symmetric"):
        return [Asked(node, exp.Between, node.this, (node.args["low"], node.args["high"]))]
    if type(node) in _FLIPPED:
        return [
            Asked(node, type(node), node.this, (node.expression,)),
            Asked(node, _FLIPPED[type(node)], node.expression, (node.this,)),
        ]
    if isinstance(node, exp.In) and node.args.get("query") is None and node.expressions:
        return [Asked(node, exp.In, node.this, tuple(node.expressions))]
    return []


def literal(time: datetime) -> exp.Expr:
    return exp.Literal.string(dates.written(time))


def compared(column: exp.Expr, kind: type[exp.Expr], value: exp.Expr) -> exp.Expr:
    return kind(this=column.copy(), expression=value.copy())


def both(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    return exp.And(this=one, expression=other)


def fixed(column: exp.Expr, operator: type[exp.Expr], unit: str, times: list[datetime]) -> exp.Expr:
    """Bounds for times that are written in the text. Raises Refuse for a comparison that is never true."""
    if operator is exp.Between:
        lower = fixed(column, exp.GTE, unit, times[:1])
        return both(lower, fixed(column, exp.LTE, unit, times[1:]))
    if operator is exp.In:
        parts = [exp.Paren(this=fixed(column, exp.EQ, unit, [time])) for time in times]
        return _any_of(parts)
    time = times[0]
    beginning = dates.start(unit, time)
    end = dates.following(unit, beginning)
    if end is None:
        raise Refuse(f"{dates.written(time)} is too late to have a next {unit}")
    if operator is exp.EQ:
        if beginning != time:
            raise Refuse(f"{dates.written(time)} does not begin a {unit}, so that it is never equal")
        return both(compared(column, exp.GTE, literal(time)), compared(column, exp.LT, literal(end)))
    if operator in (exp.GTE, exp.LT):
        return compared(column, operator, literal(time if beginning == time else end))
    return compared(column, exp.LT if operator is exp.LTE else exp.GTE, literal(end))


def _any_of(parts: Sequence[exp.Expr]) -> exp.Expr:
    joined = parts[0]
    for part in parts[1:]:
        joined = exp.Or(this=joined, expression=part)
    return exp.Paren(this=joined) if len(parts) > 1 else joined


def open_ended(column: exp.Expr, operator: type[exp.Expr], days: list[exp.Expr]) -> exp.Expr:
    """Bounds for days (of type date) that are only known when the statement runs; they may be infinite."""
    if operator is exp.Between:
        return both(open_ended(column, exp.GTE, days[:1]), open_ended(column, exp.LTE, days[1:]))
    if operator is exp.In:
        parts = [exp.Paren(this=open_ended(column, exp.EQ, [day])) for day in days]
        return _any_of(parts)
    day = days[0]
    last = exp.Add(this=day.copy(), expression=interval("1 day -1 microsecond"))
    if operator is exp.EQ:
        return both(compared(column, exp.GTE, day), compared(column, exp.LTE, last))
    if operator in (exp.GTE, exp.LT):
        return compared(column, operator, day)
    return compared(column, operator, last)


def interval(written: str) -> exp.Expr:
    """Written as a cast: sqlglot takes INTERVAL '2 days' apart."""
    return exp.Cast(this=exp.Literal.string(written), to=exp.DataType(this=exp.DType.INTERVAL))


def padded(node: exp.Expr, column: exp.Expr, operator: type[exp.Expr], values: list[exp.Expr], unit: str) -> exp.Expr:
    """The comparison itself and wide bounds, for an index: those that hold wherever clocks are put back. `values` are
    points in time or days.
    """
    if operator is exp.In:
        raise Refuse("a list of values would need bounds for each, and the function as well")
    early = interval("2 days")
    late = interval(_LATE.get(unit) or f"{dates.length(unit)} 2 days")
    parts = []
    if operator in (exp.EQ, exp.GT, exp.GTE, exp.Between):
        parts.append(compared(column, exp.GTE, exp.Sub(this=values[0].copy(), expression=early)))
    if operator in (exp.EQ, exp.LT, exp.LTE, exp.Between):
        parts.append(compared(column, exp.LTE, exp.Add(this=values[-1].copy(), expression=late)))
    joined: exp.Expr = node.copy()
    for part in parts:
        joined = both(joined, part)
    return joined
