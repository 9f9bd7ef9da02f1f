"""Index candidates of a statement, from its tree and the catalog. Pure.

scopes: which table a name means. conditions: which comparisons a b-tree serves. needs: what a statement asks of each
table. generate: the indexes that would give it.
"""

from __future__ import annotations

from sqlglot import exp

from dbopt.index.candidates.generate import MAX_INCLUDED_COLUMNS, generate, is_served, repeated, repeats
from dbopt.index.candidates.needs import Need, needs_of
from dbopt.index.model import Index
from dbopt.postgres.schema import Catalog

__all__ = ["MAX_INCLUDED_COLUMNS", "Need", "candidates", "generate", "is_served", "needs_of", "repeated", "repeats"]


def candidates(
    tree: exp.Expression, catalog: Catalog, max_columns: int = 3, *, repeat_keys: bool = False
) -> frozenset[Index]:
    """Every index worth asking the planner about, none of which exists already."""
    return frozenset(
        index
        for need in needs_of(tree, catalog)
        for index in generate(need, catalog, max_columns, repeat_keys=repeat_keys)
    )
