"""Conditions in which a column is hidden in a cast, a function or a computation, so that an index on it cannot be
searched; and ranges of the column itself that say the same. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from dbopt.plan.findings.conditions import EQUAL, RANGE, Condition, call_of, cast_of, columns_in, without_aliases
from dbopt.plan.findings.context import Context
from dbopt.plan.findings.indexes import is_harmless
from dbopt.plan.findings.scans import Scan
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import Column, Relation
from dbopt.workload.sql import identifier_name

_WHOLE = ("smallint", "integer", "bigint")
_NUMBERS = (*_WHOLE, "numeric", "real", "double precision")
_CHANGING_CASTS = {
    **{one: _NUMBERS[place + 1 :] for place, one in enumerate(_NUMBERS)},
    "character": ("text", "character varying"),
}
"""Casts that PostgreSQL makes by itself where it compares with another type, and that change the value."""
_NARROW_CALLS = frozenset({"lower", "upper", "btrim", "ltrim", "rtrim", "md5", "date", "date_trunc", "initcap", "abs"})
_ARITHMETIC = re.compile(r"[\w.\"]+ [-+*/|]+ [^ ]+|[^ ]+ [-+*/|]+ [\w.\"]+")


@dataclass(frozen=True)
class Hidden:
    """A column inside of an expression that is compared. `cast` is the type where it is all that is done to it."""

    condition: Condition
    column: Column
    cast: str | None

    @property
    def expression(self) -> str:
        """As one would write it."""
        return without_aliases(self.condition.left)

    @property
    def is_implicit(self) -> bool:
        """Whether PostgreSQL makes such a cast by itself."""
        base = self.column.type.partition("(")[0]
        return self.cast is not None and self.cast in _CHANGING_CASTS.get(base, ())

    @property
    def is_narrow(self) -> bool:
        """Whether few values of the column give the same: then equality finds few rows."""
        left = self.condition.left
        if self.condition.operator not in ("=", "= any"):
            return False
        return self.cast is not None or call_of(left) in _NARROW_CALLS or bool(_ARITHMETIC.fullmatch(left[1:-1]))


def hidden(condition: Condition, relation: Relation) -> Hidden | None:
    """The single column that the left operand hides; None where it is bare, or where there are several."""
    if condition.column is not None or condition.operator not in EQUAL | RANGE | {"~~"}:
        return None
    if condition.has_subplan:
        return None
    names = {name for _, name in columns_in(condition.left)}
    column = relation.column(next(iter(names))) if len(names) == 1 else None
    if column is None:
        return None
    cast = cast_of(condition.left)
    return Hidden(condition, column, cast[1] if cast is not None else None)


def hidden_in(scan: Scan) -> Iterator[Hidden]:
    """The columns that a scan's filter hides, where no other condition explains that it throws rows away."""
    found = [(one, hidden(one, scan.relation)) for one in scan.conditions()]
    names = {one.column.name for _, one in found if one is not None}
    rest = [condition for condition, one in found if one is None]
    if len(names) == 1 and all(is_harmless(scan.context, one, scan.relation) for one in rest):
        yield from (one for _, one in found if one is not None)


def is_indexed(context: Context, relation: Relation, expression: str) -> bool:
    """Whether an index has this very expression: then the planner chose not to use it."""
    plain = expression.replace("(", "").replace(")", "")
    indexes = context.catalog.indexes_of(relation) if context.catalog is not None else ()
    return any(key.sql.replace("(", "").replace(")", "") == plain for index in indexes for key in index.keys)


def is_written(tree: exp.Expression | None, column: str) -> bool:
    """Whether the statement itself casts the column."""
    if tree is None:
        return True
    for cast in tree.find_all(exp.Cast):
        inner = cast.this.unnest()
        if isinstance(inner, exp.Column) and identifier_name(inner.this) == column:
            return True
    return False


# -- ranges that say the same -----------------------------------------------------------------------------------------

_DAYS = {
    "=": "{c} >= {v} AND {c} < {v} + 1",
    ">=": "{c} >= {v}",
    ">": "{c} >= {v} + 1",
    "<": "{c} < {v}",
    "<=": "{c} < {v} + 1",
}
_UNIT = re.compile(r"date_trunc\('(\w+)'::text, ")
_YEAR = re.compile(r"'?(\d{1,4})'?(?:::\w+)?")


def as_range(found: Hidden) -> str | None:
    """A range of the column itself that is true of the same rows, where it is one."""
    condition, column = found.condition, found.column
    name, value = quoted(column.name), condition.right
    if not column.type.startswith("timestamp") and column.type != "date":
        return None
    if found.cast == "date" or (call_of(condition.left) == "date" and condition.operator in _DAYS):
        pattern = _DAYS.get(condition.operator)
        return pattern.format(c=name, v=value) if pattern else None
    unit = _UNIT.match(condition.left)
    if unit is not None and condition.operator == "=":
        return f"{name} >= {value} AND {name} < {value} + interval '1 {unit[1]}'"
    year = _YEAR.fullmatch(value)
    is_year = re.match(r"(?:EXTRACT\(year FROM |date_part\('year'::text, )", condition.left, re.IGNORECASE)
    if is_year is not None and year is not None and condition.operator == "=":
        return f"{name} >= '{int(year[1]):04}-01-01' AND {name} < '{int(year[1]) + 1:04}-01-01'"
    return None
