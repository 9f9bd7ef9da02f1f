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
_Reading = tuple[int, list[tuple[float, Set]]]
"""A statement, and its plans that read one index: their costs, and what else they read."""


@dataclass
class KnownPlans:
    """`plans` are those of each statement with its weighted cost and the set that it reads, the cheapest first; the
    last reads no index. `sizes` and `writes` are by index.
    """

    indexes: Sequence[Index]
    plans: Sequence[Sequence[tuple[float, Set]]]
    sizes: Sequence[int]
    writes: Sequence[float]
    budget_bytes: float
    exponents: Sequence[float]
    max_per_table: int | None = None

    def __post_init__(self) -> None:
        self._left = MOST_EVALUATIONS
        beside: dict[tuple[str, str], Set] = {}
        for place, index in enumerate(self.indexes):
            beside[index.schema, index.table] = beside.get((index.schema, index.table), 0) | 1 << place
        self._same_table = [beside[index.schema, index.table] for index in self.indexes]
        self._read_by = [sorted({place for _, used in plans for place in self._places(used)}) for plans in self.plans]
        self._reading: list[list[_Reading]] = [[] for _ in self.indexes]
        for number, places in enumerate(self._read_by):
            for place in places:
                bit = 1 << place
                read = [(cost, used ^ bit) for cost, used in self.plans[number] if used & bit]
                self._reading[place].append((number, read))

    @staticmethod
    def of(
        plans: Sequence[Iterable[Answer]],
        weights: Sequence[float],
        size: Callable[[Index], int],
        write_cost: Callable[[Index], float],
        budget_bytes: int | None,
        exponents: Sequence[float],
        max_per_table: int | None = None,
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
            max_per_table,
        )

    def improved(self, chosen: Configuration) -> Configuration:
        """A set that is no worse; the same one where nothing better is known. What has no known plan is left out."""
        best = self._state(sum(1 << place for place, index in enumerate(self.indexes) if index in chosen))
        while self._left > 0 and (found := self._step(best)) is not None:
            best = self._state(found)
        return frozenset(self.indexes[place] for place in self._places(best.chosen))

    # -- steps --------------------------------------------------------------------------------------------------------

    def _step(self, start: _State) -> Set | None:
        """The best set that one step leads to: first of those that take out one index at most, else of two."""
        places = list(self._places(start.chosen))
        for takes in ([(), *((place,) for place in places)], combinations(places, 2)):
            best, least = None, start.total - _LEAST * abs(start.total)
            for taken in takes:
                without = self._without(start, taken)
                for exponent in self.exponents:
                    trial = self._filled(without.copy(), taken, exponent)
                    if trial.total < least:
                        best, least = trial.chosen, trial.total
                if self._left <= 0:
                    return best
            if best is not None:
                return best
        return None

    def _state(self, chosen: Set) -> _State:
        costs = [self._cost(number, chosen) for number in range(len(self.plans))]
        total = sum(costs) + sum(self.writes[place] for place in self._places(chosen))
        room = self.budget_bytes - sum(self.sizes[place] for place in self._places(chosen))
        state = _State(chosen, total, room, costs, {})
        self._learn(state, range(len(self.indexes)))
        return state

    def _without(self, start: _State, taken: Sequence[int]) -> _State:
        state = start.copy()
        for place in taken:
            state.chosen &= ~(1 << place)
            state.room += self.sizes[place]
            state.total -= self.writes[place]
        self._follow(state, taken)
        return state

    def _filled(self, state: _State, without: Sequence[int], exponent: float) -> _State:
        """Add the index of the best benefit per size^exponent until none fits or helps."""
        while True:
            best, highest = -1, 0.0
            self._left -= len(state.benefits)
            for place, benefit in state.benefits.items():
                size = self.sizes[place]
                if size <= state.room and place not in without and self._may_join(place, state.chosen):
                    score = benefit / max(size, 1) ** exponent
                    if score > highest:
                        best, highest = place, score
            if best < 0:
                return state
            state.chosen |= 1 << best
            state.room -= self.sizes[best]
            state.total += self.writes[best]
            self._follow(state, (best,))

    def _may_join(self, place: int, chosen: Set) -> bool:
        """Whether its table may get one more."""
        return self.max_per_table is None or (chosen & self._same_table[place]).bit_count() < self.max_per_table

    def _follow(self, state: _State, moved: Sequence[int]) -> None:
        """Bring the state up to date after these indexes were added or taken out."""
        touched = {number for place in moved for number, _ in self._reading[place]}
        for number in touched:
            cost = self._cost(number, state.chosen)
            state.total += cost - state.costs[number]
            state.costs[number] = cost
        self._learn(state, {place for number in touched for place in self._read_by[number]})

    def _learn(self, state: _State, places: Iterable[int]) -> None:
        """What each of these indexes would bring; only those that bring something are kept."""
        for place in places:
            state.benefits.pop(place, None)
            if state.chosen >> place & 1:
                continue
            saved = sum(self._saved(state.costs[number], plans, state.chosen) for number, plans in self._reading[place])
            if saved > self.writes[place]:
                state.benefits[place] = saved - self.writes[place]

    # -- costs --------------------------------------------------------------------------------------------------------

    def _saved(self, cost: float, plans: list[tuple[float, Set]], chosen: Set) -> float:
        """What the best of these plans is cheaper, if it reads nothing that is missing."""
        missing = ~chosen
        for other, used in plans:
            self._left -= 1
            if other >= cost:
                break
            if not used & missing:
                return cost - other
        return 0.0

    def _cost(self, number: int, chosen: Set) -> float:
        missing = ~chosen
        for cost, used in self.plans[number]:
            self._left -= 1
            if not used & missing:
                return cost
        raise AssertionError("every statement has a plan without indexes")

    def _places(self, chosen: Set) -> Iterator[int]:
        while chosen:
            lowest = chosen & -chosen
            yield lowest.bit_length() - 1
            chosen ^= lowest


@dataclass
class _State:
    """A set, what it costs in all and each statement, the room that it leaves, and what further indexes would bring."""

    chosen: Set
    total: float
    room: float
    costs: list[float]
    benefits: dict[int, float]

    def copy(self) -> _State:
        return _State(self.chosen, self.total, self.room, self.costs.copy(), self.benefits.copy())


def _undominated(plans: Iterable[tuple[float, Set]]) -> Iterator[tuple[float, Set]]:
    """Without plans that read all that a cheaper one reads."""
    kept: list[Set] = []
    for cost, used in plans:
        if not any(other & used == other for other in kept):
            kept.append(used)
            yield cost, used
