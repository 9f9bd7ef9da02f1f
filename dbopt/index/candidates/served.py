"""What existing indexes do already. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from operator import eq

from dbopt.index.model import Index, Key
from dbopt.postgres.schema import Catalog, ExistingIndex


def is_served(index: Index, existing: Iterable[ExistingIndex], *, repeat_keys: bool = False) -> bool:
    """Whether an existing index does the same: its keys begin with these and hold what is included; or these begin
    with all keys of a unique index, where one row is found anyway. With `repeat_keys` only one that is the same does.
    """
    if index.predicate:
        return any(is_same(other, index) for other in existing)
    plain = (other for other in existing if _is_plain(other))
    if repeat_keys:
        return any(_holds(other, index) and len(other.keys) == index.width for other in plain)
    return any(_holds(other, index) or _finds_one_row(other, index) for other in plain)


def repeats(index: Index, catalog: Catalog) -> bool:
    """Whether the index begins like an existing one."""
    return repeated(index, catalog) is not None


def repeated(index: Index, catalog: Catalog) -> ExistingIndex | None:
    """The existing index that this one begins like: one has the other's first columns."""
    relation = catalog.find(index.schema, index.table)
    existing = catalog.indexes_of(relation) if relation is not None and index.method == "btree" else ()
    plain = (other for other in existing if _is_plain(other))
    return next((other for other in plain if all(map(eq, other.columns, index.columns))), None)


def is_same(other: ExistingIndex, index: Index) -> bool:
    """Whether the existing index is this one. Expressions and predicates are compared as they are written: what that
    misses the planner will not prefer.
    """
    if (other.method, other.predicate, len(other.keys)) != (index.method, index.predicate, index.width):
        return False
    same = all(
        theirs.column == ours.name and theirs.opclass == ours.opclass
        for theirs, ours in zip(other.keys, index.keys, strict=True)
    )
    return other.is_valid and same and set(other.include) >= set(index.include)


def _is_plain(other: ExistingIndex) -> bool:
    return other.method == "btree" and other.is_valid and not other.predicate


def _holds(other: ExistingIndex, index: Index) -> bool:
    return _begins_with(other, index.keys) and {*other.columns, *other.include}.issuperset(index.include)


def _finds_one_row(other: ExistingIndex, index: Index) -> bool:
    return other.is_unique and set(index.columns[: len(other.keys)]) == set(other.columns)


def _begins_with(other: ExistingIndex, keys: tuple[Key, ...]) -> bool:
    theirs = tuple((key.column, key.opclass, key.descending, key.nulls_first) for key in other.keys[: len(keys)])
    return theirs in (_signature(keys), _signature(tuple(turned(key) for key in keys)))


def _signature(keys: tuple[Key, ...]) -> tuple[tuple[str | None, str | None, bool, bool], ...]:
    return tuple(
        (key.name, key.opclass, key.descending, key.descending if key.nulls_first is None else key.nulls_first)
        for key in keys
    )


def is_unique_lookup(equal: set[str], existing: tuple[ExistingIndex, ...]) -> bool:
    """Whether the equalities name all columns of a unique index: one row, found already."""
    return any(other.is_unique and equal.issuperset(other.columns) for other in existing if _is_plain(other))


def turned(key: Key) -> Key:
    """The key as it is read backwards."""
    nulls_first = None if key.nulls_first is None else not key.nulls_first
    return replace(key, descending=not key.descending, nulls_first=nulls_first)
