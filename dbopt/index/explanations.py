"""What an advised index changes in the plans of the statements that it serves: asked of the planner once more, when the
search is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dbopt.errors import ConnectionFailed, FeatureMissing, ServerError
from dbopt.index.costs import Configuration
from dbopt.index.model import Index
from dbopt.index.plan_change import renamed, sentence
from dbopt.index.questions import Question
from dbopt.index.search import Search
from dbopt.index.what_if import Estimate
from dbopt.plan.tree import Plan
from dbopt.workload.model import Statement


@dataclass(frozen=True)
class Change:
    """The plans of a statement without an index and with it, the other advised ones being there, under the names that
    they will have; and the difference in a sentence.
    """

    before: Plan
    after: Plan
    sentence: str


@dataclass
class Explainer:
    """Asks each question once. A statement takes two planner calls with each index, one of which all indexes share."""

    search: Search
    _asked: dict[tuple[Statement, Configuration], Estimate] = field(default_factory=dict)

    def change(self, index: Index, question: Question) -> Change | None:
        """What the index does to a statement that it serves, with the first parameter set whose plan reads it; None
        where there is none, or the statement no longer plans.
        """
        chosen = self.search.chosen
        try:
            for variant in question.variants:
                after = self._estimate(question, variant, chosen)
                if index in after.used:
                    before = self._estimate(question, variant, chosen - {index})
                    return self._compared(before, after, index)
        except (ConnectionFailed, FeatureMissing):
            raise
        except ServerError:
            return None
        return None

    def _compared(self, before: Estimate, after: Estimate, index: Index) -> Change:
        old, new = self._named(before), self._named(after)
        return Change(old, new, sentence(old, new, self.search.names[index]))

    def _named(self, estimate: Estimate) -> Plan:
        return renamed(estimate.plan, {name: self.search.names[index] for name, index in estimate.names.items()})

    def _estimate(self, question: Question, variant: Statement, indexes: Configuration) -> Estimate:
        relevant = frozenset(index for index in indexes if question.may_use(index))
        asked = (variant, relevant)
        if asked not in self._asked:
            self._asked[asked] = self.search.what_if.estimate(variant, sorted(relevant))
        return self._asked[asked]
