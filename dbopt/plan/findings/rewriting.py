"""The statement's text with one condition or clause written otherwise. Pure.

Only what says the same of every row is changed here; what takes a proof is the business of `dbopt rewrite`.
"""

from __future__ import annotations

from sqlglot import exp

from dbopt.plan.findings.hidden import Hidden
from dbopt.workload.sql import identifier_name

_COMPARISONS: dict[str, type[exp.Expression]] = {"=": exp.EQ, ">=": exp.GTE, ">": exp.GT, "<": exp.LT, "<=": exp.LTE}


def with_days(tree: exp.Expression | None, found: Hidden) -> str | None:
    """The statement with `column::date = day` as a range of the column; None where it is not written exactly once."""
    kind = _COMPARISONS.get(found.condition.operator)
    if tree is None or kind is None or found.cast != "date" or not found.column.type.startswith("timestamp"):
        return None
    copy = tree.copy()
    places = [one for one in copy.find_all(kind) if _casts_to_date(one.this, found.column.name)]
    if len(places) != 1:
        return None
    column, day = places[0].this.unnest().this.unnest(), exp.cast(places[0].expression, "date")
    places[0].replace(_days(found.condition.operator, column, day))
    return copy.sql(dialect="postgres")


def _casts_to_date(node: exp.Expression, name: str) -> bool:
    cast = node.unnest()
    if not isinstance(cast, exp.Cast) or not cast.to.is_type("date"):
        return False
    inner = cast.this.unnest()
    return isinstance(inner, exp.Column) and identifier_name(inner.this) == name


def _days(operator: str, column: exp.Expression, day: exp.Expression) -> exp.Expression:
    following = exp.Add(this=day.copy(), expression=exp.Literal.number(1))
    match operator:
        case "=":
            low = exp.GTE(this=column.copy(), expression=day)
            return exp.Paren(this=exp.And(this=low, expression=exp.LT(this=column.copy(), expression=following)))
        case ">":
            return exp.GTE(this=column.copy(), expression=following)
        case "<=":
            return exp.LT(this=column.copy(), expression=following)
    return _COMPARISONS[operator](this=column.copy(), expression=day)


def without_fence(tree: exp.Expression | None, name: str) -> str | None:
    """The statement with that WITH query NOT MATERIALIZED."""
    if tree is None:
        return None
    copy = tree.copy()
    found = [cte for cte in copy.find_all(exp.CTE) if identifier_name(cte.args["alias"].this) == name]
    if len(found) != 1:
        return None
    found[0].set("materialized", False)
    return copy.sql(dialect="postgres")
