"""Costs of statements under sets of indexes, with few planner calls. Pure over the function that asks the planner.

Two facts save calls. A plan found under the set S that reads only the indexes U costs the same under every R with
U <= R <= S: the planner had a larger choice and took that. And an index on a table that the statement does not read, or
that begins with a column which it neither compares nor sorts by, cannot change its plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from dbopt.index.model import Index

Configuration = frozenset[Index]


@dataclass(frozen=True)
class Answer:
    """The planner's cost of a statement, and the hypothetical indexes that its plan reads."""

    cost: float
    used: Configuration


Ask = Callable[[int, Configuration], Answer]


@dataclass(frozen=True)
class _Known:
    """An answer; `asked` and what it `used` with a bit for each index, since they are compared all the time."""

    asked: int
    used: int
    answer: Answer
    asked_set: Configuration = frozenset()


class Costs:
    """Answers by statement number. `may_use(number, index)` says whether the statement could read the index at all.

    When `max_calls` are spent it answers with the cheapest known plan whose indexes all exist: the true cost is at most
    that.
    """

    def __init__(
        self,
        ask: Ask,
        bases: Sequence[float],
        may_use: Callable[[int, Index], bool],
        max_calls: int | None = None,
    ) -> None:
        """`bases` are the statements' costs without any of the indexes."""
        self._ask = ask
        self._may_use = may_use
        self._left = max_calls
        nothing: Configuration = frozenset()
        self._known: list[list[_Known]] = [[_Known(0, 0, Answer(cost, nothing))] for cost in bases]
        self._found: list[dict[Configuration, Answer]] = [{} for _ in bases]
        self._bits: dict[Index, int] = {}
        self._met: set[Index] = set()
        self._readers: dict[Index, list[int]] = {}
        self._usable: list[set[Index]] = [set() for _ in bases]

    @property
    def exhausted(self) -> bool:
        return self._left is not None and self._left <= 0

    def allow(self, calls: int) -> None:
        """From now on it may ask so many times, whatever was left."""
        self._left = calls

    @contextmanager
    def at_most(self, calls: int) -> Iterator[None]:
        """While this lasts it may ask so many times of those that are left."""
        before = self._left
        granted = calls if before is None else min(calls, before)
        self._left = granted
        try:
            yield
        finally:
            self._left = None if before is None else before - (granted - self._left)

    @contextmanager
    def besides(self, calls: int) -> Iterator[None]:
        """While this lasts it may ask so many times; what was left is left afterwards."""
        before, self._left = self._left, calls
        try:
            yield
        finally:
            self._left = before

    def statements(self, indexes: Configuration) -> list[int]:
        """The numbers of the statements that could read one of the indexes, ascending."""
        self._meet(indexes)
        return sorted({number for index in indexes for number in self._readers[index]})

    def relevant(self, number: int, indexes: Configuration) -> Configuration:
        """Those of the indexes that the statement could read."""
        self._meet(indexes)
        return indexes & self._usable[number]

    def _meet(self, indexes: Configuration) -> None:
        """Find out once which statements could read an index."""
        if indexes <= self._met:
            return
        for index in sorted(indexes - self._met):
            self._met.add(index)
            self._bits[index] = 1 << len(self._bits)
            self._readers[index] = [number for number in range(len(self._known)) if self._may_use(number, index)]
            for number in self._readers[index]:
                self._usable[number].add(index)

    def answer(self, number: int, indexes: Configuration) -> Answer:
        wanted = self.relevant(number, indexes)
        found = self._found[number].get(wanted)
        if found is None:
            found = self._derived(number, wanted)
            if found is None and self.exhausted:
                return self._cheapest(number, wanted)
            found = self._found[number][wanted] = found or self._asked(number, wanted)
        return found

    def _derived(self, number: int, wanted: Configuration) -> Answer | None:
        mask = self._mask(wanted)
        for known in self._known[number]:
            if not known.used & ~mask and not mask & ~known.asked:
                return known.answer
        return None

    def _cheapest(self, number: int, wanted: Configuration) -> Answer:
        mask = self._mask(wanted)
        open_ = (known.answer for known in self._known[number] if not known.used & ~mask)
        return min(open_, key=lambda answer: answer.cost)

    def _asked(self, number: int, wanted: Configuration) -> Answer:
        if self._left is not None:
            self._left -= 1
        answer = self._ask(number, wanted)
        self._known[number].append(_Known(self._mask(wanted), self._mask(answer.used), answer, wanted))
        return answer

    def _mask(self, indexes: Configuration) -> int:
        return sum(self._bits[index] for index in indexes)

    def cost(self, number: int, indexes: Configuration) -> float:
        return self.answer(number, indexes).cost

    def bound(self, number: int, indexes: Configuration) -> float:
        """A cost below which these indexes cannot bring the statement: that of a larger set asked about before, since
        more indexes never make a plan dearer; 0 where there is none. Asks nothing.
        """
        mask = self._mask(self.relevant(number, indexes))
        return max((known.answer.cost for known in self._known[number] if not mask & ~known.asked), default=0.0)

    def asked(self, number: int) -> list[tuple[Configuration, float]]:
        """The sets that the statement was asked about, nothing among them, and its costs under them."""
        return [(known.asked_set, known.answer.cost) for known in self._known[number]]

    def plans(self, number: int) -> list[Answer]:
        """All that is known of a statement, the plan without indexes among it."""
        return [known.answer for known in self._known[number]]

    def least(self, number: int) -> float:
        """The lowest cost that any indexes asked about gave the statement."""
        return min(known.answer.cost for known in self._known[number])
