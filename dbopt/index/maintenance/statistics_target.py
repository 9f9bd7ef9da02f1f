"""Columns of which the planner knows too few values, or far too few different ones."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dbopt.index.advice import Maintain
from dbopt.index.maintenance.compared import Compared, compared, values_of
from dbopt.index.maintenance.context import Context
from dbopt.index.maintenance.facts import ColumnFacts
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import Column, ExistingIndex, Relation

RAISED, MOST = 10, 1000  # by this factor, up to this target: each planning reads the list
LEAST_TAIL = 0.1  # share of the rows whose values are not in the list
LEAST_FACTOR = 3.0  # by which the rarest value of the list is more frequent than the others are taken to be
TOO_FEW = 2.0  # by which the different values are more than the statistics say
LEAST_ROWS = 10_000


def examine(context: Context) -> Iterator[Maintain]:
    found = list(compared(context))
    for relation, _ in context.tables():
        if relation.kind not in "rm":
            continue
        for column in relation.columns:
            advice = _by_list(context, relation, column, found) or _by_keys(context, relation, column)
            if advice is not None:
                yield advice


# -- the list of common values ----------------------------------------------------------------------------------------


def _by_list(context: Context, relation: Relation, column: Column, found: list[Compared]) -> Maintain | None:
    facts = context.facts.columns.get((relation.key, column.name))
    if facts is None or facts.target >= MOST or relation.rows < LEAST_ROWS:
        return None
    tail = tail_of(facts, relation.rows)
    if tail is None:
        return None
    share, factor = tail
    tables = {relation.key, context.catalog.root_of(relation).key}
    numbers = sorted(
        {
            one.number
            for one in found
            if one.table in tables and column.name in one.columns and _asks_beyond(context, one.number, facts)
        }
    )
    if not numbers:
        return None
    name, table = quoted(column.name), relation.sql_name
    target, former = min(facts.target * RAISED, MOST), -1 if facts.own_target is None else facts.own_target
    return Maintain(
        sql=f"ALTER TABLE {table} ALTER COLUMN {name} SET STATISTICS {target}; ANALYZE {table} ({name})",
        undo_sql=f"ALTER TABLE {table} ALTER COLUMN {name} SET STATISTICS {former}; ANALYZE {table} ({name})",
        table=table,
        kind="statistics-target",
        reason=f"The list of common values of {name} is full: {len(facts.frequencies)} of {facts.target}. The rarest "
        f"in it has {facts.frequencies[-1]:.2%} of the rows; the {share:.0%} of the rows that have other values are "
        f"taken to be spread evenly, {factor:,.0f} times fewer for each, and the workload asks for such.",
        statements=context.unjudged(numbers),
    )


def tail_of(facts: ColumnFacts, rows: float) -> tuple[float, float] | None:
    """The share of the rows whose values are not listed, and by which factor the rarest listed one is more frequent
    than the planner takes each of those to be; None where the list is not full or the tail not heavy.
    """
    if len(facts.frequencies) < facts.target:
        return None
    share = 1 - facts.null_fraction - sum(facts.frequencies)
    distinct = facts.n_distinct if facts.n_distinct > 0 else -facts.n_distinct * rows
    others = distinct - len(facts.frequencies)
    if share < LEAST_TAIL or others < 1:
        return None
    factor = min(facts.frequencies) / (share / others)
    return (share, factor) if factor >= LEAST_FACTOR else None


def _asks_beyond(context: Context, number: int, facts: ColumnFacts) -> bool:
    """Whether the statement compares the column with a value that is not in the list, or not known."""
    listed = set(facts.common_values)
    return any(value is None or value not in listed for value in values_of(context.asked[number], facts.name))


# -- the number of different values -----------------------------------------------------------------------------------


def _by_keys(context: Context, relation: Relation, column: Column) -> Maintain | None:
    """A unique index on several columns has as many different keys as rows, which are at most the product of the
    columns' different values: where the statistics' product is less, they are wrong.
    """
    for index in context.catalog.indexes_of(relation) if relation.rows >= LEAST_ROWS else ():
        least = least_distinct(relation, column, index)
        known = _distinct(relation, column)
        if least is None or known is None or least < TOO_FEW * known:
            continue
        name, table = quoted(column.name), relation.sql_name
        former = context.facts.set_by_hand.get((relation.key, column.name))
        undo = "RESET (n_distinct)" if former is None else f"SET (n_distinct = {former})"
        share = math.ceil(1000 * least / relation.rows) / 1000
        others = " x ".join(
            f"{_distinct(relation, other):,.0f} of {quoted(other.name)}" for other in _others(relation, column, index)
        )
        return Maintain(
            sql=f"ALTER TABLE {table} ALTER COLUMN {name} SET (n_distinct = -{share:g}); ANALYZE {table} ({name})",
            undo_sql=f"ALTER TABLE {table} ALTER COLUMN {name} {undo}; ANALYZE {table} ({name})",
            table=table,
            kind="statistics-target",
            reason=f"{name} has at least {least:,.0f} different values, and the statistics say {known:,.0f}: the "
            f"unique index {index.sql_name} has {relation.rows:,.0f} different keys, and there are {others}.",
            statements=context.unjudged(context.reading(relation)),
        )
    return None


def least_distinct(relation: Relation, column: Column, index: ExistingIndex) -> float | None:
    """How many different values the column must have at least for the unique index to be; None where it is not the
    column whose count is in doubt: that with the most.
    """
    if not index.is_unique or not index.is_valid or index.predicate or len(index.keys) < 2:
        return None
    if column.name not in index.columns or None in index.columns:
        return None
    columns = [relation.column(str(name)) for name in index.columns]
    if any(one is None or one.n_distinct is None or one.null_fraction for one in columns):
        return None
    others = [_distinct(relation, other) or 1.0 for other in _others(relation, column, index)]
    if (column.n_distinct or 0) < 0 or max(others) >= (_distinct(relation, column) or 0.0):
        return None
    return relation.rows / math.prod(others)


def _others(relation: Relation, column: Column, index: ExistingIndex) -> list[Column]:
    names = [str(name) for name in index.columns if name != column.name]
    return [other for name in names if (other := relation.column(name)) is not None]


def _distinct(relation: Relation, column: Column) -> float | None:
    if column.n_distinct is None:
        return None
    return column.n_distinct if column.n_distinct > 0 else -column.n_distinct * relation.rows
