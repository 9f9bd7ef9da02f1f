"""Planning the advice once more on the server, with HypoPG: whether its planner takes the indexes as the one that
advised them does, and what the workload then costs there. Drops are not confirmed: HypoPG before 1.4 cannot hide an
index.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.index.advice import Advice, Confirmed, ConfirmedIndex, CreateAdvice, NotAdvised
from dbopt.index.costs import Answer
from dbopt.index.hypopg import HypoPGWhatIf
from dbopt.index.model import Index
from dbopt.index.questions import Question
from dbopt.index.search import Search
from dbopt.postgres.session import Session

_NOTHING = 0.01  # of what it saves by the advice
_ALIKE = 2.0  # factor within which the savings of two planners are the same


def require(session: Session) -> None:
    """Raise FeatureMissing, with what mends it, where the server has no HypoPG."""
    _what_if(session)


def confirm(found: Search, advice: Advice, indexes: Sequence[Index | None], session: Session) -> Confirmed:
    """What the server says of the indexes, which are those of `advice.create` in its order; None for one that stands in
    for existing ones. Raises FeatureMissing.
    """
    what_if = _what_if(session)
    new = [index for index in indexes if index is not None]
    refused = what_if.prepare(new)
    server = _Server(what_if, frozenset(new) - refused.keys())
    for question in found.questions.asked:
        server.ask(question)
    return Confirmed(
        cost_before=server.before,
        cost_after=server.after,
        indexes=tuple(
            _verdict(one, index, found, server, refused, advice.cost_before)
            for one, index in zip(advice.create, indexes, strict=True)
        ),
        server_version=what_if.server_version,
        planner_calls=what_if.planner_calls,
        failed=tuple(server.failed),
    )


def _what_if(session: Session) -> HypoPGWhatIf:
    return HypoPGWhatIf(session, otherwise="or ask without --confirm")


@dataclass
class _Server:
    """Sums over the statements that plan there, of cost times weight; `without` and `with_` are by index, over the
    statements whose plan reads it.
    """

    what_if: HypoPGWhatIf
    tried: frozenset[Index]
    before: float = 0.0
    after: float = 0.0
    without: dict[Index, float] = field(default_factory=dict)
    with_: dict[Index, float] = field(default_factory=dict)
    failed: list[NotAdvised] = field(default_factory=list)

    def ask(self, question: Question) -> None:
        """Plan the statement without the indexes, with all, and without each that its plan reads."""
        usable = sorted(index for index in self.tried if question.may_use(index))
        weight = question.weight
        try:
            before = self._answer(question, ())
            after = self._answer(question, usable) if usable else before
            for index in sorted(after.used):
                less = self._answer(question, [other for other in usable if other != index])
                self.without[index] = self.without.get(index, 0.0) + weight * less.cost
                self.with_[index] = self.with_.get(index, 0.0) + weight * after.cost
        except ConnectionFailed:
            raise
        except ServerError as error:
            self.failed.append(NotAdvised(question.statement.id, error.message))
            return
        self.before += weight * before.cost
        self.after += weight * after.cost

    def _answer(self, question: Question, indexes: Collection[Index]) -> Answer:
        estimates = [self.what_if.estimate(variant, indexes) for variant in question.variants]
        cost = sum(estimate.cost for estimate in estimates) / len(estimates)
        return Answer(cost, frozenset(index for estimate in estimates for index in estimate.used))


def _verdict(
    one: CreateAdvice,
    index: Index | None,
    found: Search,
    server: _Server,
    refused: Mapping[Index, str],
    cost_before: float,
) -> ConfirmedIndex:
    """What the server makes of one index."""
    if index is None:
        return ConfirmedIndex(one.sql, None, None, None, "it stands in for existing indexes: not tried")
    name = found.names[index]
    if index in refused:
        return ConfirmedIndex(name, None, None, None, f"HypoPG does not know such an index: {refused[index]}")
    if index not in server.with_:
        return ConfirmedIndex(name, False, None, None, "the server's planner does not take it")
    without, with_ = server.without[index], server.with_[index]
    share = (without - with_) / server.before if server.before else 0.0
    own_share = one.cost_saved / cost_before if cost_before else 0.0
    return ConfirmedIndex(name, True, without, with_, _difference(share, own_share))


def _difference(share: float, own_share: float) -> str:
    if share <= own_share * _NOTHING:
        return "it saves next to nothing there"
    if own_share / _ALIKE <= share <= own_share * _ALIKE or max(share, own_share) < 0.001:
        return ""
    more = "more" if share > own_share else "less"
    return f"it saves {more} there: {100 * share:.1f} % of the workload, not {100 * own_share:.1f} %"


def is_impossible(confirmed: Confirmed) -> bool:
    """Whether HypoPG could try none of the indexes, and there was one to try."""
    return bool(confirmed.indexes) and all(one.taken is None for one in confirmed.indexes)
