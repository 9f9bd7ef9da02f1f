"""Conditions of a statement on one table that hold for every row of it that can matter: they go to the server as they
stand, and tell which files cannot matter. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from dbopt.archive.query.statement import Named
from dbopt.postgres.identifiers import quoted

_SIMPLE: tuple[type[Any], ...] = (
    *(exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Neg, exp.Paren, exp.Interval, exp.Var),
    *(exp.Cast, exp.DataType, exp.DataTypeParam, exp.Add, exp.Sub, exp.Mul, exp.Not, exp.And, exp.Or),
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Is, exp.Like, exp.ILike),
)
_TYPES = frozenset(
    exp.DataType.Type[name]
    for name in (
        *("SMALLINT", "INT", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE", "BOOLEAN", "TEXT", "DATE", "UUID"),
        *("TIMESTAMP", "TIMESTAMPTZ", "INTERVAL"),
    )
)
_BOUNDS: dict[type[Any], str] = {exp.EQ: "=", exp.GT: ">", exp.GTE: ">", exp.LT: "<", exp.LTE: "<"}
_MIRRORED = {"<": ">", ">": "<", "=": "="}


@dataclass(frozen=True)
class Conditions:
    """SQL of PostgreSQL for the server; of the control column (direction, constant) pairs: the value is not beyond."""

    sql: tuple[str, ...] = ()
    bounds: tuple[tuple[str, str], ...] = ()


def conditions(named: Named, columns: frozenset[str], control: str | None) -> Conditions:
    """Those on the given columns in the WHERE of the query whose FROM names the table. `control` is the column that
    files are bounded by.
    """
    select = _query_of(named)
    if select is None or named.is_renamed or select.args.get("where") is None:
        return Conditions()
    is_outer = any(join.side or join.kind not in ("", "INNER", "CROSS") for join in select.args.get("joins") or ())
    found: list[str] = []
    bounds: list[tuple[str, str]] = []
    for one in _conjuncts(select.args["where"].this):
        if _is_simple(one, named.alias, columns) and not (is_outer and not _is_strict(one)):
            found.append(_sql(one))
            bounds.extend(_bounds(one, control) if control else ())
    return Conditions(tuple(found), tuple(bounds))


def _query_of(named: Named) -> Any | None:
    parent = named.node.parent
    if named.node.args.get("sample") is not None or not isinstance(parent, (exp.From, exp.Join)):
        return None
    select = parent.parent
    if not isinstance(select, exp.Select):
        return None
    if sum(_alias(one) == named.alias for one in _sources(select)) != 1:
        return None
    return select


def _sources(select: Any) -> Iterator[Any]:
    yield select.args["from_"].this
    for join in select.args.get("joins") or ():
        yield join.this


def _alias(source: Any) -> str:
    return str(source.alias_or_name)


def _conjuncts(condition: Any) -> Iterator[Any]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.left)
        yield from _conjuncts(condition.right)
    else:
        yield condition


def _is_simple(condition: Any, alias: str, columns: frozenset[str]) -> bool:
    nodes = list(condition.walk())
    used = [node for node in nodes if isinstance(node, exp.Column)]
    return (
        bool(used)
        and all(isinstance(node, _SIMPLE) for node in nodes)
        and all(column.table == alias and column.name in columns for column in used)
        and all(node.to.this in _TYPES for node in nodes if isinstance(node, exp.Cast))
        and not any(node.args.get("query") or node.args.get("unnest") for node in nodes if isinstance(node, exp.In))
    )


def _is_strict(condition: Any) -> bool:
    """Whether it is never true of a row of nulls."""
    return condition.find(exp.Is, exp.Not, exp.Or) is None


def _sql(condition: Any) -> str:
    def bare(node: Any) -> Any:
        if isinstance(node, exp.Column):
            return exp.Column(this=exp.to_identifier(node.name, quoted=quoted(node.name).startswith('"')))
        return node

    return str(condition.copy().transform(bare).sql("postgres"))


def _bounds(condition: Any, control: str) -> Iterator[tuple[str, str]]:
    """What a condition says of the control column alone."""
    if isinstance(condition, exp.Between) and _is_column(condition.this, control):
        yield from _constant(">", condition.args["low"])
        yield from _constant("<", condition.args["high"])
    direction = _BOUNDS.get(type(condition))
    if direction is None:
        return
    if _is_column(condition.left, control):
        yield from _constant(direction, condition.right)
    elif _is_column(condition.right, control):
        yield from _constant(_MIRRORED[direction], condition.left)


def _constant(direction: str, value: Any) -> Iterator[tuple[str, str]]:
    if value.find(exp.Column) is None:
        yield direction, str(value.sql("postgres"))


def _is_column(node: Any, name: str) -> bool:
    return isinstance(node, exp.Column) and node.name == name
