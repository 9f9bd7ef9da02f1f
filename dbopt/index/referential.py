"""What a statement makes PostgreSQL ask besides: for each row that is deleted from a referenced table, or whose key
changes, the rows that reference it (src/backend/utils/adt/ri_triggers.c). EXPLAIN does not show it, and without an
index on the referencing columns each is a scan of the whole table. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from dbopt.index.writes import columns_set, target
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.schema import Catalog, ForeignKey
from dbopt.workload.model import Statement


def checks(statement: Statement, tree: exp.Expression, catalog: Catalog) -> Iterator[tuple[ForeignKey, Statement]]:
    """The foreign keys that are checked, and the query that does it, once for each row that the statement writes."""
    calls = max(statement.rows or 0, statement.calls or 1)
    for change in tree.find_all(exp.Delete, exp.Update):
        relation = target(change, catalog)
        if relation is None:
            continue
        changed = columns_set(change) if isinstance(change, exp.Update) else None
        for key in _checked(relation.key, changed, catalog):
            names = (qualified(*key.table),)
            query = replace(statement, sql=_query(key), kind="select", calls=calls, parameters=(), tables=names)
            yield key, query


def _checked(table: tuple[str, str], changed: set[str] | None, catalog: Catalog) -> list[ForeignKey]:
    """The foreign keys to the table, of an UPDATE those to columns that it changes; where rows that point to a deleted
    one go with it, those to their table as well.
    """
    found: dict[ForeignKey, None] = {}
    tables, seen = [table], {table}
    for referenced in tables:
        for key in catalog.foreign_keys:
            if key.referenced != referenced or (changed is not None and changed.isdisjoint(key.referenced_columns)):
                continue
            found[key] = None
            if changed is None and key.deletes and key.table not in seen:
                seen.add(key.table)
                tables.append(key.table)
    return list(found)


def _query(key: ForeignKey) -> str:
    conditions = " AND ".join(f"{quoted(column)} = ${number}" for number, column in enumerate(key.columns, 1))
    return f"SELECT 1 FROM {qualified(*key.table)} x WHERE {conditions} FOR KEY SHARE OF x"  # noqa: S608
