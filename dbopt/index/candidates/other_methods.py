"""Candidates that are not b-trees: GIN and GiST where an operator asks for them, BRIN where rows lie in order, hash for
long values. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbopt.index.candidates.needs import Branch, Need, Search
from dbopt.index.candidates.operators import accesses, extension_for
from dbopt.index.candidates.served import is_same
from dbopt.index.model import Index, Key
from dbopt.postgres.schema import Catalog, Column

BRIN_CORRELATION = 0.9  # of a column's values with the place of their rows
BRIN_BYTES = 16 << 20  # a table that is smaller is read whole in no time
HASH_BYTES = 32  # average width from which on a hash, of four bytes, is much smaller than the value
_MOST_COMPANIONS = 2


def generate(need: Need, branch: Branch, catalog: Catalog) -> Iterator[Index]:
    """Every candidate of another method, none of which exists."""
    existing = catalog.indexes_of(need.relation)
    found = (*by_operator(need, branch, catalog), *_block_ranges(need, branch, catalog), *_hashes(need, branch))
    yield from (index for index in found if not any(is_same(other, index) for other in existing))


def by_operator(need: Need, branch: Branch, catalog: Catalog) -> Iterator[Index]:
    """GIN and GiST indexes; where the extension for it is there, also with the columns of equalities in front."""
    for search in (*branch.searches, *need.nearest):
        for access in accesses(search.operator, search.type, catalog):
            key = replace(search.key, opclass=access.opclass)
            yield _index(need, access.method, (key,))
            before = _companions(branch, search) if access.companions else ()
            if before:
                yield _index(need, access.method, (*before, key))


def lacking(need: Need, catalog: Catalog) -> str | None:
    """The extension without which no index serves a condition of the need."""
    for branch in need.branches:
        for search in branch.searches:
            if not any(accesses(search.operator, search.type, catalog)):
                return extension_for(search.operator, search.type)
    return None


def _companions(branch: Branch, search: Search) -> tuple[Key, ...]:
    others = (key for key in (*branch.equal, *branch.joins) if not key.is_expression and key.name != search.key.name)
    return tuple(others)[:_MOST_COMPANIONS]


def _block_ranges(need: Need, branch: Branch, catalog: Catalog) -> Iterator[Index]:
    size = sum(leaf.bytes for leaf in catalog.partitions_of(need.relation))
    if size < BRIN_BYTES:
        return
    for column in _columns(need, (*branch.ranges, *branch.equal)):
        if abs(column.correlation or 0.0) >= BRIN_CORRELATION:
            yield _index(need, "brin", (Key(column.name),))


def _hashes(need: Need, branch: Branch) -> Iterator[Index]:
    for column in _columns(need, (*branch.equal, *branch.joins)):
        if column.length is None and (column.may_be_long or (column.average_width or 0) >= HASH_BYTES):
            yield _index(need, "hash", (Key(column.name),))


def _columns(need: Need, keys: Iterable[Key]) -> Iterator[Column]:
    for key in keys:
        column = None if key.is_expression or key.opclass else need.relation.column(key.name)
        if column is not None:
            yield column


def _index(need: Need, method: str, keys: tuple[Key, ...]) -> Index:
    return Index(need.relation.schema, need.relation.name, keys, method=method)
