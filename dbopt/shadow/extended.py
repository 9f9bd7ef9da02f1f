"""Putting extended statistics into the shadow: pg_dump 18 restores their definitions, not what ANALYZE found.

Whatever reads values in the types of columns runs as the ordinary role: a domain's check may call any function. The
superuser then stores the bytes, of which the planner believes every one: so they must fit the statistics object.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dbopt.errors import ServerError
from dbopt.postgres.identifiers import SQL, qualified, quoted
from dbopt.postgres.session import Row, Session
from dbopt.shadow import extended_bytes, roles
from dbopt.shadow.extended_bytes import Attributes
from dbopt.shadow.snapshot import EXPRESSION_STATISTICS, ExpressionStatistics, ExtendedStatistics

# They are there only while bytes are stored: PostgreSQL reads bytes of these types without doubting them.
_CASTS = tuple(f"CAST (bytea AS pg_catalog.{name})" for name in ("pg_ndistinct", "pg_dependencies", "pg_mcv_list"))
_CREATE_CASTS = "; ".join(f"CREATE {cast} WITHOUT FUNCTION" for cast in _CASTS)
_DROP_CASTS = "; ".join(f"DROP {cast}" for cast in _CASTS)
_INDEX = "dbopt_expressions"
_LIST = "dbopt_combinations"
_NOTHING: dict[str, Any] = dict.fromkeys(EXPRESSION_STATISTICS)
_UNUSABLE = (ServerError, LookupError, ValueError, TypeError, ArithmeticError, AttributeError, struct.error)


def restore(session: Session, statistics: Sequence[ExtendedStatistics]) -> dict[tuple[str, str], str]:
    """Store the statistics, in place of what there is; returns the tables (schema, name) for which it failed, with the
    reason. The session is the superuser's.
    """
    if not statistics:
        return {}
    objects = {(row["schema"], row["name"]): row for row in session.rows("shadow/statistics_objects")}
    failed = {}
    with roles.ordinary_beside(session) as owner:
        for item in statistics:
            try:
                _restore_one(session, owner, item, objects[item.schema, item.name])
            except _UNUSABLE as error:
                reason = error.message if isinstance(error, ServerError) else "they do not fit"
                failed[item.table_schema, item.table] = f"statistics {item.name} were not restored: {reason}"
    return failed


def _restore_one(session: Session, owner: Session, item: ExtendedStatistics, found: Row) -> None:
    columns, expressions = found["columns"], found["expressions"] or []
    numbers = _numbers(item, found["attributes"], columns, expressions)
    values = {
        "oid": found["oid"],
        "inherited": item.inherited,
        "n_distinct": extended_bytes.n_distinct(item.n_distinct, numbers) if item.n_distinct else None,
        "dependencies": extended_bytes.dependencies(item.dependencies, numbers) if item.dependencies else None,
        "list": _most_common(session, owner, item, columns, expressions) if item.most_common else None,
    }
    with session.transaction():
        session.rows("shadow/forget_extended_statistics", oid=found["oid"], inherited=item.inherited)
        session.script(_CREATE_CASTS)
        session.rows("shadow/put_extended_statistics", **values)
        session.script(_DROP_CASTS)
    if item.expressions and expressions:
        _restore_expressions(session, owner, item, found)


def _numbers(
    item: ExtendedStatistics, here: dict[str, int], columns: Sequence[str], expressions: Sequence[str]
) -> Attributes:
    """Attribute numbers of the source -> those of the shadow, of the object's own columns and expressions only."""
    if sorted(item.attributes.values()) != sorted(columns):
        raise ValueError("other columns")
    own = {int(number): here[name] for number, name in item.attributes.items()}
    return own | {-number: -number for number in range(1, len(expressions) + 1)}


def _most_common(
    session: Session, owner: Session, item: ExtendedStatistics, columns: Sequence[str], expressions: Sequence[str]
) -> bytes:
    """The list in stored form. PostgreSQL makes one for a table that has each combination once; then the frequencies
    are put right.
    """
    if list(item.attributes.values()) != list(columns):
        raise ValueError("columns in another order")
    keys = [*(quoted(name) for name in columns), *(f"({text})" for text in expressions)]
    with _listed(owner, item, keys):
        items = session.rows("shadow/common_combinations", table=_LIST, columns=len(keys))
    wanted = {row.values: (float(row.frequency), float(row.base_frequency)) for row in item.most_common}
    frequencies = [wanted[tuple(row["combination"])] for row in items]
    return extended_bytes.with_frequencies(items[0]["stored"], len(keys), frequencies)


@contextmanager
def _listed(owner: Session, item: ExtendedStatistics, keys: Sequence[str]) -> Iterator[None]:
    """While this lasts, a temporary table with these columns and the item's combinations has been analysed."""
    names = [f"c{number}" for number in range(len(keys))]
    table, listed = SQL(f"pg_temp.{_LIST}"), SQL(", ".join(names))
    try:
        owner.execute(
            SQL("CREATE TEMPORARY TABLE {} ({}) AS SELECT {} FROM {} WITH NO DATA").format(
                SQL(_LIST), listed, SQL(", ".join(keys)), SQL(qualified(item.table_schema, item.table))
            )
        )
        rows = owner.rows("shadow/column_types", table=f"pg_temp.{_LIST}")
        types = [row["type"].replace("%", "%%") for row in rows]
        values = ", ".join(f"{name}::{type_name}" for name, type_name in zip(names, types, strict=True))
        texts = ", ".join(f"%({name})s::text[]" for name in names)
        owner.execute(
            SQL("INSERT INTO {} SELECT {} FROM unnest({}) AS w ({})").format(table, SQL(values), SQL(texts), listed),
            {name: [row.values[number] for row in item.most_common] for number, name in enumerate(names)},
        )
        owner.script(
            f"CREATE STATISTICS pg_temp.{_LIST} (mcv) ON {', '.join(names)} FROM pg_temp.{_LIST};"
            f"ALTER STATISTICS pg_temp.{_LIST} SET STATISTICS 10000; ANALYZE pg_temp.{_LIST}"
        )
        yield
    finally:
        owner.script(f"DROP TABLE IF EXISTS pg_temp.{_LIST}")


def _restore_expressions(session: Session, owner: Session, item: ExtendedStatistics, found: Row) -> None:
    """Expressions have statistics as an index on them would, so an index it is, for a moment."""
    keys = ", ".join(f"({expression})" for expression in found["expressions"])
    index = qualified(item.table_schema, _INDEX)
    owner.script(f"CREATE INDEX {_INDEX} ON {qualified(item.table_schema, item.table)} ({keys})")
    try:
        for number, expression in enumerate(item.expressions, 1):
            owner.rows(
                "shadow/restore_attribute_statistics",
                schema=item.table_schema,
                relation=_INDEX,
                attribute=number,
                **_values(expression),
            )
        session.rows("shadow/put_expression_statistics", oid=found["oid"], inherited=item.inherited, index=index)
    finally:
        owner.script(f"DROP INDEX {index}")


def _values(expression: ExpressionStatistics) -> dict[str, Any]:
    return {name: expression.values.get(name) for name in _NOTHING}
