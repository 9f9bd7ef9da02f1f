"""Statistics that a migration would cost a table: put back, in a column's new type where its values can be read in it.

ALTER COLUMN TYPE drops a column's statistics and makes indexes and extended statistics anew; ANALYZE and VACUUM would
write what they see in an empty file. A real server is analysed soon after a migration, so here everything is as if it
had been: what did not change stays, and what changed its type is converted value by value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from dbopt.errors import ServerError
from dbopt.postgres.identifiers import SQL, Composable, qualified, quoted
from dbopt.postgres.session import Row, Session
from dbopt.shadow import extended
from dbopt.shadow.migration_words import Altered
from dbopt.shadow.snapshot import ExtendedStatistics

Column = tuple[int, int]
"""Oid of a table or index, and the number of the column in it."""

_TIMEOUT_MS = 10_000
_TYPE = ("type", "modifier", "collation")
_VALUES = (
    "most_common_vals",
    "most_common_freqs",
    "histogram_bounds",
    "correlation",
    "most_common_elems",
    "most_common_elem_freqs",
    "elem_count_histogram",
    "range_length_histogram",
    "range_empty_frac",
    "range_bounds_histogram",
)


@dataclass(frozen=True)
class State:
    """A shadow's relations and columns at one moment, by oid."""

    relations: Mapping[int, Row]
    columns: Mapping[Column, Row]
    extended: tuple[Row, ...]

    @cached_property
    def by_expression(self) -> dict[tuple[int, str], Column]:
        """Expressions of indexes by table and text."""
        return {(row["table"], row["expression"]): place for place, row in self.columns.items() if row["expression"]}

    @cached_property
    def by_name(self) -> dict[tuple[str, str, int], Column]:
        """Expressions of indexes by schema and name of the index, and number."""
        found = {}
        for (relation, number), row in self.columns.items():
            if row["expression"]:
                index = self.relations[relation]
                found[index["schema"], index["name"], number] = (relation, number)
        return found


def state(session: Session) -> State:
    return State(
        relations={row["oid"]: row for row in session.rows("shadow/migration_relations")},
        columns={(row["relation"], row["number"]): row for row in session.rows("shadow/migration_columns")},
        extended=tuple(session.rows("shadow/migration_extended")),
    )


def statistics(session: Session) -> list[Row]:
    """All statistics of columns and index expressions, as text."""
    return session.rows("shadow/migration_statistics")


@dataclass(frozen=True)
class Carried:
    """`known` are the statistics of columns as they are now; `lost` names columns, and `lost_extended` extended
    statistics, of which only a part could be kept.
    """

    known: Mapping[Column, Row]
    lost: tuple[str, ...]
    lost_extended: tuple[str, ...]


def carry(
    session: Session,
    owner: Session,
    before: State,
    after: State,
    kept: Sequence[Row],
    extended_statistics: Iterable[ExtendedStatistics],
    expressions: Mapping[Altered, str],
) -> Carried:
    """Put back what is missing or was changed. Values are read in their columns' types by the tables' `owner`, since a
    type may call any function; the session is the superuser's. `kept` are the statistics from before; `expressions` the
    USING of a changed type, where there is one.
    """
    known: dict[Column, Row] = {}
    lost = []
    for row in kept:
        old = before.columns[row["relation"], row["number"]]
        place = _place(old, before, after)
        if place is None:
            continue
        new = after.columns[place]
        known[place] = row
        if (new["versions"] or {}).get(_word(row["inherited"]), "") == (old["versions"] or {})[_word(row["inherited"])]:
            continue
        relation = after.relations[place[0]]
        if any(old[name] != new[name] for name in _TYPE):
            using = _using(expressions, old["name"], before.relations[old["relation"]]["name"], relation["name"])
            known[place] = _converted(owner, row, old, new, using)
        if not _put(session, owner, relation, place[1], known[place]) or _is_poorer(known[place], row):
            lost.append(f"{qualified(relation['schema'], relation['name'])}.{quoted(new['name'])}")
    return Carried(known, tuple(sorted(set(lost))), _carry_extended(session, before, after, extended_statistics))


def _using(expressions: Mapping[Altered, str], column: str, *tables: str) -> str | None:
    """The USING of a column, of a table that may have been renamed. A partition's is its parent's: that of the columns
    of this name, if they have one in common.
    """
    for table in tables:
        if Altered(table, column) in expressions:
            return expressions[Altered(table, column)]
    of_name = {expression for altered, expression in expressions.items() if altered.column == column}
    return of_name.pop() if len(of_name) == 1 else None


def _word(inherited: bool) -> str:
    return "true" if inherited else "false"


def _place(old: Row, before: State, after: State) -> Column | None:
    """Where a column or expression is now. An index that was made anew has its expressions' statistics again."""
    place = (old["relation"], old["number"])
    if place in after.columns:
        return place
    if not old["expression"] or old["table"] not in after.relations:
        return None
    index = before.relations[old["relation"]]
    named = after.by_name.get((index["schema"], index["name"], old["number"]))
    found = after.by_expression.get((old["table"], old["expression"]), named)
    return found if found and after.columns[found]["table"] == old["table"] else None


def _put(session: Session, owner: Session, relation: Row, number: int, row: Row) -> bool:
    values = {name: value for name, value in row.items() if name not in ("relation", "number")}
    where = {"relation": relation["oid"], "number": number, "inherited": row["inherited"]}
    session.rows("shadow/migration_forget_statistics", **where)  # what is put is added to what there is
    try:
        found = owner.rows(
            "shadow/migration_put_statistics",
            schema=relation["schema"],
            name=relation["name"],
            number=number,
            **values,
        )
    except ServerError:
        return False
    return bool(found[0]["is_complete"])


