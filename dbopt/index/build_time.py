"""About how long CREATE INDEX CONCURRENTLY takes. Pure: sizes and statistics in, milliseconds out.

What the server does (src/backend/access/nbtree/nbtsort.c, catalog/index.c: validate_index), in nanoseconds:

    read the table      PAGE_READ a page, ROW_READ a row
    form the entries    ENTRY each
    sort them           for each comparison, of which there are entries * log2(entries): COMPARISON of the first key,
                        plus that of each further key where those before are equal; a column in the order of the rows
                        needs one comparison an entry, an entry with many equals stops at log2(distinct values)
    spill the sort      SPILL a byte, written and read again, where it takes more than maintenance_work_mem
    write the index     PAGE_WRITE a page, its WAL included
    validate it         read the table again, and sort the positions of all entries: VALIDATED each, unless they are
                        in the order of the rows

BRIN forms no entries; GIN has one for each of several keys in a row, GiST and SP-GiST put each entry into the tree by
itself. The figures are those of a current server whose table is in memory or on a fast disk, and of one process: where
the disk reads r bytes a second, the time is at least twice the table's size / r; parallel workers shorten reading and
sorting. Waiting for transactions that run comes on top. `make bench` prints how far the estimates are off: on a quiet
machine half of twenty indexes of a million rows within 10 %, the worst by a factor of two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from dbopt.index.model import Index, Key
from dbopt.postgres.schema import Catalog, Column, Relation

MAINTENANCE_WORK_MEM = 64 * 1024 * 1024
"""Bytes; PostgreSQL's default, where the server's is not known."""

BLOCK_SIZE = 8192
PAGE_READ, ROW_READ = 2_000, 50
ENTRY = 90
PAGE_WRITE = 18_000
COMPARISON, COMPARISON_OF_COLLATED, FURTHER_COMPARISON = 5, 35, 20
SPILL = 0.8
VALIDATED = 90
IN_TREE = 6_000  # one entry put into a GiST or SP-GiST tree
KEYS_IN_ROW, KEY_IN_ROW = 8, 90  # of GIN: keys that a value is taken apart into, and the work for each
HASHED = 400
_ORDERED = 0.99  # correlation from which the rows are in the order of the column
_SORT_OVERHEAD = 24  # bytes that the sort keeps beside each entry
_UNKNOWN_VALUES = 200.0


def build_ms(index: Index, catalog: Catalog, size_bytes: int, memory_bytes: int = MAINTENANCE_WORK_MEM) -> float | None:
    """Milliseconds for an index of that size with so much maintenance_work_mem; None for a table that is not known or
    was never analysed. The index of a partitioned table is built partition by partition.
    """
    relation = catalog.find(index.schema, index.table)
    leaves = [leaf for leaf in catalog.partitions_of(relation) if leaf.rows >= 0] if relation is not None else []
    rows = sum(leaf.rows for leaf in leaves)
    if not leaves:
        return None
    nanoseconds = 0.0
    for leaf in leaves:
        share = leaf.rows / rows if rows else 1 / len(leaves)
        nanoseconds += _table(index, leaf, size_bytes * share, memory_bytes)
    return nanoseconds / 1e6


def _table(index: Index, relation: Relation, size_bytes: float, memory_bytes: int) -> float:
    reading = relation.bytes / BLOCK_SIZE * PAGE_READ + relation.rows * ROW_READ
    writing = size_bytes / BLOCK_SIZE * PAGE_WRITE
    if index.method == "brin":
        return 2 * reading + writing
    entries = _entries(index, relation, size_bytes)
    validated = 0.0 if index.method == "btree" and _is_ordered(relation.column(index.keys[0].name)) else VALIDATED
    return 2 * reading + entries * validated + _entering(index, relation, entries, memory_bytes) + writing


def _entries(index: Index, relation: Relation, size_bytes: float) -> float:
    """Rows that get an entry: all, or of a partial index as many as fill it."""
    if not index.predicate:
        return relation.rows
    return min(relation.rows, size_bytes / _entry_bytes(index, relation))


def _entering(index: Index, relation: Relation, entries: float, memory_bytes: int) -> float:
    """Forming the entries and bringing them into their order."""
    if index.method in ("gist", "spgist"):
        return entries * IN_TREE
    if index.method == "gin":
        return entries * (ENTRY + KEYS_IN_ROW * KEY_IN_ROW)
    keys = index.keys if index.method == "btree" else ()
    hashed = 0 if keys else entries * HASHED
    size = entries * (_entry_bytes(index, relation) + _SORT_OVERHEAD)
    spilled = 2 * size * SPILL if size > memory_bytes else 0.0
    return entries * ENTRY + hashed + _sorting(keys, relation, entries) + spilled


def _sorting(keys: Sequence[Key], relation: Relation, entries: float) -> float:
    if entries < 2 or not keys:
        return 0.0
    columns = [relation.column(key.name) for key in keys]
    if _is_ordered(columns[0]):
        return entries * COMPARISON
    most, equal, each, total = math.log2(entries), 0.0, 0.0, 0.0
    distinct = 1.0
    for place, column in enumerate(columns):
        each += (FURTHER_COMPARISON if place else 0) + (
            COMPARISON_OF_COLLATED if column is not None and column.is_text and not column.bytewise else COMPARISON
        )
        distinct = min(distinct * _distinct(column, relation.rows), entries)
        told_apart = most if place == len(columns) - 1 else math.log2(max(distinct, 1.0))
        total += max(told_apart - equal, 0.0) * each
        equal = max(equal, told_apart)
    return entries * total


def _is_ordered(column: Column | None) -> bool:
    return column is not None and column.correlation is not None and column.correlation >= _ORDERED


def _distinct(column: Column | None, rows: float) -> float:
    if column is None or column.n_distinct is None or column.n_distinct == 0:
        return _UNKNOWN_VALUES
    return column.n_distinct if column.n_distinct > 0 else max(-column.n_distinct * rows, 1.0)


def _entry_bytes(index: Index, relation: Relation) -> float:
    """Header, line pointer and values, each value aligned roughly."""
    columns = [relation.column(name) for name in (*index.columns, *index.include)]
    return 12 + sum(-(-(column.width if column is not None else 8) // 8) * 8 for column in columns)
