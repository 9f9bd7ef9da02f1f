"""Keys of b-trees, in the planner's order: columns compared by equality first, then the one column of a range or those
of the order. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations, permutations, takewhile

from dbopt.index.candidates.needs import Branch, Need, is_sortable
from dbopt.index.candidates.served import is_unique_lookup, turned
from dbopt.index.model import Key
from dbopt.postgres.schema import ExistingIndex, Relation

_MOST_PAIRED = 8  # of more columns not every two are tried
_MOST_EQUAL = 5  # of more columns compared by equality only the most selective are combined


def sequences(
    need: Need, branch: Branch, max_columns: int, existing: tuple[ExistingIndex, ...]
) -> Iterator[tuple[Key, ...]]:
    """Keys in an order that serves the branch, up to `max_columns`, or an order that the statement asks for."""
    equal = list(dict.fromkeys((*branch.equal, *branch.joins)))
    if not is_unique_lookup({key.name for key in branch.equal}, existing):
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
    orders = (key for order in need.orders for key in _usable(order, need.relation))
    ordered = (replace(key, descending=False, nulls_first=None) for key in orders)
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
    column = relation.column(key.sources[0] if key.sources else key.name)
    n_distinct = column.n_distinct if column is not None else None
    if n_distinct is None:
        return 0.0
    return n_distinct if n_distinct >= 0 else -n_distinct * max(relation.rows, 1.0)


def _usable(order: tuple[Key, ...], relation: Relation) -> tuple[Key, ...]:
    """The order up to its first column that a b-tree cannot hold."""
    return tuple(takewhile(lambda key: is_sortable(key, relation), order))


def _canonical(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """An index is read in both directions: of the two that serve the same order, the one that starts ascending."""
    return tuple(turned(key) for key in keys) if keys and keys[0].descending else keys
