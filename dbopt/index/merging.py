"""Indexes that do the work of two. Pure.

As in Bruno and Chaudhuri, "Automatic Physical Database Tuning: A Relaxation-based Approach" (SIGMOD 2005): the keys of
one that begin the other's, and what both include. Here only merges that lose no order are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from dbopt.index.model import Index


def merged(indexes: Iterable[Index], most_included: int) -> list[Index]:
    """An index for every two of which one's keys begin the other's, and which are not one index already."""
    found: dict[Index, None] = {}
    known = sorted(index for index in indexes if index.method == "btree")
    for one, other in combinations(known, 2):
        for index in _both(one, other):
            if len(index.include) <= most_included:
                found[index] = None
    return [index for index in found if index not in known]


def _both(one: Index, other: Index) -> Iterator[Index]:
    same = (one.schema, one.table, one.predicate) == (other.schema, other.table, other.predicate)
    short, long = sorted((one, other), key=lambda index: index.width)
    if same and long.keys[: short.width] == short.keys:
        rest = {*short.include, *long.include}.difference(long.columns)
        if rest.difference(long.include):
            yield replace(long, include=tuple(sorted(rest)))
