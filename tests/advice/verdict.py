"""Whether an answer to a case is right.

It is where every command in it runs as it stands, what must never be advised is not, exactly the expected indexes go,
the statements that do not plan are named, and one of these holds:

- it has the tables, methods, keys (with operator classes, collations and directions) and predicates of a known answer.
  The server writes both down, so that spelling does not matter. Included columns matter only in a case about them;
- it is as good: built for real, it brings the workload within 5 % of the total of a known answer, and its indexes take
  at most 1.1 times as many bytes as that answer's. The total is the planner's cost times calls, and one unit (a page
  read in order) for each page that the workload's writes touch.

A storage budget must hold for the real indexes, give or take 5 %, since an advisor can but estimate sizes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dbopt.errors import ServerError
from tests.advice.case import Case
from tests.advice.real import Built, Measured, Work, built, work

AS_DEAR = 1.05
AS_LARGE = 1.1
OVER_BUDGET = 1.05


@dataclass(frozen=True)
class Proposal:
    """An advisor's answer: CREATE INDEX commands, names of indexes to drop, ids of statements without advice; and what
    it says that the workload will cost and the indexes will take, if it does.
    """

    create: Sequence[str] = ()
    drop: Sequence[str] = ()
    not_advised: Sequence[str] = ()
    cost: float | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Verdict:
    """`why` is a reason where it is wrong, else empty; `beats_known`: it is cheaper than the known answers by over 5 %
    and no larger, so that they were not the best. `cost` and `bytes` are as they turned out, None if it was not built.
    """

    why: str
    answer: tuple[str, ...] = ()
    beats_known: bool = False
    cost: float | None = None
    bytes: int | None = None

    @property
    def right(self) -> bool:
        return not self.why


def judge(measured: Measured, case: Case, proposal: Proposal) -> Verdict:
    """Raises nothing for an answer that cannot be built: that is wrong."""
    try:
        with built(measured.session, proposal.create) as indexes:
            done = work(measured.session, case.workload, indexes)
    except ServerError as error:
        return Verdict(f"it cannot be built: {error.message}", tuple(proposal.create))
    known = sorted((measured.work(one) for one in case.best), key=lambda one: (one.total(), one.bytes))
    why = _forbidden(case, indexes) or _wrong_rest(case, proposal) or _over_budget(case, done)
    if not why and not any(_is_same(indexes, measured.indexes(one), case.covering) for one in case.best):
        why = "" if any(_is_as_good(done, one) for one in known) else _figures(done, known[0])
    beats = done.total() * AS_DEAR < known[0].total() and done.bytes <= known[0].bytes
    return Verdict(why, tuple(str(index) for index in indexes), beats, done.cost, done.bytes)


def _forbidden(case: Case, indexes: Sequence[Built]) -> str:
    for index in indexes:
        for pattern in case.never:
            if re.search(pattern, str(index)):
                return f"{index} must not be advised"
    return ""


def _wrong_rest(case: Case, proposal: Proposal) -> str:
    left = list(proposal.drop)
    for choice in case.drop:
        going = [name for name in choice.split("|") if name in left]
        if len(going) != 1:
            return f"{choice.replace('|', ' or ')} could go" if not going else f"only one of {', '.join(going)} may go"
        left.remove(going[0])
    if left:
        return f"{', '.join(left)} must not go"
    silent = [one for one in case.workload if one.sql.startswith(tuple(case.unplanned) or ("\0",))]
    if any(one.id not in proposal.not_advised for one in silent):
        return "it does not say which statement does not plan"
    return ""


def _over_budget(case: Case, done: Work) -> str:
    if case.budget_bytes is None or done.bytes <= case.budget_bytes * OVER_BUDGET:
        return ""
    return f"{done.bytes:,} bytes are more than the budget of {case.budget_bytes:,}"


def _is_same(indexes: Sequence[Built], known: Sequence[Built], covering: bool) -> bool:
    return sorted(_pattern(one, covering) for one in indexes) == sorted(_pattern(one, covering) for one in known)


def _pattern(index: Built, covering: bool) -> tuple[str, tuple[str, ...]]:
    return index.definition, index.include if covering else ()


def _is_as_good(done: Work, known: Work) -> bool:
    return done.total() <= AS_DEAR * known.total() and done.bytes <= AS_LARGE * known.bytes


def _figures(done: Work, best: Work) -> str:
    return (
        f"the workload costs {done.total() / best.total():.2f} times what it could, "
        f"with {done.bytes:,} bytes of indexes for {best.bytes:,}"
    )
