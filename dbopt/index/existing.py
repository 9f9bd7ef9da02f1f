"""Existing indexes that nothing needs: duplicate, redundant, unused, invalid. Pure over the catalog; whether a plan of
the workload needs one all the same is asked afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dbopt.postgres.schema import Catalog, ExistingIndex, Relation

SHORTEST_WINDOW_SECONDS = 86_400  # counted for less than a day, no index is called unused


@dataclass(frozen=True)
class Needless:
    """An index that could be dropped. `kind` is duplicate, redundant, unused or invalid; `reason` a sentence."""

    index: ExistingIndex
    kind: str
    reason: str


def needless(catalog: Catalog, used: frozenset[str] = frozenset()) -> tuple[Needless, ...]:
    """Indexes to drop, by table and name. Never one that enforces something: unique, of a constraint, replica identity,
    CLUSTER; nor, for disuse, one that a foreign key needs to find its rows, or that plans read (`used`: bare names).
    """
    judgements = (
        _judge(index, catalog.indexes_of(relation), relation, catalog, used)
        for relation in catalog.relations
        for index in catalog.indexes_of(relation)
        if index.parent is None and index.definition and not _enforces(index)
    )
    return tuple(judgement for judgement in judgements if judgement is not None)


def _enforces(index: ExistingIndex) -> bool:
    return bool(index.is_unique or index.is_primary or index.constraint or index.is_marked or index.is_referenced)


def _judge(
    index: ExistingIndex, indexes: tuple[ExistingIndex, ...], relation: Relation, catalog: Catalog, used: frozenset[str]
) -> Needless | None:
    if not index.is_valid:
        if index.may_become_valid:
            return None
        reason = "A build that failed left it behind: writes maintain it, and no plan can read it."
        return Needless(index, "invalid", reason)
    for other in indexes:
        if other is not index and other.is_valid and _is_same(index, other) and _is_kept_of_two(other, index):
            return Needless(index, "duplicate", f"{other.sql_name} is the same index.")
    for other in indexes:
        if other.is_valid and _is_prefix(index, other):
            reason = f"{other.sql_name} begins with the same keys and serves all that it serves."
            return Needless(index, "redundant", reason)
    if _is_unused(index, relation, catalog, used) and not _stands_for_another(index, indexes):
        reason = f"It was not read once in {_days(catalog)}, and no plan of this workload reads it."
        return Needless(index, "unused", reason)
    return None


def _stands_for_another(index: ExistingIndex, indexes: Sequence[ExistingIndex]) -> bool:
    """Whether another index goes because this one serves what it served: both may not go."""
    return any(
        other is not index
        and index.is_valid
        and ((_is_same(other, index) and _is_kept_of_two(index, other)) or _is_prefix(other, index))
        for other in indexes
    )


def _is_same(one: ExistingIndex, other: ExistingIndex) -> bool:
    return (one.method, one.keys, set(one.include), one.predicate) == (
        other.method,
        other.keys,
        set(other.include),
        other.predicate,
    )


def _is_kept_of_two(one: ExistingIndex, other: ExistingIndex) -> bool:
    """Of two equal indexes the one that enforces something stays, else the first by name."""
    return (not _enforces(one), one.sql_name) < (not _enforces(other), other.sql_name)


def _is_prefix(index: ExistingIndex, other: ExistingIndex) -> bool:
    width = len(index.keys)
    if index.method != "btree" or other.method != "btree" or index.predicate != other.predicate:
        return False
    if len(other.keys) <= width and len(other.include) <= len(index.include):
        return False
    return other.keys[:width] == index.keys and {*other.columns, *other.include}.issuperset(index.include)


def _is_unused(index: ExistingIndex, relation: Relation, catalog: Catalog, used: frozenset[str]) -> bool:
    if catalog.counted_seconds is None or catalog.counted_seconds < SHORTEST_WINDOW_SECONDS:
        return False
    parts = list(_parts(index, catalog))
    return all(part.scans == 0 and part.name not in used for part in parts) and not _finds_rows_of_a_foreign_key(
        index, relation, catalog
    )


def _parts(index: ExistingIndex, catalog: Catalog) -> Iterator[ExistingIndex]:
    """The indexes that hold entries: the index itself, or those attached to a partitioned one."""
    children = [child for child in catalog.indexes if child.parent == (index.schema, index.name)]
    if not children:
        yield index
    for child in children:
        yield from _parts(child, catalog)


def _finds_rows_of_a_foreign_key(index: ExistingIndex, relation: Relation, catalog: Catalog) -> bool:
    """Without it a DELETE of a referenced row would scan the whole table."""
    return any(
        key.table == relation.key and set(index.columns[: len(key.columns)]) == set(key.columns)
        for key in catalog.foreign_keys
    )


def _days(catalog: Catalog) -> str:
    days = (catalog.counted_seconds or 0) / 86_400
    return f"{days:,.0f} day{'s' if round(days) != 1 else ''} of counting"
