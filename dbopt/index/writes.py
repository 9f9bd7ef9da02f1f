"""How much a workload writes to each table: from its own statements, and from the server's counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from dbopt.index.existing import as_new
from dbopt.index.write_cost import Writes
from dbopt.postgres.schema import Catalog, Relation
from dbopt.workload.model import Statement
from dbopt.workload.sql import identifier_name

HOT_SHARE = 0.8  # of updates that may be HOT: those for whose new row the page has room


@dataclass
class _Counts:
    inserted: float = 0.0
    updated: float = 0.0
    deleted: float = 0.0
    reads: float = 0.0
    touching: dict[str, float] = field(default_factory=dict)
    updates: list[tuple[float, frozenset[str]]] = field(default_factory=list)  # rows, and the columns that are set


def writes_of(
    statements: Iterable[tuple[Statement, exp.Expression | None]], catalog: Catalog
) -> Mapping[tuple[str, str], Writes]:
    """Rows written by one run of the workload, per table.

    The workload's own INSERT, UPDATE, DELETE and MERGE count with their calls and rows. A workload rarely holds all of
    them, so the server's counts stand in, scaled to the workload by its share of the table's scans, at most 1; rows
    that are still there are taken as loaded once, not as written all the time. The larger of the two counts. Where the
    server has counted no update, most of those that set no indexed column are taken to be HOT.
    """
    counts: dict[tuple[str, str], _Counts] = {}
    for statement, tree in statements:
        if tree is not None:
            _count(statement, tree, catalog, counts)
    tables = {relation.key: relation for relation in catalog.relations if relation.can_have_indexes}
    return {key: _writes(tables[key], counts.get(key, _Counts()), catalog) for key in tables}


def _count(
    statement: Statement, tree: exp.Expression, catalog: Catalog, counts: dict[tuple[str, str], _Counts]
) -> None:
    for name in statement.tables:
        if (relation := catalog.resolve(name)) is not None:
            counts.setdefault(relation.key, _Counts()).reads += statement.weight
    for change in tree.find_all(exp.Insert, exp.Update, exp.Delete, exp.Merge):
        relation = target(change, catalog)
        if relation is None:
            continue
        written = counts.setdefault(relation.key, _Counts())
        rows = float(statement.rows) if statement.rows else statement.weight
        if isinstance(change, exp.Insert):
            written.inserted += rows
        elif isinstance(change, exp.Delete):
            written.deleted += rows
        else:
            written.updated += rows
            columns = columns_set(change)
            written.updates.append((rows, frozenset(columns)))
            for column in sorted(columns):
                written.touching[column] = written.touching.get(column, 0.0) + rows


def target(change: exp.Expression, catalog: Catalog) -> Relation | None:
    """The table that an INSERT, UPDATE, DELETE or MERGE writes to."""
    table = change.this.this if isinstance(change.this, exp.Schema) else change.this
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        return None
    schema = table.args.get("db")
    return catalog.find(identifier_name(schema) if schema else None, identifier_name(table.this))


def columns_set(change: exp.Expression) -> set[str]:
    """The columns that an UPDATE or MERGE gives new values."""
    updates = [change, *change.find_all(exp.Update)]
    assignments = [part for update in updates for part in update.expressions if isinstance(part, exp.EQ)]
    return {identifier_name(part.this.this) for part in assignments if isinstance(part.this, exp.Column)}


def _writes(relation: Relation, counted: _Counts, catalog: Catalog) -> Writes:
    leaves = catalog.partitions_of(relation)
    seen = [leaf.activity for leaf in leaves]
    scans = sum(activity.scans for activity in seen)
    share = min(counted.reads / scans, 1.0) if scans else 0.0
    loaded = sum(max(leaf.rows, 0.0) for leaf in leaves)
    updated = float(sum(activity.updated for activity in seen))
    hot = sum(activity.updated_hot for activity in seen)
    rows_updated = max(counted.updated, updated * share)
    return Writes(
        inserted=max(counted.inserted, max(sum(activity.inserted for activity in seen) - loaded, 0.0) * share),
        updated=rows_updated,
        hot=rows_updated * (hot / updated) if updated else _probably_hot(relation, counted, catalog),
        deleted=max(counted.deleted, sum(activity.deleted for activity in seen) * share),
        touching=counted.touching,
    )


def _probably_hot(relation: Relation, counted: _Counts, catalog: Catalog) -> float:
    indexed = frozenset(column for index in catalog.indexes_of(relation) for column in as_new(index).read_columns)
    return HOT_SHARE * sum(rows for rows, columns in counted.updates if columns.isdisjoint(indexed))
