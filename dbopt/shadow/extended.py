"""Putting extended statistics into the shadow: pg_dump 18 restores their definitions, not what ANALYZE found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dbopt.errors import ServerError
from dbopt.postgres.identifiers import SQL, qualified, quoted
from dbopt.postgres.session import Row, Session
from dbopt.shadow import extended_bytes
from dbopt.shadow.extended_bytes import Attributes
from dbopt.shadow.snapshot import EXPRESSION_STATISTICS, ExpressionStatistics, ExtendedStatistics

_CASTS = "".join(
    f"DROP CAST IF EXISTS (bytea AS {name}); CREATE CAST (bytea AS {name}) WITHOUT FUNCTION;"
    for name in ("pg_ndistinct", "pg_dependencies", "pg_mcv_list")
)
_INDEX = "dbopt_expressions"
_LIST = "dbopt_combinations"
_NOTHING: dict[str, Any] = dict.fromkeys(EXPRESSION_STATISTICS)


def restore(session: Session, statistics: Sequence[ExtendedStatistics]) -> dict[tuple[str, str], str]:
    """Store the statistics; returns the tables (schema, name) for which it failed, with the reason."""
    if not statistics:
        return {}
    session.script(_CASTS)
    objects = {(row["schema"], row["name"]): row for row in session.rows("shadow/statistics_objects")}
    failed = {}
    for item in statistics:
        try:
            with session.transaction():
                _restore_one(session, item, objects[item.schema, item.name])
        except (KeyError, ServerError) as error:
            failed[item.table_schema, item.table] = f"statistics {item.name} were not restored: {error.args[0]}"
    return failed


def _restore_one(session: Session, item: ExtendedStatistics, found: Row) -> None:
    numbers = _numbers(item, found["attributes"])
    session.rows(
        "shadow/put_extended_statistics",
        oid=found["oid"],
        inherited=item.inherited,
        n_distinct=extended_bytes.n_distinct(item.n_distinct, numbers) if item.n_distinct else None,
        dependencies=extended_bytes.dependencies(item.dependencies, numbers) if item.dependencies else None,
        list=_most_common(session, item, found) if item.most_common else None,
    )
    if item.expressions and found["expressions"]:
        _restore_expressions(session, item, found)


def _most_common(session: Session, item: ExtendedStatistics, found: Row) -> bytes:
    """The list in stored form. PostgreSQL makes one for a table that has each combination once; then the frequencies
    are put right.
    """
    keys = [*(quoted(name) for name in item.attributes.values()), *(f"({text})" for text in found["expressions"] or ())]
    names = [f"c{number}" for number in range(len(keys))]
    table, listed = SQL(_LIST), SQL(", ".join(names))
    session.execute(
        SQL("CREATE TEMPORARY TABLE {} ({}) AS SELECT {} FROM {} WITH NO DATA").format(
            table, listed, SQL(", ".join(keys)), SQL(qualified(item.table_schema, item.table))
        )
    )
    types = [row["type"].replace("%", "%%") for row in session.rows("shadow/column_types", table=_LIST)]
    values = ", ".join(f"{name}::{type_name}" for name, type_name in zip(names, types, strict=True))
    texts = ", ".join(f"%({name})s::text[]" for name in names)
    session.execute(
        SQL("INSERT INTO {} SELECT {} FROM unnest({}) AS w ({})").format(table, SQL(values), SQL(texts), listed),
        {name: [row.values[number] for row in item.most_common] for number, name in enumerate(names)},
    )
    session.script(
        f"CREATE STATISTICS {_LIST} (mcv) ON {', '.join(names)} FROM {_LIST};"
        f"ALTER STATISTICS {_LIST} SET STATISTICS 10000; ANALYZE {_LIST}"
    )
    items = session.rows("shadow/common_combinations", table=_LIST)
    session.script(f"DROP TABLE {_LIST}")
    wanted = {row.values: (float(row.frequency), float(row.base_frequency)) for row in item.most_common}
    frequencies = [wanted[tuple(row["combination"])] for row in items]
    return extended_bytes.with_frequencies(items[0]["stored"], len(names), frequencies)


def _restore_expressions(session: Session, item: ExtendedStatistics, found: Row) -> None:
    """Expressions have statistics as an index on them would, so an index it is, for a moment."""
    keys = ", ".join(f"({expression})" for expression in found["expressions"])
    session.script(f"CREATE INDEX {_INDEX} ON {qualified(item.table_schema, item.table)} ({keys})")
    for number, expression in enumerate(item.expressions, 1):
        session.rows(
            "shadow/restore_attribute_statistics",
            schema=item.table_schema,
            relation=_INDEX,
            attribute=number,
            **_values(expression),
        )
    index = qualified(item.table_schema, _INDEX)
    session.rows("shadow/put_expression_statistics", oid=found["oid"], inherited=item.inherited, index=index)
    session.script(f"DROP INDEX {index}")


def _values(expression: ExpressionStatistics) -> dict[str, Any]:
    return {name: expression.values.get(name) for name in _NOTHING}


def _numbers(item: ExtendedStatistics, here: dict[str, int]) -> Attributes:
    return {int(number): here[name] for number, name in item.attributes.items()}
