"""Index candidates from what a statement needs of a table. Pure.

The order of keys is the planner's: columns compared by equality first, then the one column of a range or those of the
order; what else the statement reads of the table may be included, so that the heap is not visited.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations, permutations
from operator import eq

from dbopt.index.candidates.needs import Branch, Need
from dbopt.index.model import Index, Key
from dbopt.postgres.schema import Catalog, Column, ExistingIndex, Relation

MAX_INCLUDED_COLUMNS = 4
_DECLARED_LENGTH = re.compile(r"(?:character varying|character|numeric)\((\d+)(?:,-?\d+)?\)")
MAX_INCLUDED_BYTES = 100
_MOST_PAIRED = 8  # of more columns not every two are tried
_MOST_EQUAL = 5  # of more columns compared by equality only the most selective are combined


def generate(
    need: Need,
    catalog: Catalog,
    max_columns: int,
    max_included: int = MAX_INCLUDED_COLUMNS,
    *,
    repeat_keys: bool = False,
) -> set[Index]:
    """Candidates for one table of a statement: keys of up to `max_columns`, each also in a form that includes up to
    `max_included` other columns so that it covers the statement. With `repeat_keys`, also those that begin with all
    columns of a unique index, or with the first ones of any.
    """
    existing = catalog.indexes_of(need.relation)
    sequences: set[tuple[Key, ...]] = set()
    for branch in need.branches:
        sequences.update(_sequences(need, branch, max_columns, existing))
    indexes: set[Index] = set()
    for keys in sequences:
        plain = Index(need.relation.schema, need.relation.name, keys)
        covering = _covering(plain, need, max_included) or _covering_by_keys(plain, need, max_columns)
        indexes.update(
            index for index in (plain, covering) if index and not is_served(index, existing, repeat_keys=repeat_keys)
        )
    return indexes


def _sequences(
    need: Need, branch: Branch, max_columns: int, existing: tuple[ExistingIndex, ...]
) -> Iterator[tuple[Key, ...]]:
    equal = list(dict.fromkeys((*branch.equal, *branch.joins)))
    if not _is_unique_lookup({key.name for key in branch.equal}, existing):
        by_comparison = _by_comparison(need.relation, equal, list(branch.ranges), max_columns)
        yield from _prefixes(by_comparison, max_columns)
        yield from _pairs(need, branch, max_columns)
    for order in (_usable(order, need.relation) for order in need.orders):
        yield from _prefixes([_canonical(order)], max_columns)
        for width in range(1, max_columns):
            for chosen in _arrangements(_most_selective(need.relation, equal), width):
                rest = tuple(key for key in order if key.name not in {key.name for key in chosen})
                if rest:
                    yield (*chosen, *_canonical(rest))[:max_columns]


def _pairs(need: Need, branch: Branch, most: int) -> Iterator[tuple[Key, ...]]:
    """Two columns in both orders, whatever the statement does with them: by the first it finds or sorts the rows, and
    the second, a column of a join or of another condition, spares it the table.
    """
    ordered = (Key(key.name) for order in need.orders for key in _usable(order, need.relation))
    every = list({key.name: key for key in (*branch.equal, *branch.joins, *branch.ranges, *ordered)}.values())
    if most >= 2 and len(every) <= _MOST_PAIRED:
        yield from permutations(every, 2)


def _by_comparison(relation: Relation, equal: list[Key], ranges: list[Key], most: int) -> Iterator[tuple[Key, ...]]:
    best = _most_selective(relation, equal)
    for width in range(1, most + 1):
        for chosen in _arrangements(best, width):
            yield chosen
            if width < most:
                yield from ((*chosen, key) for key in ranges if key.name not in {key.name for key in chosen})
    yield from ((key,) for key in (*equal, *ranges))
    yield from permutations(ranges, 2)


def _arrangements(keys: list[Key], width: int) -> Iterator[tuple[Key, ...]]:
    """Each choice of that many keys, the most selective first and last."""
    for chosen in combinations(keys, width):
        yield chosen
        yield chosen[::-1]


def _prefixes(sequences: Iterable[tuple[Key, ...]], most: int) -> Iterator[tuple[Key, ...]]:
    for keys in sequences:
        distinct = tuple({key.name: key for key in keys[:most]}.values())
        for width in range(1, len(distinct) + 1):
            yield distinct[:width]


def _most_selective(relation: Relation, keys: list[Key]) -> list[Key]:
    return sorted(keys, key=lambda key: -_distinct_values(relation, key))[:_MOST_EQUAL]


def _distinct_values(relation: Relation, key: Key) -> float:
    column = relation.column(key.name)
    n_distinct = column.n_distinct if column is not None else None
    if n_distinct is None:
        return 0.0
    return n_distinct if n_distinct >= 0 else -n_distinct * max(relation.rows, 1.0)


def _usable(order: tuple[Key, ...], relation: Relation) -> tuple[Key, ...]:
    """The order up to its first column that a b-tree cannot hold."""
    kept = []
    for key in order:
        column = relation.column(key.name)
        if column is None or not column.indexable:
            break
        kept.append(key)
    return tuple(kept)


def _canonical(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """An index is read in both directions: of the two that serve the same order, the one that starts ascending."""
    return tuple(_turned(key) for key in keys) if keys and keys[0].descending else keys


def _turned(key: Key) -> Key:
    nulls_first = None if key.nulls_first is None else not key.nulls_first
    return Key(key.name, key.is_expression, not key.descending, nulls_first, key.opclass, key.collation)


def _covering(index: Index, need: Need, max_included: int) -> Index | None:
    """The index with the other columns that the statement reads included, if they are few and narrow."""
    if need.referenced is None:
        return None
    rest = [name for name in need.referenced if name not in index.columns]
    columns = [column for name in rest if (column := need.relation.column(name)) is not None]
    if not columns or len(columns) > max_included or _width(columns) > MAX_INCLUDED_BYTES:
        return None
    if not all(_is_bounded(column) for column in columns):
        return None
    return Index(index.schema, index.table, index.keys, tuple(sorted(rest)))


def _covering_by_keys(index: Index, need: Need, max_columns: int) -> Index | None:
    """The index with the other columns that the statement reads as its last keys, if they are few."""
    rest = sorted(name for name in need.referenced or () if name not in index.columns)
    columns = [column for name in rest if (column := need.relation.column(name)) is not None]
    if not columns or index.width + len(columns) > max_columns or _width(columns) > MAX_INCLUDED_BYTES:
        return None
    if not all(column.indexable and _is_bounded(column) for column in columns):
        return None
    return Index(index.schema, index.table, (*index.keys, *map(Key, rest)))


def _is_bounded(column: Column) -> bool:
    """Whether no value of the type can be long: a row with one longer than 2,704 bytes could no longer be inserted."""
    declared = _DECLARED_LENGTH.fullmatch(column.type)
    return column.length is not None or (declared is not None and int(declared[1]) <= MAX_INCLUDED_BYTES)


def _width(columns: Iterable[Column]) -> int:
    return sum(column.width for column in columns)


# -- what exists ------------------------------------------------------------------------------------------------------


def is_served(index: Index, existing: Iterable[ExistingIndex], *, repeat_keys: bool = False) -> bool:
    """Whether an existing index does the same: its keys begin with these and hold what is included; or these begin
    with all keys of a unique index, where one row is found anyway. With `repeat_keys` only one that is the same does.
    """
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
    existing = catalog.indexes_of(relation) if relation is not None else ()
    plain = (other for other in existing if _is_plain(other))
    return next((other for other in plain if all(map(eq, other.columns, index.columns))), None)


def _is_plain(other: ExistingIndex) -> bool:
    return other.method == "btree" and other.is_valid and not other.predicate


def _holds(other: ExistingIndex, index: Index) -> bool:
    return _begins_with(other, index.keys) and {*other.columns, *other.include}.issuperset(index.include)


def _finds_one_row(other: ExistingIndex, index: Index) -> bool:
    return other.is_unique and set(index.columns[: len(other.keys)]) == set(other.columns)


def _begins_with(other: ExistingIndex, keys: tuple[Key, ...]) -> bool:
    theirs = tuple((key.column, key.opclass, key.descending, key.nulls_first) for key in other.keys[: len(keys)])
    return theirs in (_signature(keys), _signature(tuple(_turned(key) for key in keys)))


def _signature(keys: tuple[Key, ...]) -> tuple[tuple[str | None, str | None, bool, bool], ...]:
    return tuple(
        (key.name, key.opclass, key.descending, key.descending if key.nulls_first is None else key.nulls_first)
        for key in keys
    )


def _is_unique_lookup(equal: set[str], existing: tuple[ExistingIndex, ...]) -> bool:
    """Whether the equalities name all columns of a unique index: one row, found already."""
    return any(other.is_unique and equal.issuperset(other.columns) for other in existing if _is_plain(other))
