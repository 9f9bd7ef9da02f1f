"""Which statement is which where none has a lasting name: by tables, by the likeness of texts, and by place. Pure.

Only statements without a name are compared: of two that were given different names somebody thinks as of two. And only
those that have a table in common: on other tables, the likest text is another statement.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from heapq import heapify, heappop, heappush

from dbopt.check.baseline import Expected
from dbopt.workload.fingerprint import normalised
from dbopt.workload.relations import Relation, relations

LIKENESS = 0.6
"""Share of tokens, in order, that two texts must have in common (Ratcliff and Obershelp's measure)."""
_MOST_COMPARED = 12_000_000
"""Tokens that are compared with others, a second or so of work. From then on, common tokens count in any order."""
_PLACE = re.compile(r":\d+$")  # `dbopt capture sql` calls a statement without a name file:line


def is_anonymous(one: Expected) -> bool:
    return one.name is None or bool(_PLACE.search(one.name))


@dataclass(frozen=True)
class Anonymous:
    """A statement of one side without a lasting name, under its number there."""

    number: int
    statement: Expected

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        return tuple(normalised(self.statement.text).split())

    @cached_property
    def named(self) -> frozenset[Relation]:
        """The tables and views that the text names."""
        return frozenset(relations(self.statement.text))

    @cached_property
    def buckets(self) -> frozenset[str]:
        """Whoever has a table in common has one of these in common. What reads no table is in one of its own."""
        return frozenset({name for _, name in self.named} | self.statement.relations) or frozenset({""})

    @property
    def file(self) -> str | None:
        return None if self.statement.name is None else _PLACE.sub("", self.statement.name)


def alike(old: Sequence[Anonymous], new: Sequence[Anonymous]) -> Iterator[tuple[int, int]]:
    """The pairs, as numbers of both sides: those most alike first, then those at the same place, then those that are
    left alone in their file.
    """
    left = _Left(list(old), list(new))
    yield from left.taken(_by_likeness(old, new))
    yield from left.taken(_by_place(left.old, left.new, lambda one: one.statement.name))
    yield from left.taken(_by_place(left.old, left.new, lambda one: one.file))


@dataclass
class _Left:
    """What has no partner yet."""

    old: list[Anonymous]
    new: list[Anonymous]

    def taken(self, found: Sequence[tuple[Anonymous, Anonymous]]) -> Iterator[tuple[int, int]]:
        there, here = {a.number for a, _ in found}, {b.number for _, b in found}
        self.old = [one for one in self.old if one.number not in there]
        self.new = [one for one in self.new if one.number not in here]
        yield from ((a.number, b.number) for a, b in found)


def _have_table_in_common(one: Anonymous, other: Anonymous) -> bool:
    """By their plans, which know the tables behind views; where one has no plan, by the names in the texts. A name
    without a schema may be that of any.
    """
    if one.statement.relations and other.statement.relations:
        return not one.statement.relations.isdisjoint(other.statement.relations)
    if not one.named and not other.named:
        return True
    return any(
        name == other_name and (schema == other_schema or None in (schema, other_schema))
        for schema, name in one.named
        for other_schema, other_name in other.named
    )


# -- by likeness ------------------------------------------------------------------------------------------------------


def _by_likeness(old: Sequence[Anonymous], new: Sequence[Anonymous]) -> list[tuple[Anonymous, Anonymous]]:
    """The pairs that are most alike, the best first. What two texts have in common in any order is more than what they
    have in common in order, and quickly told: only where that puts a pair in front is its likeness measured.
    """
    there, here = {one.number: one for one in old}, {one.number: one for one in new}
    waiting = [(-bound, _distance(a, b), b.number, a.number, False) for bound, a, b in _candidates(old, new)]
    heapify(waiting)
    pairs = []
    compared = 0
    while waiting:
        _, distance, n, m, is_measured = heappop(waiting)
        if m not in there or n not in here:
            continue
        if is_measured or compared > _MOST_COMPARED:
            pairs.append((there.pop(m), here.pop(n)))
            continue
        compared += len(there[m].tokens) * len(here[n].tokens)
        likeness = SequenceMatcher(None, there[m].tokens, here[n].tokens, autojunk=False).ratio()
        if likeness >= LIKENESS:
            heappush(waiting, (-likeness, distance, n, m, True))
    return pairs


def _candidates(old: Sequence[Anonymous], new: Sequence[Anonymous]) -> Iterator[tuple[float, Anonymous, Anonymous]]:
    """The pairs that may be alike, with the most that their likeness can be."""
    numbers: dict[tuple[str, int], int] = {}
    there = {one.number: _bits(one.tokens, numbers) for one in old}
    buckets: dict[str, list[Anonymous]] = defaultdict(list)
    for one in old:
        for name in one.buckets:
            buckets[name].append(one)
    for b in new:
        here = _bits(b.tokens, numbers)
        near = {a.number: a for name in sorted(b.buckets) for a in buckets.get(name, ())}
        for a in near.values():
            bound = 2 * (there[a.number] & here).bit_count() / max(len(a.tokens) + len(b.tokens), 1)
            if bound >= LIKENESS and _have_table_in_common(a, b):
                yield bound, a, b


def _bits(tokens: Sequence[str], numbers: dict[tuple[str, int], int]) -> int:
    """A bit for each token and how many of its kind stand before it, so that common bits are common tokens."""
    seen: dict[str, int] = defaultdict(int)
    bits = 0
    for token in tokens:
        bits |= 1 << numbers.setdefault((token, seen[token]), len(numbers))
        seen[token] += 1
    return bits


def _distance(one: Anonymous, other: Anonymous) -> int:
    """Of pairs that are equally alike, the nearer goes first: the same line, the same file, anywhere."""
    if one.file != other.file:
        return 2
    return 0 if one.statement.name == other.statement.name else 1


# -- by place ---------------------------------------------------------------------------------------------------------


def _by_place(
    old: Sequence[Anonymous], new: Sequence[Anonymous], place: Callable[[Anonymous], Hashable | None]
) -> list[tuple[Anonymous, Anonymous]]:
    """The pairs that are alone at their place on both sides."""
    there, here = _alone(old, place), _alone(new, place)
    both = [(there[where], one) for where, one in here.items() if where in there]
    return [(a, b) for a, b in both if _have_table_in_common(a, b)]


def _alone(side: Sequence[Anonymous], place: Callable[[Anonymous], Hashable | None]) -> dict[Hashable, Anonymous]:
    found: dict[Hashable, list[Anonymous]] = defaultdict(list)
    for one in side:
        if place(one) is not None:
            found[place(one)].append(one)
    return {where: ones[0] for where, ones in found.items() if len(ones) == 1}
