"""Search among sets of indexes by the plans that are known, without a question to the planner. Pure.

A plan that reads the indexes U is open to the planner under every set that holds U, so that the cheapest known plan
whose indexes are all in a set is an upper bound of its cost (the linear cost model of CoPhy: Dash, Polyzotis and
Ailamaki, PVLDB 4(6), 2011). A set that is better by this bound is better indeed, and thousands of sets are compared
in the time of one planner call: one or two indexes are taken out and the room is filled anew, as long as that helps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from dbopt.index.costs import Answer, Configuration
from dbopt.index.model import Index

MOST_EVALUATIONS = 3_000_000
"""Of one plan under one set; the search ends where it has made so many, on any machine."""
_LEAST = 1e-9  # relative change that is more than rounding

Set = int
"""A set of indexes: a bit for each."""


@dataclass
class KnownPlans:
    """`plans` are those of each statement with its weighted cost and the set that it reads, the cheapest first; the
    last reads no index. `sizes` and `writes` are by index. `plans_with` are the statements that have a plan with an
    index.
    """

    indexes: Sequence[Index]
    plans: Sequence[Sequence[tuple[float, Set]]]
    sizes: Sequence[int]
    writes: Sequence[float]
    budget_bytes: float
    exponents: Sequence[float]

    def __post_init__(self) -> None:
        self._left = MOST_EVALUATIONS
        self._plans_with = [
            [number for number, plans in enumerate(self.plans) if any(used >> place & 1 for _, used in plans)]
            for place in range(len(self.indexes))
        ]

    @staticmethod
    def of(
        plans: Sequence[Iterable[Answer]],
        weights: Sequence[float],
        size: Callable[[Index], int],
        write_cost: Callable[[Index], float],
        budget_bytes: int | None,
        exponents: Sequence[float],
    ) -> KnownPlans:
        """From the answers of each statement, among them one that uses no index."""
        known = [sorted(answers, key=lambda one: (one.cost, len(one.used))) for answers in plans]
        indexes = sorted({index for answers in known for answer in answers for index in answer.used})
        bits = {index: 1 << place for place, index in enumerate(indexes)}
        sets = [
            [(weight * one.cost, sum(bits[index] for index in one.used)) for one in answers]
            for weight, answers in zip(weights, known, strict=True)
        ]
        return KnownPlans(
            indexes,
            [list(_undominated(one)) for one in sets],
            [size(index) for index in indexes],
            [write_cost(index) for index in indexes],
            float("inf") if budget_bytes is None else budget_bytes,
            exponents,
        )

    def improved(self, chosen: Configuration) -> Configuration:
        """A set that is no worse; the same one where nothing better is known. What has no known plan is left out."""
        best = sum(1 << place for place, index in enumerate(self.indexes) if index in chosen)
        cost = self._total(best)
        while self._left > 0 and (found := self._step(best, cost)) is not None:
            best, cost = found
        return frozenset(index for place, index in enumerate(self.indexes) if best >> place & 1)

    # -- steps --------------------------------------------------------------------------------------------------------

    def _step(self, chosen: Set, cost: float) -> tuple[Set, float] | None:
        """The best set that one step leads to: first of those that take out one index at most, else of two."""
        places = list(self._places(chosen))
        for takes in ([(), *((place,) for place in places)], combinations(places, 2)):
            best, least = chosen, cost * (1 - _LEAST)
            for taken in takes:
                for exponent in self.exponents:
                    trial = self._filled(chosen & ~sum(1 << place for place in taken), taken, exponent)
                    total = self._total(trial)
                    if total < least:
                        best, least = trial, total
                if self._left <= 0:
                    return (best, least) if best != chosen else None
            if best != chosen:
                return best, least
        return None

    def _filled(self, chosen: Set, without: Sequence[int], exponent: float) -> Set:
        """Add the index of the best benefit per size^exponent until none fits or helps."""
        costs = [self._cost(number, chosen) for number in range(len(self.plans))]
        room = self.budget_bytes - sum(self.sizes[place] for place in self._places(chosen))
        open_places = [place for place in range(len(self.indexes)) if not chosen >> place & 1 and place not in without]
        while True:
            best, highest = -1, 0.0
            for place in open_places:
                if self.sizes[place] <= room and not chosen >> place & 1:
                    benefit = self._benefit(costs, chosen, place)
                    score = benefit / max(self.sizes[place], 1) ** exponent if benefit > 0 else 0.0
                    if score > highest:
                        best, highest = place, score
            if best < 0:
                return chosen
            chosen |= 1 << best
            room -= self.sizes[best]
            for number in self._plans_with[best]:
                costs[number] = self._cost(number, chosen)

    def _benefit(self, costs: Sequence[float], chosen: Set, place: int) -> float:
        more = chosen | 1 << place
        saved = sum(costs[number] - self._cost(number, more) for number in self._plans_with[place])
        return saved - self.writes[place]

    # -- costs --------------------------------------------------------------------------------------------------------

    def _cost(self, number: int, chosen: Set) -> float:
        missing = ~chosen
        for cost, used in self.plans[number]:
            self._left -= 1
            if not used & missing:
                return cost
        raise AssertionError("every statement has a plan without indexes")

    def _total(self, chosen: Set) -> float:
        reads = sum(self._cost(number, chosen) for number in range(len(self.plans)))
        return reads + sum(self.writes[place] for place in self._places(chosen))

    def _places(self, chosen: Set) -> Iterator[int]:
        return (place for place in range(len(self.indexes)) if chosen >> place & 1)


def _undominated(plans: Iterable[tuple[float, Set]]) -> Iterator[tuple[float, Set]]:
    """Without plans that read all that a cheaper one reads."""
    kept: list[Set] = []
    for cost, used in plans:
        if not any(other & used == other for other in kept):
            kept.append(used)
            yield cost, used
