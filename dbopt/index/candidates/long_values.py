"""Indexes that could not be built, or would refuse rows later: b-trees over values that are too long for them. Pure."""

from __future__ import annotations

import re

from dbopt.index.model import Index
from dbopt.postgres.schema import Catalog, Relation

_AS_LONG = re.compile(r"(?:lower|upper|initcap|btrim|ltrim|rtrim)\(", re.IGNORECASE)


def why_too_long(index: Index, catalog: Catalog) -> str | None:
    """The reason why the index could not take every row; None if it can."""
    relation = catalog.find(index.schema, index.table)
    if relation is None or index.method != "btree":
        return None
    for key in index.keys:
        names = (key.name,) if not key.is_expression else key.sources if _AS_LONG.match(key.name) else ()
        for name in long_among(relation, names):
            return f"{relation.sql_name} has values in {name} that may be too long: a b-tree takes 2,704 bytes at most"
    return None


def long_among(relation: Relation, names: tuple[str, ...]) -> list[str]:
    """Those of the columns that may hold long values."""
    return [name for name in names if (column := relation.column(name)) is not None and column.may_be_long]
