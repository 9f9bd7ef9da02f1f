"""New indexes that take the place of existing ones: where an index is built anyway, it may as well do the work of one
that then can go.

- A new index and an existing one, of which one's keys begin the other's, are merged, as two existing ones are
  (merges.py).
- An index that costs the writes too much to stand beside an existing one, which it begins like, may be worth it in its
  place: what that costs the writes is given back.

Either only if the existing index can go: the workload is planned without it. The drop itself is advised afterwards, as
of any index that a new one makes redundant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dbopt.errors import FeatureMissing
from dbopt.index import drops
from dbopt.index.candidates import Allowed
from dbopt.index.costs import Configuration
from dbopt.index.existing import Needless, as_existing, as_new, needless
from dbopt.index.harvest import Harvest, widened
from dbopt.index.merges import LEAST_FREED, may_merge, pair_of
from dbopt.index.model import Index
from dbopt.index.problem import Problem
from dbopt.index.questions import Questions
from dbopt.index.redundancy import serves_all
from dbopt.index.thrift import saves_enough
from dbopt.index.trials import Trials
from dbopt.index.what_if import WhatIf
from dbopt.postgres.schema import Catalog, ExistingIndex


@dataclass
class Extender:
    """`chosen` is the set so far; `harvest` what it was chosen from, with what is tried here."""

    questions: Questions
    problem: Problem
    what_if: WhatIf
    catalog: Catalog
    allowed: Allowed
    harvest: Harvest
    chosen: Configuration

    def run(self) -> None:
        for existing in self._existing():
            if any(serves_all(existing, as_existing(index)) for index in self.chosen):
                continue
            if not self._merge(existing):
                self._replace(existing)

    def _existing(self) -> list[ExistingIndex]:
        """Those that could go, but do not without this."""
        used = frozenset(name for question in self.questions.asked for name in question.indexes_read)
        going = {found.index.sql_name for found in needless(self.catalog, used, self.chosen)}
        indexes = (index for relation in self.catalog.relations for index in self.catalog.indexes_of(relation))
        return [index for index in indexes if may_merge(index) and index.sql_name not in going]

    def _merge(self, existing: ExistingIndex) -> bool:
        """In place of a new index, one that has all that the existing one has as well."""
        for new in sorted(self.chosen):
            merged = self._merged(new, existing)
            if merged is None or not self._can_have(merged, self.chosen - {new}):
                continue
            trial = self.chosen - {new} | {merged}
            self._learn(merged, trial)
            if self._is_as_good(new, merged, existing, trial) and self._lost(existing, merged, trial) is not None:
                self.chosen = trial
                return True
        return False

    def _replace(self, existing: ExistingIndex) -> None:
        """Besides the new indexes, one that the writes bear if the existing one goes."""
        given_back = self.problem.write_cost(as_new(existing))
        for index in sorted(self._longer(existing), key=lambda one: (self._cost(one), one)):
            trial = self.chosen | {index}
            left = given_back - self._cost(index)
            if left <= 0:
                return
            if not (self.problem.fits(trial) and saves_enough(self.problem, trial, index)):
                continue
            lost = self._lost(existing, index, trial)
            if lost is not None and lost < left:
                self.chosen = trial
                return

    def _merged(self, new: Index, existing: ExistingIndex) -> Index | None:
        one = as_existing(new)
        if one.table != existing.table or any(key.column is None for key in one.keys):
            return None
        pair = pair_of(one, existing, self.allowed) or pair_of(existing, one, self.allowed)
        if pair is None or not pair.lossless:
            return None
        return replace(pair.merged, predicate=new.predicate, predicate_columns=new.predicate_columns)

    def _can_have(self, merged: Index, others: Configuration) -> bool:
        return not self.what_if.prepare([merged]) and self.problem.fits(others | {merged})

    def _learn(self, merged: Index, trial: Configuration) -> None:
        """Ask the planner about the merged index, whatever was asked before."""
        costs = self.problem.costs
        concerned = costs.statements(frozenset((merged,)))
        with costs.besides(2 * len(concerned)):
            self.harvest = widened(costs, self.harvest, frozenset((merged,)))
            for number in concerned:
                costs.answer(number, trial)

    def _is_as_good(self, new: Index, merged: Index, existing: ExistingIndex, trial: Configuration) -> bool:
        """Whether it frees room, costs the writes no more, and makes no statement noticeably dearer."""
        problem, both = self.problem, self.problem.size(new) + drops.size(existing, self.catalog)
        if both - problem.size(merged) < LEAST_FREED * both:
            return False
        if problem.write_cost(merged) > problem.write_cost(new) + problem.write_cost(as_new(existing)):
            return False
        return all(
            problem.costs.cost(number, trial) <= (1 + drops.TOLERANCE) * problem.costs.cost(number, self.chosen)
            for number in problem.costs.statements(frozenset((new, merged)))
        )

    def _lost(self, existing: ExistingIndex, instead: Index, trial: Configuration) -> float | None:
        """What the workload costs more when the existing index is gone; None where it has to stay."""
        trials = Trials(self.questions.asked, trial, self.what_if, self.catalog)
        try:
            changed = drops.without(Needless(existing, "redundant", "", instead), trials)
        except FeatureMissing:
            return None
        if changed is None:
            return None
        return sum(self.problem.weights[n] * (plan.cost - trials.now(n).cost) for n, plan in changed.items())

    def _longer(self, existing: ExistingIndex) -> Iterator[Index]:
        """Those of the harvest that serve all that the existing index serves."""
        for index in self.harvest.pool - self.chosen:
            if (index.schema, index.table) == existing.table and serves_all(existing, as_existing(index)):
                yield index

    def _cost(self, index: Index) -> float:
        """What the workload costs more with it, as long as the existing index is there."""
        return self.problem.change(self.chosen, self.chosen | {index})
