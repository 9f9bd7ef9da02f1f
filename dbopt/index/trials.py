"""The workload planned without some of its existing indexes, on top of those that are advised, with few planner calls.

A plan that does not read an index stays as it is when that goes: the planner had it to choose, and did not. The
exception are indexes with expressions, whose statistics the planner uses without reading them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dbopt.errors import ConnectionFailed, FeatureMissing, ServerError
from dbopt.index.costs import Configuration
from dbopt.index.existing import parts
from dbopt.index.model import Index
from dbopt.index.questions import Question
from dbopt.index.what_if import WhatIf
from dbopt.postgres.schema import Catalog, ExistingIndex

_NOTHING: Configuration = frozenset()


@dataclass(frozen=True)
class Planned:
    """A statement's cost, the bare names of the indexes that its plan reads, and of tables that it need not visit."""

    cost: float
    indexes: frozenset[str]
    spared: frozenset[str] = frozenset()


@dataclass
class Trials:
    """`chosen` are the new indexes; what is settled on adds to them and to the existing ones that are `hidden`."""

    asked: Sequence[Question]
    chosen: Configuration
    what_if: WhatIf
    catalog: Catalog
    hidden: tuple[str, ...] = ()
    added: Configuration = _NOTHING
    _now: dict[int, Planned] = field(default_factory=dict)
    _first: dict[int, float] = field(default_factory=dict)

    def now(self, number: int) -> Planned:
        """The statement's plan under what is settled."""
        if number not in self._now:
            question = self.asked[number]
            known = not any(question.may_use(index) for index in self.chosen)
            first = Planned(question.cost, question.indexes_read)
            self._now[number] = first if known else self._ask(question, (), _NOTHING)
        return self._now[number]

    def without(self, gone: Sequence[ExistingIndex], added: Configuration = _NOTHING) -> dict[int, Planned]:
        """New plans, by statement number, of those statements that could be touched if these indexes went and those
        were there. Raises FeatureMissing where the backend cannot hide indexes.
        """
        names = frozenset(part.name for index in gone for part in parts(index, self.catalog))
        guides = any(key.column is None for index in gone for key in index.keys)
        family = self._family(gone[0])
        found = {}
        for number, question in enumerate(self.asked):
            near = question.tree is None or bool(question.tables & family)
            if names & self.now(number).indexes or (near and (guides or added)):
                found[number] = self._ask(question, [index.sql_name for index in gone], added)
        return found

    def again(self, number: int, gone: Sequence[ExistingIndex] = (), without: Index | None = None) -> Planned:
        """The statement's plan under what is settled, asked anew: something else has changed. Without some existing
        indexes, and a new one.
        """
        return self._ask(self.asked[number], [index.sql_name for index in gone], _NOTHING, without)

    def best(self, number: int) -> Planned:
        """The statement's plan if all of its candidates were there besides."""
        return self._ask(self.asked[number], (), self.asked[number].candidates)

    def settle(
        self, gone: Sequence[ExistingIndex], changed: Mapping[int, Planned], added: Configuration = _NOTHING
    ) -> None:
        """From now on these are gone, and those there."""
        self.hidden = (*self.hidden, *(index.sql_name for index in gone))
        self.added |= added
        for number in changed:
            self._first.setdefault(number, self.now(number).cost)
        self._now.update(changed)

    def cost_change(self, weights: Sequence[float]) -> float:
        """By how much all that was settled changes the cost of the workload."""
        return sum(weights[number] * (self._now[number].cost - cost) for number, cost in sorted(self._first.items()))

    def _family(self, index: ExistingIndex) -> frozenset[tuple[str, str]]:
        """The index's table, what it is a partition of, and its partitions."""
        relation = self.catalog.find(*index.table)
        if relation is None:
            return frozenset((index.table,))
        root = self.catalog.root_of(relation)
        below = {one.key for one in self.catalog.relations if self.catalog.root_of(one).key == root.key}
        return frozenset({root.key, *below})

    def _ask(
        self, question: Question, gone: Collection[str], added: Configuration, without: Index | None = None
    ) -> Planned:
        """A statement that no longer plans, such as for its time limit, counts as one that needs what is gone."""
        new = {index for index in self.chosen if question.may_use(index)} | self.added | added
        new.discard(without)
        names: frozenset[str] = frozenset()
        spared: frozenset[str] = frozenset()
        total = 0.0
        for variant in question.variants:
            try:
                estimate = self.what_if.estimate(variant, new, (*self.hidden, *gone))
            except (ConnectionFailed, FeatureMissing):
                raise
            except ServerError:
                return Planned(math.inf if gone else question.cost, question.indexes_read)
            total += estimate.cost
            names |= estimate.plan.indexes
            spared |= {
                node.relation
                for node in estimate.plan.nodes
                if node.node_type == "Index Only Scan" and node.relation is not None
            }
        return Planned(total / len(question.variants), names, spared)
