"""Which statement of the present is which of the baseline. Pure.

By fingerprint first, so that a renamed statement is found; then by name, so that one whose text changed is found; then
by likeness, for texts without a name. What is left is new or removed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dbopt.check.baseline import Expected
from dbopt.workload.fingerprint import normalised

LIKENESS = 0.6
"""Share of tokens, in order, that two texts must have in common (Ratcliff and Obershelp's measure)."""
_PLACE = re.compile(r":\d+$")  # `dbopt capture sql` calls a statement without a name file:line


@dataclass(frozen=True)
class Pair:
    """A statement before and after; one side is None where it is new or removed."""

    before: Expected | None
    after: Expected | None

    @property
    def same_text(self) -> bool:
        return self.before is not None and self.after is not None and self.before.text == self.after.text


def pair(before: Sequence[Expected], after: Sequence[Expected]) -> list[Pair]:
    """Every statement of both sides once: those of the present in their order, then the removed ones."""
    old, new = dict(enumerate(before)), dict(enumerate(after))
    partner: dict[int, int] = {}
    for key in _KEYS:
        for there, here in list(_matched(old, new, key)):
            partner[here] = there
            del old[there], new[here]
    for there, here in _alike(old, new):
        partner[here] = there
        del old[there]
    pairs = [Pair(before[partner[n]] if n in partner else None, one) for n, one in enumerate(after)]
    return pairs + [Pair(one, None) for one in old.values()]


_KEYS: tuple[Callable[[Expected], Hashable | None], ...] = (
    lambda one: (one.id, one.name, one.sql),
    lambda one: (one.id, one.sql),
    lambda one: (one.id, one.name),
    lambda one: one.id,
    lambda one: None if one.name is None or _PLACE.search(one.name) else one.name,
)


def _matched(
    old: dict[int, Expected], new: dict[int, Expected], key: Callable[[Expected], Hashable | None]
) -> Iterator[tuple[int, int]]:
    """Those with the same key, in their order."""
    waiting: dict[Hashable, list[int]] = {}
    for number, one in old.items():
        waiting.setdefault(key(one), []).append(number)
    for number, one in new.items():
        if key(one) is not None and waiting.get(key(one)):
            yield waiting[key(one)].pop(0), number


def _alike(old: dict[int, Expected], new: dict[int, Expected]) -> Iterator[tuple[int, int]]:
    """The pairs that are most alike, the best first. Only statements without a lasting name are compared: of two that
    were given different names somebody thinks as of two.
    """
    there = {number: normalised(one.text).split() for number, one in old.items() if _is_anonymous(one)}
    here = {number: normalised(one.text).split() for number, one in new.items() if _is_anonymous(one)}
    found = [(_likeness(a, b), n, m) for m, b in here.items() for n, a in there.items()]
    taken: set[tuple[str, int]] = set()
    for likeness, n, m in sorted(found, key=lambda one: (-one[0], one[2], one[1])):
        if likeness >= LIKENESS and not {("old", n), ("new", m)} & taken:
            taken |= {("old", n), ("new", m)}
            yield n, m


def _is_anonymous(one: Expected) -> bool:
    return one.name is None or bool(_PLACE.search(one.name))


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < LIKENESS or matcher.quick_ratio() < LIKENESS:
        return 0.0
    return matcher.ratio()