def _is_poorer(new: Row, old: Row) -> bool:
    return any(old[name] is not None and new[name] is None for name in ("most_common_vals", "histogram_bounds"))


# -- values in a new type ---------------------------------------------------------------------------------------------


def _converted(owner: Session, row: Row, old: Row, new: Row, expression: str | None) -> Row:
    """The statistics as those of the new type. What cannot be converted is None."""
    plain: Row = {**row, **dict.fromkeys(_VALUES), "avg_width": _width(row, old, new)}
    if new["length"] > 0:
        plain["avg_width"] = str(new["length"])
    try:
        with owner.rolled_back(statement_timeout_ms=_TIMEOUT_MS):
            common, bounds = _common(owner, row, old, new, expression), _bounds(owner, row, old, new, expression)
    except ServerError:
        return plain
    if new["length"] < 0 < old["length"]:
        plain["avg_width"] = _measured(common, bounds)
    correlation = row["correlation"]
    if correlation is not None and bounds["agreement"] is not None:
        correlation = repr(float(correlation) * bounds["agreement"])
    return {
        **plain,
        "most_common_vals": common["vals"],
        "most_common_freqs": common["freqs"],
        "histogram_bounds": bounds["vals"],
        "correlation": correlation,
    }


def _width(row: Row, old: Row, new: Row) -> str | None:
    return row["avg_width"] if new["length"] < 0 and old["length"] < 0 else None


def _measured(*found: Row) -> str | None:
    widths = [row["width"] for row in found if row["width"] is not None]
    return str(round(sum(widths) / len(widths))) if widths else None


def _common(owner: Session, row: Row, old: Row, new: Row, expression: str | None) -> Row:
    """The most common values; those that become equal are one."""
    values = _values(old, new, expression, "unnest(%(values)s::text[], %(shares)s::real[]) AS w (value_, share_)")
    statement = SQL(
        "SELECT array_agg(v ORDER BY share DESC, v)::text AS vals,"
        " array_agg(share ORDER BY share DESC, v)::text AS freqs, avg(pg_column_size(v))::float8 AS width"
        " FROM (SELECT v, sum(share_)::real AS share FROM ({}) AS x WHERE v IS NOT NULL GROUP BY v) AS y"
    ).format(values)
    return owner.fetch(statement, {"values": row["most_common_vals"], "shares": row["most_common_freqs"]})[0]


def _bounds(owner: Session, row: Row, old: Row, new: Row, expression: str | None) -> Row:
    """The histogram in the new type's order. Where that order is another, bounds of equal steps in the old are a sample
    of the values; how well rows lie in order is then as good as the two orders agree.
    """
    values = _values(old, new, expression, "unnest(%(values)s::text[]) WITH ORDINALITY AS w (value_, share_)")
    order = _text(f"v COLLATE {new['collation_name']}" if new["collation_name"] else "v")
    statement = SQL(
        "SELECT array_agg(v ORDER BY place)::text AS vals, corr(share_, place)::float8 AS agreement,"
        " avg(pg_column_size(v))::float8 AS width"
        " FROM (SELECT v, share_, row_number() OVER (ORDER BY {}, share_) AS place"
        " FROM ({}) AS x WHERE v IS NOT NULL) AS y"
    ).format(order, values)
    return owner.fetch(statement, {"values": row["histogram_bounds"]})[0]


def _values(old: Row, new: Row, expression: str | None, source: str) -> Composable:
    """A query of the values `v` in the new type."""
    name = quoted(old["name"])
    return SQL("SELECT ({})::{} AS v, share_ FROM (SELECT value_::{} AS {}, share_ FROM {}) AS u").format(
        _text(expression or name), _text(new["type_name"]), _text(old["type_name"]), _text(name), SQL(source)
    )


def _text(text: str) -> Composable:
    return SQL(text.replace("%", "%%"))


# -- extended statistics ----------------------------------------------------------------------------------------------


def _carry_extended(
    session: Session, before: State, after: State, items: Iterable[ExtendedStatistics]
) -> tuple[str, ...]:
    old_by_name = {(row["schema"], row["name"]): row for row in before.extended}
    new_by_oid = {row["oid"]: row for row in after.extended}
    new_by_name = {(row["schema"], row["name"], row["relation"]): row for row in after.extended}
    lost = []
    for item in items:
        old = old_by_name.get((item.schema, item.name))
        if old is None:
            continue
        new = new_by_oid.get(old["oid"]) or new_by_name.get((item.schema, item.name, old["relation"]))
        version = (old["versions"] or {}).get(_word(item.inherited))
        if new is None or version is None or (new["versions"] or {}).get(_word(item.inherited)) == version:
            continue
        session.rows("shadow/forget_extended_statistics", oid=new["oid"], inherited=item.inherited)
        if not _restore(session, _renamed(item, old["relation"], new, before, after)):
            lost.append(qualified(new["schema"], new["name"]))
    return tuple(sorted(set(lost)))


def _renamed(item: ExtendedStatistics, relation: int, new: Row, before: State, after: State) -> ExtendedStatistics:
    """The statistics under the names that objects have now."""
    numbers = {row["name"]: place for place, row in before.columns.items() if place[0] == relation}
    table = after.relations[relation]
    names = {
        number: after.columns[numbers[name]]["name"]
        for number, name in item.attributes.items()
        if numbers.get(name) in after.columns
    }
    return replace(
        item,
        schema=new["schema"],
        name=new["name"],
        table_schema=table["schema"],
        table=table["name"],
        attributes=names,
    )


def _restore(session: Session, item: ExtendedStatistics) -> bool:
    """Store what can be stored: combinations and expressions of another type may not be readable in it."""
    for part in (item, replace(item, expressions=()), replace(item, most_common=(), expressions=())):
        if not extended.restore(session, [part]):
            return part is item
    return False
