"""Asking the advisors about the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dbopt.errors import DboptError
from tests.advice import advisors
from tests.advice.case import Case, Kind
from tests.advice.databases import Opened, opened
from tests.advice.real import Measured
from tests.advice.truth import lies
from tests.advice.verdict import Proposal, Verdict, judge
from tests.servers import Server

Advisor = Callable[[Opened, Case], Proposal]
ADVISORS: Mapping[str, Advisor] = {"dbopt": advisors.dbopt, "dexter's rules": advisors.dexter}


@dataclass(frozen=True)
class Judged:
    """A case, each advisor's answer and what it was worth; `lies`: what of the case itself is not true."""

    kind: str
    case: Case
    answers: Mapping[str, Proposal]
    verdicts: Mapping[str, Verdict]
    lies: tuple[str, ...] = ()

    def is_right(self, advisor: str) -> bool:
        return self.verdicts[advisor].right


def ask(
    server: Server,
    kinds: Sequence[Kind],
    asked: Mapping[str, Advisor] = ADVISORS,
    *,
    word: str = "",
    doubt: bool = False,
) -> Iterator[Judged]:
    """Every case whose kind or title holds the word. With `doubt` the cases themselves are tried too."""
    for kind in kinds:
        cases = [case for case in kind.cases if word in kind.name or word in case.title.lower()]
        if not cases:
            continue
        with opened(server, replace(kind, cases=cases)) as database:
            for case in cases:
                measured = Measured(database.session, case.workload)
                answers = {name: _answer(advisor, database, case) for name, advisor in asked.items()}
                verdicts = {name: judge(measured, case, answer) for name, answer in answers.items()}
                yield Judged(kind.name, case, answers, verdicts, tuple(lies(measured, case)) if doubt else ())


def _answer(advisor: Advisor, database: Opened, case: Case) -> Proposal:
    """An advisor that gives up has no advice."""
    try:
        return advisor(database, case)
    except DboptError:
        return Proposal(not_advised=[statement.id for statement in case.workload])
