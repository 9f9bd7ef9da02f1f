"""What an index costs the writes of a workload, in the planner's units of cost. Pure.

One new entry costs a descent of the tree and its share of the page that it dirties:

    entry  = cpu_index_tuple_cost                      putting the entry into its page
           + ceil(log2(rows)) * cpu_operator_cost      comparisons on the way down, as btcostestimate counts them
           + (height + 1) * 50 * cpu_operator_cost     pages passed, 50 operators each, as btcostestimate does
           + random_page_cost * MISSES * scatter       a leaf read from and written to disk

`scatter` is 1 - |correlation| of the first key: entries in the order of the rows go to the same, cached page. MISSES is
the share of leaves that are not in memory. An INSERT makes one entry, an UPDATE that is not HOT makes one in every
index of the table, and an UPDATE of an indexed column can no longer be HOT: it makes one in this index and in every
other that the table has. A DELETE leaves its entry to VACUUM, which
reads leaves in order: half the processing and no random page.

Other methods: a hash index is not descended, and its bucket is anywhere; a GIN index takes one entry per element of the
value, sorted into the tree in batches (fastupdate), so that four share a page; a GiST index compares with every entry
of the pages that it passes; BRIN only widens a summary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dbopt.index.existing import as_new
from dbopt.index.model import Index
from dbopt.postgres.schema import Catalog, Relation

CPU_INDEX_TUPLE_COST = 0.005
CPU_OPERATOR_COST = 0.0025
RANDOM_PAGE_COST = 4.0
MISSES = 0.25
_FANOUT = 256
_ELEMENT_BYTES = 10  # of a document, an array or a text, for each entry that an inverted index makes of it
_BATCH = 4  # entries of one batch that go to one page of an inverted index
_SUMMARY = 2 * CPU_OPERATOR_COST


@dataclass(frozen=True)
class Writes:
    """Rows that one run of the workload writes to a table. `touching` are rows updated, by the column that is set; the
    other updates are `updated`, of which `hot` gave no work to indexes so far.
    """

    inserted: float = 0.0
    updated: float = 0.0
    hot: float = 0.0
    deleted: float = 0.0
    touching: Mapping[str, float] | None = None


def write_cost(index: Index, catalog: Catalog, writes: Mapping[tuple[str, str], Writes], share: float = 1.0) -> float:
    """The cost that the index adds to the workload's writes. It holds a `share` of the table's rows."""
    relation = catalog.find(index.schema, index.table)
    written = writes.get((index.schema, index.table))
    if relation is None or written is None:
        return 0.0
    entry, cpu = _entry_cost(index, relation, catalog)
    lost = _no_longer_hot(index, written)
    entries = written.inserted + max(written.updated - written.hot, 0.0) + lost
    others = (
        sum(_entry_cost(as_new(other), relation, catalog)[0] for other in catalog.indexes_of(relation)) if lost else 0.0
    )
    return share * (entries * entry + written.deleted * cpu / 2) + lost * others


def _no_longer_hot(index: Index, written: Writes) -> float:
    """Updates that were HOT and set a column of the index. The share of HOT among all is that of the table."""
    touched = sum(rows for column, rows in (written.touching or {}).items() if column in index.read_columns)
    share = written.hot / written.updated if written.updated else 0.0
    return min(touched * share, written.hot)


def _entry_cost(index: Index, relation: Relation, catalog: Catalog) -> tuple[float, float]:
    """Cost of one new entry, and the part of it that is processing."""
    rows = max(sum(leaf.rows for leaf in catalog.partitions_of(relation)), 2.0)
    height = max(math.ceil(math.log(rows, _FANOUT)) - 1, 0)
    cpu = CPU_INDEX_TUPLE_COST + (math.ceil(math.log2(rows)) + (height + 1) * 50) * CPU_OPERATOR_COST
    first = relation.column(index.keys[0].name)
    correlation = (first.correlation if first is not None else None) or 0.0
    page = RANDOM_PAGE_COST * MISSES
    if index.method == "brin":
        return _SUMMARY, 0.0
    if index.method == "hash":
        return CPU_INDEX_TUPLE_COST + page, CPU_INDEX_TUPLE_COST
    if index.method == "gin":
        elements = max((first.width if first is not None else 100) / _ELEMENT_BYTES, 1.0)
        return elements * (cpu + page / _BATCH), elements * cpu
    if index.method in ("gist", "spgist"):
        return 2 * cpu + page, cpu
    return cpu + page * (1 - min(abs(correlation), 1.0)), cpu
