"""Whether an expression of a plan may be indexed: PostgreSQL wants it immutable. Pure."""

from __future__ import annotations

import itertools

from dbopt.plan.findings.conditions import call_of, columns_in, without_aliases
from dbopt.plan.findings.context import Context
from dbopt.postgres.schema import Relation
from dbopt.workload.lexer import Kind, tokens

_TIME = ("timestamp", "date", "time", "interval")
# of these the variants without time zone are immutable, and pg_proc has one name for all
_WITHOUT_ZONE = frozenset({"date", "date_trunc", "date_part", "extract"})
_PLAIN_CASTS = frozenset({"text", "integer", "bigint", "smallint", "numeric", "double precision", "real", "boolean"})
_SYNTAX = frozenset({"coalesce", "nullif", "greatest", "least"})  # calls that are no functions


def index_key(context: Context, relation: Relation, expression: str) -> str | None:
    """The expression as a key of CREATE INDEX or CREATE STATISTICS, where it is known to be immutable."""
    columns = {relation.column(name) for _, name in columns_in(expression)}
    if not columns or None in columns:
        return None
    types = [column.type for column in columns if column is not None]
    zoned = any("with time zone" in name for name in types)
    timed = any(name.startswith(_TIME) for name in types)
    if not _calls_are_immutable(context, expression, zoned) or not _casts_are_immutable(expression, timed):
        return None
    if zoned and any(token.kind is Kind.OPERATOR for token in tokens(expression)):
        return None  # adding an interval depends on the time zone
    written = without_aliases(expression)
    return written if call_of(written) is not None else f"({written})"


def _calls_are_immutable(context: Context, expression: str, zoned: bool) -> bool:
    words = [token for token in tokens(expression) if token.is_significant]
    for token, following in itertools.pairwise(words):
        if following.text != "(" or token.kind not in (Kind.WORD, Kind.QUOTED):
            continue
        name = token.folded.strip('"')
        if name in _SYNTAX or (name in _WITHOUT_ZONE and not zoned):
            continue
        known = context.facts.function(name) if context.facts is not None else None
        if known is None or known.volatility != "i":
            return False
    return True


def _casts_are_immutable(expression: str, timed: bool) -> bool:
    """A cast of a constant is; one to a plain type is unless times are involved, whose texts depend on settings."""
    parts = expression.split("::")
    for before, after in itertools.pairwise(parts):
        if before.endswith("'"):
            continue
        if timed or not any(after.startswith(name) for name in _PLAIN_CASTS):
            return False
    return True
