"""Statistics for the expressions of hypothetical indexes: without any, the planner takes an expression for one of 200
equally frequent values, and is wrong by orders of magnitude.

Known ones of a statistics object or of an index on the same expression win. Else the values in the columns' statistics
are put through the expression, by the ordinary role. The planner reads the result from a statistics object that is
there whether the index lives or not: a statement's costs with and without the index are then those of the same rows,
and an index that a plan does not read does not change the plan's cost. With the index alone, they would be compared
with a cost that rests on a guess. A real index gives the planner the same statistics as soon as the table is analysed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dbopt.errors import ServerError
from dbopt.postgres.identifiers import qualified
from dbopt.postgres.session import Row, Session
from dbopt.shadow.mapping import Mapping
from dbopt.shadow.snapshot import EXPRESSION_STATISTICS

_SETTINGS = (
    "SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL TimeZone = 'UTC'; SET LOCAL IntervalStyle = 'postgres';"
    "SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL statement_timeout = '5s'"
)
_NOTHING: dict[str, Any] = dict.fromkeys(EXPRESSION_STATISTICS)


@dataclass(frozen=True)
class _Expression:
    """An expression of a table, and the attributes of indexes that it is (rows of shadow/index_expressions)."""

    text: str
    attributes: tuple[Row, ...]

    @property
    def table(self) -> int:
        return int(self.attributes[0]["table"])


def restore(owner: Session, superuser: Session, indexes: Sequence[int], free_names: Iterator[str]) -> None:
    """Give the indexes' expressions statistics, where something is known of them."""
    if not indexes:
        return
    objects: dict[str, _Expression] = {}
    with owner.transaction():
        owner.script(_SETTINGS)
        expressions = _expressions(owner, indexes)
        tables = sorted({expression.table for expression in expressions})
        known = {
            (row["table"], row["expression"]): row for row in owner.rows("shadow/known_expressions", tables=tables)
        }
        for expression in expressions:
            values = known.get((expression.table, expression.text))
            if values is not None and not _put(owner, expression, values):
                continue  # they do not fit: such an index has none
            if values is None or not values["by_object"]:
                _create_object(owner, expression, objects, next(free_names))
        unknown = {name: one for name, one in objects.items() if (one.table, one.text) not in known}
        useless = [*_map_each(owner, unknown), *(name for name in objects if _only_partial(objects[name]))]
        for name in dict.fromkeys(useless):
            owner.script(f"DROP STATISTICS {_object_name(objects.pop(name), name)}")
    if not objects:
        return
    superuser.rows(
        "shadow/copy_expression_statistics",
        objects=list(objects),
        indexes=[expression.attributes[0]["index"] for expression in objects.values()],
        attributes=[expression.attributes[0]["attribute"] for expression in objects.values()],
    )


def _expressions(owner: Session, indexes: Sequence[int]) -> list[_Expression]:
    found = sorted(owner.rows("shadow/index_expressions", indexes=list(indexes)), key=_place)
    return [_Expression(text, tuple(group)) for (_, text), group in groupby(found, key=lambda row: _place(row)[:2])]


def _place(row: Row) -> tuple[int, str, int, int]:
    return row["table"], row["expression"], row["index"], row["attribute"]


def _only_partial(expression: _Expression) -> bool:
    """The planner does not ask the statistics of a partial index, so the real one would not change its mind either."""
    return all(row["is_partial"] for row in expression.attributes)


def _object_name(expression: _Expression, name: str) -> str:
    return qualified(expression.attributes[0]["schema"], name)


def _create_object(owner: Session, expression: _Expression, objects: dict[str, _Expression], name: str) -> None:
    row = expression.attributes[0]
    table = qualified(row["schema"], row["name"])
    try:
        with owner.savepoint():
            owner.script(f"CREATE STATISTICS {_object_name(expression, name)} ON ({expression.text}) FROM {table}")
    except ServerError:  # of no type that has statistics
        return
    objects[name] = expression


def _put(owner: Session, expression: _Expression, values: Row) -> bool:
    """Whether the statistics could be restored."""
    wanted = {name: values.get(name) for name in _NOTHING}
    try:
        with owner.savepoint():
            for row in expression.attributes:
                owner.rows(
                    "shadow/restore_attribute_statistics",
                    schema=row["index_schema"],
                    relation=row["index_name"],
                    attribute=row["attribute"],
                    **wanted,
                )
    except ServerError:
        return False
    return True


# -- mapping ----------------------------------------------------------------------------------------------------------


def _map_each(owner: Session, objects: dict[str, _Expression]) -> list[str]:
    """Restore what the columns' statistics say of the expressions; returns the names of those of which they say
    nothing.
    """
    unknown = set(objects)
    columns = owner.rows("shadow/expression_columns", objects=list(objects))
    for name, group in groupby(columns, key=lambda row: row["object"]):
        found = list(group)
        if any(row["is_foreign"] or row["n_distinct"] is None for row in found):
            continue
        try:
            with owner.savepoint():
                values = Mapping(owner, objects[name].text, found).statistics()
            if values is not None and _put(owner, objects[name], values):
                unknown.discard(name)
        except ServerError:
            continue
    return sorted(unknown)
