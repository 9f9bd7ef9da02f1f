"""Columns that are compared together and are not independent, as the planner takes them to be.

A sample of rows tells how often two rows agree in both columns, and how often they would if the columns were
independent: the mean, over the rows, of the selectivity of both comparisons with that row's values, in truth and as the
planner multiplies it. Pairs of rows from one page are left out, since neighbours are alike without meaning anything.

Of the kinds of statistics the planner believes the common pairs first, and for a pair that is not among them multiplies
all the same, dependencies or not (statext_clauselist_selectivity in src/backend/statistics/extended_stats.c). So they
are kept only where all pairs have room.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.index.advice import Maintain
from dbopt.index.maintenance.compared import compared, pairs
from dbopt.index.maintenance.context import Context, Dependence
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.naming import statistics_name
from dbopt.postgres.schema import Relation

LEAST_FACTOR = 3.0  # by which the planner's rows are too few
LEAST_ROWS = 50  # by which they are too few: fewer change no plan
LEAST_AGREEING = 200  # pairs of rows, so that the factor is no chance
MOST_LOOKED_AT = 20  # pairs of columns
DECIDED = 0.8  # share of the rows in which one column decides the other, so that dependencies tell nearly all
MOST_KEPT = 1000  # common pairs: each planning reads them


def examine(context: Context) -> Iterator[Maintain]:
    if context.sampler is None:
        return
    looked_at = 0
    taken = set(context.facts.taken)
    for (table, columns), numbers in pairs(list(compared(context))).items():
        relation = context.catalog.find(*table)
        if relation is None or not _is_open(context, relation, columns):
            continue
        looked_at += 1
        if looked_at > MOST_LOOKED_AT:
            return
        found = context.sampler.dependence(relation, columns)
        kept = kinds(found) if found is not None else None
        if found is None or kept is None or not is_evident(found, relation.rows):
            continue
        yield _advice(context, relation, columns, found, kept, statistics_name(relation, columns, taken), numbers)


def is_evident(found: Dependence, rows: float) -> bool:
    """Whether the planner is off by a factor, and by rows, that matter, and the sample large enough to say so."""
    return (
        found.agreeing >= LEAST_AGREEING
        and found.actual >= LEAST_FACTOR * found.expected
        and (found.actual - found.expected) * rows >= LEAST_ROWS
    )


def kinds(found: Dependence) -> tuple[str, int | None] | None:
    """The kinds of statistics that tell the truth of these pairs, and how many common ones to keep where that is more
    than usual; None where there are too many.
    """
    if found.pairs <= found.target:
        return "ndistinct, dependencies, mcv", None
    if found.decided >= DECIDED:
        return "ndistinct, dependencies", None
    return ("ndistinct, dependencies, mcv", MOST_KEPT) if found.pairs <= MOST_KEPT else None


def _is_open(context: Context, relation: Relation, columns: tuple[str, str]) -> bool:
    """Whether the planner would multiply: no statistics on both, nor a key that identifies the row."""
    if relation.kind not in "rm" or relation.rows <= 0:
        return False
    known = [relation.column(name) for name in columns]
    if any(column is None or not column.indexable or column.n_distinct in (None, -1.0) for column in known):
        return False
    if any(set(columns) <= on for on in context.facts.extended.get(relation.key, ())):
        return False
    unique = [set(index.columns) for index in context.catalog.indexes_of(relation) if index.is_unique]
    return not any(key <= set(columns) for key in unique)


def _advice(
    context: Context,
    relation: Relation,
    columns: tuple[str, str],
    found: Dependence,
    kept: tuple[str, int | None],
    name: str,
    numbers: list[int],
) -> Maintain:
    one, other = (quoted(column) for column in columns)
    statistics, table = qualified(relation.schema, name), relation.sql_name
    kinds_, target = kept
    raised = f"; ALTER STATISTICS {statistics} SET STATISTICS {target}" if target is not None else ""
    return Maintain(
        sql=f"CREATE STATISTICS {statistics} ({kinds_}) ON {one}, {other} FROM {table}{raised}; ANALYZE {table}",
        undo_sql=f"DROP STATISTICS IF EXISTS {statistics}",
        table=table,
        kind="statistics",
        reason=f"{one} and {other} are compared together and depend on each other: a sample of {found.rows:,} rows has "
        f"on average {found.actual:.2%} with the same two values, and the planner, which multiplies, expects "
        f"{found.expected:.2%}: {found.actual * relation.rows:,.0f} rows of the table and not "
        f"{found.expected * relation.rows:,.0f}.",
        statements=context.unjudged(numbers),
    )
