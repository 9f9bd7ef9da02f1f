"""Expressions that are compared with a value and have no statistics: the planner takes them to have 200 different
values, whatever they are (DEFAULT_NUM_DISTINCT in src/include/utils/selfuncs.h). A sample tells how many rows have the
same value in truth.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.index.advice import Maintain
from dbopt.index.maintenance.compared import compared_expressions
from dbopt.index.maintenance.context import Context, Repeats
from dbopt.index.maintenance.facts import Name
from dbopt.index.maintenance.statistics import LEAST_FACTOR, LEAST_ROWS
from dbopt.postgres.identifiers import qualified
from dbopt.postgres.naming import statistics_name
from dbopt.postgres.schema import Relation

GUESS = 1 / 200
LEAST_COMPARED = 100_000  # pairs of rows: of the guessed share, 500 would agree
MOST_LOOKED_AT = 20  # expressions


def examine(context: Context) -> Iterator[Maintain]:
    if context.sampler is None:
        return
    taken = set(context.facts.taken)
    wanted = [one for one in compared_expressions(context).items() if not _has_statistics(context, *one[0])]
    for (table, expression), numbers in wanted[:MOST_LOOKED_AT]:
        relation = context.catalog.find(*table)
        if relation is None or relation.kind not in "rm" or relation.rows <= 0:
            continue
        found = context.sampler.repeats(relation, expression)
        if found is None or not is_evident(found, relation.rows):
            continue
        indexed = _is_indexed_by_advice(context, table, expression)
        if indexed and found.share < GUESS:  # that index helps even more, and brings statistics
            continue
        name = statistics_name(relation, ["expr"], taken)
        yield _advice(context, relation, expression, found, name, numbers, indexed)


def is_evident(found: Repeats, rows: float) -> bool:
    """Whether the guess is off by a factor, and by rows, that matter, and the sample large enough to say so."""
    if found.compared < LEAST_COMPARED:
        return False
    off = found.share >= LEAST_FACTOR * GUESS or LEAST_FACTOR * found.share <= GUESS
    return off and abs(found.share - GUESS) * rows >= LEAST_ROWS


def _has_statistics(context: Context, table: Name, expression: str) -> bool:
    """Of an index on the expression, or by CREATE STATISTICS."""
    relation = context.catalog.find(*table)
    existing = context.catalog.indexes_of(relation) if relation is not None else ()
    written = {key.sql for index in existing for key in index.keys if key.column is None}
    return _bare(expression) in {_bare(one) for one in (*written, *context.facts.expressions.get(table, ()))}


def _is_indexed_by_advice(context: Context, table: Name, expression: str) -> bool:
    new = context.trials.chosen | context.trials.added
    return any((index.schema, index.table) == table and expression in index.columns for index in new)


def _bare(expression: str) -> str:
    """PostgreSQL writes `(a || b)` and `lower(a)`, with or without parentheses around."""
    bare = expression.strip()
    return bare[1:-1] if bare.startswith("(") and bare.endswith(")") else bare


def _advice(
    context: Context,
    relation: Relation,
    expression: str,
    found: Repeats,
    name: str,
    numbers: list[int],
    indexed: bool,
) -> Maintain:
    statistics, table = qualified(relation.schema, name), relation.sql_name
    again = " The index on it is advised on that guess: ask again after this." if indexed else ""
    return Maintain(
        sql=f"CREATE STATISTICS {statistics} ON ({expression}) FROM {table}; ANALYZE {table}",
        undo_sql=f"DROP STATISTICS IF EXISTS {statistics}",
        table=table,
        kind="statistics",
        reason=f"{expression} has no statistics, so that the planner takes one in 200 rows to have the value asked "
        f"for, {relation.rows * GUESS:,.0f} rows; in a sample of {found.rows:,} rows {found.share:.3%} have the same "
        f"one on average, which makes {relation.rows * found.share:,.0f}.{again}",
        statements=context.unjudged(numbers),
    )
