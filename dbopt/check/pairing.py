"""Which statement of the present is which of the baseline. Pure.

By fingerprint first, so that a renamed statement is found; then by name, so that one whose text changed is found. Texts
without a name are found among those that read the same tables: by likeness, then by where they stand. What is left is
new or removed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from dbopt.check.anonymous import Anonymous, alike, is_anonymous
from dbopt.check.baseline import Expected


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
    texts = [Anonymous(n, one) for n, one in old.items() if is_anonymous(one)]
    for there, here in alike(texts, [Anonymous(n, one) for n, one in new.items() if is_anonymous(one)]):
        partner[here] = there
        del old[there]
    pairs = [Pair(before[partner[n]] if n in partner else None, one) for n, one in enumerate(after)]
    return pairs + [Pair(one, None) for one in old.values()]


_KEYS: tuple[Callable[[Expected], Hashable | None], ...] = (
    lambda one: (one.id, one.name, one.sql),
    lambda one: (one.id, one.sql),
    lambda one: (one.id, one.name),
    lambda one: one.id,
    lambda one: None if is_anonymous(one) else one.name,
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
