"""A few of the many executions of a statement, chosen fairly and in bounded memory, for the parameter sets in them.
Pure.

Every execution draws a number from a hash of what tells it from others; those with the lowest numbers stay, equal ones
counting once with their lowest (bottom-k sampling: Cohen and Kaplan, "Summarizing data using bottom-k sketches", 2007).
So a set is the likelier to stay the more often it was used, the choice is the same in every run, and the samples of
several workers merge into what one of them would have chosen from everything. The slowest execution is always kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar
from zlib import crc32

Set = tuple[str | None, ...]
Text = TypeVar("Text", str, bytes)

DEFAULT_LIMIT = 5
LARGEST = 65_536
"""Characters or bytes of an execution that is drawn: one value may have up to a billion."""
LARGEST_SLOWEST = 1_000_000
MOST = 1 << 18
"""Characters or bytes of all that are drawn."""

_MASK = 2**64 - 1
_NEVER = 2**64


def drawn(occasion: bytes, time: bytes = b"", elapsed: int = 0) -> int:
    """64 bits that look drawn by lot, the same in every process: of what was executed, when, and how long it took.
    Called for every execution: a checksum, which the machine is fast at, and Fibonacci hashing (Knuth, "Sorting and
    Searching", 6.4), without which sums of checksums would be the checksums of sums.
    """
    return crc32(time, crc32(occasion, elapsed)) * 0x9E3779B97F4A7C15 & _MASK


@dataclass(slots=True)
class Executions(Generic[Text]):
    """The executions of one statement that were chosen, at most `limit`. Each is what the source shows of it, texts.

    `longest` is the time of the slowest one, in the unit in which it is told. An execution that took less and drew a
    number above `worst` need not be added.
    """

    limit: int = DEFAULT_LIMIT
    slowest: tuple[Text, ...] | None = None
    longest: float = -1.0
    worst: int = field(default=_NEVER, compare=False)
    _numbers: dict[tuple[Text, ...], int] = field(default_factory=dict)
    _size: int = field(default=0, compare=False)

    def add(self, texts: tuple[Text, ...], elapsed: float | None, number: int) -> None:
        """One execution with the number that it drew; how long it took, where that is known."""
        size = _size(texts)
        if elapsed is not None and size <= LARGEST_SLOWEST and self._is_slower(texts, elapsed):
            self.slowest, self.longest = texts, elapsed
        if number <= self.worst and size <= LARGEST:
            self._keep(texts, number)

    def merge(self, other: Executions[Text]) -> None:
        """Take in what another worker saw of the same statement."""
        if other.slowest is not None and self._is_slower(other.slowest, other.longest):
            self.slowest, self.longest = other.slowest, other.longest
        for texts, number in other._numbers.items():
            self._keep(texts, number)

    @property
    def chosen(self) -> tuple[tuple[Text, ...], ...]:
        """In the order of their draw; the slowest stands last."""
        if self.limit < 1:
            return ()
        self._trim()
        if self.slowest is None:
            return tuple(self._numbers)
        found = [texts for texts in self._numbers if texts != self.slowest][: self.limit - 1]
        found.append(self.slowest)
        return tuple(found)

    def _is_slower(self, texts: tuple[Text, ...], elapsed: float) -> bool:
        """Of two equally slow ones that which is kept does not depend on which was seen first."""
        if elapsed != self.longest or self.slowest is None:
            return elapsed > self.longest
        return texts < self.slowest

    def _keep(self, texts: tuple[Text, ...], number: int) -> None:
        known = self._numbers.get(texts)
        if known is None:
            self._size += _size(texts)
        elif known <= number:
            return
        self._numbers[texts] = number
        if len(self._numbers) > 2 * self.limit or self._size > 2 * MOST:
            self._trim()

    def _trim(self) -> None:
        """Drop those that drew the highest numbers, as many as are too many."""
        size = 0
        kept: dict[tuple[Text, ...], int] = {}
        for texts, number in sorted(self._numbers.items(), key=lambda item: (item[1], item[0])):
            size += _size(texts)
            if len(kept) >= self.limit or size > MOST:
                self.worst = min(self.worst, number)
                size -= _size(texts)
                break
            kept[texts] = number
        self._numbers, self._size = kept, size


def _size(texts: tuple[str, ...] | tuple[bytes, ...]) -> int:
    return sum(map(len, texts))
