"""Indexes that do the work of two. Pure.

As in Bruno and Chaudhuri, "Automatic Physical Database Tuning: A Relaxation-based Approach" (SIGMOD 2005): the keys of
one that begin the other's, and what both include. Here only merges that lose no order are made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import combinations

from dbopt.index.model import Index


def merged(indexes: Collection[Index], most_included: int) -> list[Index]:
    """An index for every two of one table and predicate of which one's keys begin the other's, and which are not one
    index already.
    """
    groups: dict[tuple[str, str, str], list[Index]] = {}
    for index in sorted(index for index in indexes if index.method == "btree"):
        groups.setdefault((index.schema, index.table, index.predicate), []).append(index)
    known = frozenset(indexes)
    pairs = (pair for group in groups.values() for pair in combinations(group, 2))
    found = {index: None for one, other in pairs for index in _both(one, other) if len(index.include) <= most_included}
    return [index for index in found if index not in known]


def _both(one: Index, other: Index) -> Iterator[Index]:
    short, long = sorted((one, other), key=lambda index: index.width)
    if long.keys[: short.width] == short.keys:
        rest = {*short.include, *long.include}.difference(long.columns)
        if rest.difference(long.include):
            yield replace(long, include=tuple(sorted(rest)))
