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
    for change in tree.find_all(exp.Delete, exp.Update):
        relation = target(change, catalog)
        changed = columns_set(change) if isinstance(change, exp.Update) else None
        if relation is None:
            continue
        for key in catalog.foreign_keys:
            if key.referenced != relation.key or (changed is not None and changed.isdisjoint(key.referenced_columns)):
                continue
            yield (
                key,
                replace(
                    statement,
                    sql=_query(key),
                    kind="select",
                    calls=max(statement.rows or 0, statement.calls or 1),
                    parameters=(),
                    tables=(qualified(*key.table),),
                ),
            )


def _query(key: ForeignKey) -> str:
    conditions = " AND ".join(f"{quoted(column)} = ${number}" for number, column in enumerate(key.columns, 1))
    return f"SELECT 1 FROM {qualified(*key.table)} x WHERE {conditions} FOR KEY SHARE OF x"  # noqa: S608
