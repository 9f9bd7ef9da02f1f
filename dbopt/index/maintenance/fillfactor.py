"""Tables whose updates could be HOT, but for want of room on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from dbopt.index.advice import Maintain
from dbopt.index.maintenance.context import Context, listed
from dbopt.index.maintenance.facts import Counts, TableFacts
from dbopt.postgres.schema import Catalog, ExistingIndex, Relation
from dbopt.workload.sql import identifier_name

LEAST_UPDATED = 1000
UPDATED = 0.05  # of the rows, since the counts were reset: fewer updates are not worth room
HOT = 0.5  # share of updates: with more, room is found often enough
FILLFACTORS = (90, 85, 80, 70, 60, 50)
ROOM = 2  # rows that a page is to have room for
PAGE = 8168  # bytes, without its header


def examine(context: Context) -> Iterator[Maintain]:
    for relation, facts in context.tables():
        counts = facts.counts
        if counts is None or relation.kind != "r" or not _wants_room(relation, facts, counts, context.catalog):
            continue
        updates = _updates(context, relation)
        if updates is None:
            continue
        numbers, columns = updates
        indexed = _indexed(context.catalog.indexes_of(relation))
        if not numbers or indexed & columns:
            continue
        yield _advice(context, relation, facts, counts, numbers, sorted(columns))


def _wants_room(relation: Relation, facts: TableFacts, counts: Counts, catalog: Catalog) -> bool:
    if any(option.startswith("fillfactor=") and option != "fillfactor=100" for option in facts.options):
        return False
    many = counts.updated >= max(LEAST_UPDATED, UPDATED * max(facts.rows, 0.0))
    elsewhere = counts.updated - counts.updated_hot if counts.updated_elsewhere is None else counts.updated_elsewhere
    return bool(catalog.indexes_of(relation)) and many and elsewhere > (1 - HOT) * counts.updated


def _updates(context: Context, relation: Relation) -> tuple[list[int], set[str]] | None:
    """The statements that update the table, and the columns that they set; None where that cannot be told."""
    targets = {relation.key, context.catalog.root_of(relation).key}
    numbers, columns = [], set()
    for number in context.reading(relation):
        tree = context.asked[number].tree
        if tree is None:
            if context.asked[number].statement.kind != "select":
                return None
            continue
        for change in tree.find_all(exp.Update, exp.Merge, exp.OnConflict):
            target = _target(change, context.catalog)
            if target is not None and target not in targets:
                continue
            named = _columns_set(change) if isinstance(change, exp.Update) else None
            if named is None or target is None:
                return None
            numbers.append(number)
            columns |= named
    return numbers, columns


def _target(change: exp.Expression, catalog: Catalog) -> tuple[str, str] | None:
    if isinstance(change, exp.OnConflict):
        insert = change.find_ancestor(exp.Insert)
        table = insert.this.this if insert is not None and isinstance(insert.this, exp.Schema) else None
        table = insert.this if insert is not None and table is None else table
    else:
        table = change.this
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        return None
    schema = table.args.get("db")
    relation = catalog.find(identifier_name(schema) if schema else None, identifier_name(table.this))
    return relation.key if relation is not None else None


def _columns_set(update: exp.Expression) -> set[str] | None:
    found = set()
    for part in update.expressions:
        if not isinstance(part, exp.EQ) or not isinstance(part.this, exp.Column):
            return None
        found.add(identifier_name(part.this.this))
    return found


def _indexed(indexes: tuple[ExistingIndex, ...]) -> set[str]:
    """Columns whose change needs a new entry in some index; BRIN indexes summarise pages, and since PostgreSQL 16 need
    none. Every word of an expression or a condition may be a column.
    """
    found: set[str] = set()
    for index in indexes:
        texts = [key.sql for key in index.keys if key.column is None] + [index.predicate]
        found.update(column for column in index.columns if column is not None)
        found.update(index.include)
        found.update(
            word.replace('""', '"') for text in texts for word in re.findall(r'[^\W\d]\w*|(?<=")[^"]+(?=")', text)
        )
    return found


def _advice(
    context: Context, relation: Relation, facts: TableFacts, counts: Counts, numbers: list[int], columns: list[str]
) -> Maintain:
    row = PAGE / max(facts.rows / facts.blocks, 1.0) if facts.blocks and facts.rows > 0 else PAGE
    wanted = 100 * (1 - ROOM * row / PAGE)
    value = next((factor for factor in FILLFACTORS if factor <= wanted), FILLFACTORS[-1])
    former = any(option.startswith("fillfactor=") for option in facts.options)
    elsewhere = (
        f"{counts.updated_elsewhere:,} found no room on their page"
        if counts.updated_elsewhere is not None
        else f"{counts.updated - counts.updated_hot:,} were not HOT"
    )
    return Maintain(
        sql=f"ALTER TABLE {relation.sql_name} SET (fillfactor = {value})",
        undo_sql=f"ALTER TABLE {relation.sql_name} {'SET (fillfactor = 100)' if former else 'RESET (fillfactor)'}",
        table=relation.sql_name,
        kind="fillfactor",
        reason=f"Of {counts.updated:,} updates {elsewhere}, so that each made a new entry in every index, though no "
        f"index has what the workload sets ({listed(columns)}). Pages filled to {value} % have room for a new version. "
        "It holds for pages to come; those that exist gain by a rewrite.",
        statements=context.unjudged(numbers),
    )
