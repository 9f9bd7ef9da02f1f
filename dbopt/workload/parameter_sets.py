"""A few of the many parameter sets that a statement was executed with, chosen fairly and in bounded memory. Pure.

Every execution draws a number from a hash of the statement's fingerprint and of what tells the execution from others;
the sets with the lowest numbers stay, equal sets counting once with their lowest (bottom-k sampling: Cohen and Kaplan,
"Summarizing data using bottom-k sketches", 2007). So a set is the likelier to stay the more often it was used, the
choice is the same in every run, and the samples of several workers merge into what one of them would have chosen from
everything. The slowest execution's set is always kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Set = tuple[str | None, ...]

DEFAULT_LIMIT = 5
LARGEST_SET = 65_536  # characters: one value may have up to a billion

_MASK = 2**64 - 1
_NEVER = 2**64


@dataclass
class ParameterSets:
    """The sets of one statement, at most `limit`. All have as many values as the first: a statement may have been
    executed with lists of several lengths, but its text has one.

    `seen` are the executions, and of them `truncated` those with values that the source had cut, `oversized` those with
    too many characters, and `unfit` those with another number of values: none of these is kept.
    """

    fingerprint: str
    limit: int = DEFAULT_LIMIT
    seen: int = 0
    truncated: int = 0
    oversized: int = 0
    unfit: int = 0
    slowest: Set | None = None
    slowest_ms: float = -1.0
    _drawn: dict[Set, int] = field(default_factory=dict)
    _worst: int = _NEVER
    _seed: int = field(init=False)

    def __post_init__(self) -> None:
        self._seed = int(self.fingerprint, 16)

    def add(self, values: Set, elapsed_ms: float | None, occasion: int, *, truncated: bool = False) -> None:
        """One execution. `occasion` tells it from the statement's others: its place in the log, its time. With
        `truncated`, some value is known by its beginning alone.
        """
        self.seen += 1
        if truncated:
            self.truncated += 1
            return
        number = _mixed(self._seed, occasion)
        is_slowest = elapsed_ms is not None and self._is_slower(values, elapsed_ms)
        if (number >= self._worst and not is_slowest) or not self._fits(values):
            return
        if elapsed_ms is not None and is_slowest:
            self.slowest, self.slowest_ms = values, elapsed_ms
        self._keep(values, number)

    def merge(self, other: ParameterSets) -> None:
        """Take in what another worker saw of the same statement. Where the numbers of values differ, the sets of the
        one that saw more stay.
        """
        self.seen += other.seen
        self.truncated += other.truncated
        self.oversized += other.oversized
        self.unfit += other.unfit
        if other.width is None:
            return
        if self.width not in (None, other.width):
            self._choose(other)
            return
        if other.slowest is not None and self._is_slower(other.slowest, other.slowest_ms):
            self.slowest, self.slowest_ms = other.slowest, other.slowest_ms
        for values, number in other._drawn.items():
            self._keep(values, number)

    @property
    def width(self) -> int | None:
        """How many values a set has; None before the first."""
        first = next(iter(self._drawn), self.slowest)
        return None if first is None else len(first)

    @property
    def chosen(self) -> tuple[Set, ...]:
        """The sets, in the order of their draw; the slowest stands last."""
        if self.limit < 1:
            return ()
        others = sorted((one for one in self._drawn if one != self.slowest), key=self._order)
        last = () if self.slowest is None else (self.slowest,)
        return (*others[: self.limit - len(last)], *last)

    def _fits(self, values: Set) -> bool:
        if self.width not in (None, len(values)):
            self.unfit += 1
            return False
        if sum(len(value) for value in values if value is not None) > LARGEST_SET:
            self.oversized += 1
            return False
        return True

    def _is_slower(self, values: Set, elapsed_ms: float) -> bool:
        """Of two equally slow sets the one that is kept does not depend on which was seen first."""
        if elapsed_ms != self.slowest_ms or self.slowest is None:
            return elapsed_ms > self.slowest_ms
        return _key(values) < _key(self.slowest)

    def _order(self, values: Set) -> tuple[int, object]:
        return self._drawn[values], _key(values)

    def _keep(self, values: Set, number: int) -> None:
        drawn = self._drawn
        if drawn.get(values, _NEVER) <= number or self.limit < 1:
            return
        drawn[values] = number
        if len(drawn) > self.limit:
            del drawn[max(drawn, key=self._order)]
        if len(drawn) == self.limit:
            self._worst = max(drawn.values())

    def _choose(self, other: ParameterSets) -> None:
        """Drop the sets of the one that saw less: `seen` is that of both by now."""
        lost, kept = (self.seen - other.seen, other.seen)
        if kept > lost:
            self.slowest, self.slowest_ms = other.slowest, other.slowest_ms
            self._drawn, self._worst = dict(other._drawn), other._worst
        self.unfit += min(lost, kept)


def _key(values: Set) -> tuple[tuple[bool, str], ...]:
    """What sets are sorted by: NULLs first."""
    return tuple((value is not None, value or "") for value in values)


def _mixed(seed: int, occasion: int) -> int:
    """64 bits that look drawn by lot (the output function of SplitMix64: Steele, Lea and Flood, 2014)."""
    number = (seed + occasion * 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ number >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ number >> 27) * 0x94D049BB133111EB) & _MASK
    return number ^ number >> 31
