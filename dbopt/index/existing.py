"""Existing indexes that nothing needs: duplicate, redundant, unused, invalid. Pure over the catalog; whether a plan of
the workload needs one all the same is asked afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from dbopt.index.model import Index, Key
from dbopt.index.redundancy import enforces, is_pinned, made_redundant, serves_all
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import Catalog, ExistingIndex, ForeignKey, IndexKey, Relation

SHORTEST_WINDOW_SECONDS = 86_400  # counted for less than a day, no index is called unused
_NEW = ""  # the name of an index that is yet to be built


@dataclass(frozen=True)
class Needless:
    """An index that could be dropped. `kind` is duplicate, redundant, unused or invalid; `reason` a sentence; `after`
    the new index that serves what it serves, and must be there first; `beside` the existing one that does.
    """

    index: ExistingIndex
    kind: str
    reason: str
    after: Index | None = None
    beside: ExistingIndex | None = None


def needless(catalog: Catalog, used: frozenset[str] = frozenset(), new: Collection[Index] = ()) -> tuple[Needless, ...]:
    """Indexes to drop, by table and name. Never one that enforces something: of a constraint, replica identity,
    CLUSTER, or unique unless another enforces the same; nor, for disuse, one that a foreign key needs to find its
    rows, or that plans read (`used`: bare names). With `new` indexes, also those that are redundant as soon as these
    are there.
    """
    planned = [(index, as_existing(index)) for index in sorted(new)]
    judgements = (
        _judge(index, catalog.indexes_of(relation), relation, catalog, used) or _judge_beside(index, planned)
        for relation in catalog.relations
        for index in catalog.indexes_of(relation)
        if index.parent is None and index.definition and not is_pinned(index)
    )
    return tuple(judgement for judgement in judgements if judgement is not None)


def as_existing(index: Index) -> ExistingIndex:
    """A new index as the catalog would show it, without a name."""
    keys = tuple(
        IndexKey(
            sql=key.name if key.is_expression else quoted(key.name),
            column=None if key.is_expression else key.name,
            descending=key.descending,
            nulls_first=key.descending if key.nulls_first is None else key.nulls_first,
            opclass=key.opclass,
            collation=key.collation,
        )
        for key in index.keys
    )
    table = (index.schema, index.table)
    return ExistingIndex(index.schema, _NEW, table, index.method, keys, index.include, index.predicate)


def as_new(index: ExistingIndex) -> Index:
    """An existing index as one that could be built."""
    keys = tuple(
        Key(
            name=key.sql if key.column is None else key.column,
            is_expression=key.column is None,
            descending=key.descending,
            nulls_first=None if key.nulls_first == key.descending else key.nulls_first,
            opclass=key.opclass,
            collation=key.collation,
        )
        for key in index.keys
    )
    return Index(*index.table, keys, index.include, index.method, index.predicate)


def parts(index: ExistingIndex, catalog: Catalog) -> Iterator[ExistingIndex]:
    """The indexes that hold entries: the index itself, or those attached to a partitioned one."""
    relation = catalog.find(*index.table)
    of_a_whole = relation is not None and relation.kind == "p"
    children = [child for child in catalog.indexes if child.parent == (index.schema, index.name)] if of_a_whole else []
    if not children:
        yield index
    for child in children:
        yield from parts(child, catalog)


# -- judgements -------------------------------------------------------------------------------------------------------


def _judge(
    index: ExistingIndex, indexes: tuple[ExistingIndex, ...], relation: Relation, catalog: Catalog, used: frozenset[str]
) -> Needless | None:
    if not index.is_valid:
        if index.may_become_valid:
            return None
        reason = "A build that failed left it behind: writes maintain it, and no plan can read it."
        repair = f"REINDEX INDEX CONCURRENTLY {index.sql_name} would repair it instead."
        return Needless(index, "invalid", f"{reason} {repair}")
    is_read = any(part.name in used for part in parts(index, catalog))
    beside = [
        (_goes(other, indexes, relation), found.kind, found.reason, other)  # one that stays, of those a duplicate
        for other in indexes
        if (found := made_redundant(index, other, relation, is_read=is_read))
    ]
    for _, kind, reason, other in sorted(beside, key=lambda one: one[:3]):
        return Needless(index, kind, reason, beside=other)
    if enforces(index):
        return None
    if _is_unused(index, relation, catalog, used) and not _stands_for_another(index, indexes, relation):
        reason = f"It was not read once in {_days(catalog)}, and no plan of this workload reads it."
        return Needless(index, "unused", reason)
    return None


def _goes(index: ExistingIndex, indexes: Sequence[ExistingIndex], relation: Relation) -> bool:
    return any(made_redundant(index, other, relation, is_read=True) for other in indexes)


def _judge_beside(index: ExistingIndex, planned: Sequence[tuple[Index, ExistingIndex]]) -> Needless | None:
    if not index.is_valid:
        return None
    for new, other in planned:
        if other.table == index.table and serves_all(index, other):
            reason = (
                f"The new index on ({', '.join(key.sql() for key in new.keys)}) begins with the same keys and serves"
            )
            return Needless(index, "redundant", f"{reason} all that it serves: drop it when that is built.", new)
    return None


def _stands_for_another(index: ExistingIndex, indexes: Sequence[ExistingIndex], relation: Relation) -> bool:
    """Whether another index goes because this one serves what it served: both may not go."""
    return any(made_redundant(other, index, relation, is_read=True) for other in indexes if not is_pinned(other))


# -- disuse -----------------------------------------------------------------------------------------------------------


def _is_unused(index: ExistingIndex, relation: Relation, catalog: Catalog, used: frozenset[str]) -> bool:
    if catalog.counted_seconds is None or catalog.counted_seconds < SHORTEST_WINDOW_SECONDS:
        return False
    never_read = all(part.scans == 0 and part.name not in used for part in parts(index, catalog))
    return never_read and not _is_needed_by_a_foreign_key(index, relation, catalog)


def _is_needed_by_a_foreign_key(index: ExistingIndex, relation: Relation, catalog: Catalog) -> bool:
    """Without it a DELETE or UPDATE of a referenced row would scan the whole table. An index on a part of the columns
    is needed where no other index has them all.
    """
    tables = {relation.key, *_ancestors(relation, catalog)}
    others = [other for other in catalog.indexes_of(relation) if other is not index and other.is_valid]
    for key in catalog.foreign_keys:
        if key.table not in tables or index.columns[0] not in key.columns:
            continue
        if _finds_rows_of(key, index) or not any(_finds_rows_of(key, other) for other in others):
            return True
    return False


def _finds_rows_of(key: ForeignKey, index: ExistingIndex) -> bool:
    return not index.predicate and set(index.columns[: len(key.columns)]) == set(key.columns)


def _ancestors(relation: Relation, catalog: Catalog) -> Iterator[tuple[str, str]]:
    while relation.parent is not None:
        yield relation.parent
        parent = catalog.find(*relation.parent)
        if parent is None:
            return
        relation = parent


def _days(catalog: Catalog) -> str:
    days = (catalog.counted_seconds or 0) / 86_400
    where = f" on this server and {catalog.replicas} replica{'s' if catalog.replicas > 1 else ''}"
    return f"{days:,.0f} day{'s' if round(days) != 1 else ''} of counting{where if catalog.replicas else ''}"
