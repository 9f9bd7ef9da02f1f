"""Changes that make statements slower and changes that do not: which of them each gate calls a regression.

The corpus is in tests/corpus; that its labels are true was settled by running every case (`python -m tests.corpus`).
dbopt sees snapshots only, never a row. The peers get what they ask for, plans from the database with its data, in two
readings: `run` compares EXPLAIN (ANALYZE, BUFFERS) of the fastest of up to three runs, which is kinder than one run;
`planned` compares EXPLAIN without ANALYZE, the planner's cost, which no noise disturbs. The better of the two is in the
table of cases. CORPUS_SERVER=15 takes PostgreSQL 15 for the database, CORPUS_CASES=WORD only the cases of that title.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tabulate import tabulate

from tests.benchmarks.peers import PEERS, Peer
from tests.corpus import Case, Databases, load, server_with_data
from tests.corpus.gate import Answer, Asked
from tests.corpus.work import Ran, work, workload

Reading = Callable[[Ran], Any]
READINGS: dict[str, Reading] = {"run": lambda ran: ran.fastest, "planned": lambda ran: ran.planned}
GATES = ("dbopt", *(f"{peer.name}, {reading}" for peer in PEERS for reading in READINGS))


@dataclass(frozen=True)
class Judged:
    """A case and what each gate called it: regression, pass, or what it said instead of a verdict."""

    case: Case
    answer: Answer
    calls: dict[str, str]


@dataclass(frozen=True)
class Score:
    """How often a gate was right. `undecided` are cases without a verdict: they count neither as found nor as false
    alarms, so one of a regression is missed.
    """

    found: int
    missed: int
    false_alarms: int
    undecided: int

    @property
    def recall(self) -> float:
        return self.found / max(self.found + self.missed, 1)

    @property
    def precision(self) -> float:
        return self.found / max(self.found + self.false_alarms, 1)

    @property
    def f1(self) -> float:
        both = self.recall + self.precision
        return 2 * self.recall * self.precision / both if both else 0.0


@dataclass
class _Looks:
    """Runs a case's statements on the real database, before and after."""

    seen: list[tuple[Ran, ...]] = field(default_factory=list)

    def look(self, dsn: str, text: str) -> None:
        self.seen.append(work(dsn, workload(text)).statements)

    @property
    def pairs(self) -> list[tuple[Ran, Ran]]:
        """The same statement before and after; a changed one where it is the only one."""
        before, after = self.seen
        if len(before) == len(after) == 1:
            return [(before[0], after[0])]
        return [(old, new) for old in before for new in after if old.id == new.id]


def run() -> None:
    word = os.environ.get("CORPUS_CASES", "").lower()
    cases = [case for case in load() if word in case.title.lower()]
    with server_with_data() as server, Asked(Databases(server)) as asked:
        judged = [_judged(asked, case) for case in cases]
        version = server.major
    scores = {gate: _score(judged, gate) for gate in GATES}
    best = [
        max((gate for gate in GATES if gate.startswith(peer.name)), key=lambda gate: scores[gate].f1) for peer in PEERS
    ]
    _print_cases(judged, best)
    _print_undecided(judged)
    _print_scores(scores)
    counts = [sum(case.kind == kind for case in cases) for kind in ("regression", "harmless")]
    print(f"{counts[0]} regressions and {counts[1]} harmless changes, the database on PostgreSQL {version}")


# -- judging ----------------------------------------------------------------------------------------------------------


def _judged(asked: Asked, case: Case) -> Judged:
    print(f"{case.kind}: {case.title}", file=sys.stderr, flush=True)
    looks = _Looks()
    answer = asked.answer(case, looks.look)
    calls = {"dbopt": answer.call}
    for peer in PEERS:
        for name, reading in READINGS.items():
            calls[f"{peer.name}, {name}"] = _call(peer, [(reading(old), reading(new)) for old, new in looks.pairs])
    return Judged(case, answer, calls)


def _call(peer: Peer, pairs: Sequence[tuple[Any, Any]]) -> str:
    """A regression where the peer says so of any statement."""
    with tempfile.TemporaryDirectory(prefix="dbopt-corpus-") as folder:
        before, after = Path(folder) / "before.json", Path(folder) / "after.json"
        for old, new in pairs:
            before.write_text(json.dumps(old), "utf-8")
            after.write_text(json.dumps(new), "utf-8")
            if peer.opinion(before, after) == "regressed":
                return "regression"
    return "pass"


def _score(judged: Sequence[Judged], gate: str) -> Score:
    regressions = [one.calls[gate] for one in judged if one.case.kind == "regression"]
    harmless = [one.calls[gate] for one in judged if one.case.kind == "harmless"]
    return Score(
        found=regressions.count("regression"),
        missed=len(regressions) - regressions.count("regression"),
        false_alarms=harmless.count("regression"),
        undecided=sum(call not in ("regression", "pass") for call in (*regressions, *harmless)),
    )


# -- printing ---------------------------------------------------------------------------------------------------------


def _print_cases(judged: Sequence[Judged], best: Sequence[str]) -> None:
    rows = [
        (
            one.case.title,
            one.case.kind,
            _marked(one, "dbopt"),
            ", ".join(one.answer.rules),
            *(_marked(one, gate) for gate in best),
        )
        for one in judged
    ]
    print(tabulate(rows, ("case", "expected", "dbopt", "its rules", *best)))


def _marked(one: Judged, gate: str) -> str:
    """The call, with a mark where it is wrong."""
    call = one.calls[gate]
    right = (call == "regression") == (one.case.kind == "regression")
    return call if right else f"{call} (!)"


def _print_undecided(judged: Sequence[Judged]) -> None:
    undecided = [one for one in judged if one.answer.call not in ("regression", "pass")]
    if undecided:
        print("\nwithout a verdict by dbopt:")
    for one in undecided:
        stale = one.answer.found.stale
        said = stale or [reason.message for each in one.answer.found.statements for reason in each.reasons]
        print(f"  {one.case.kind}: {one.case.title}: {one.answer.call}: {'; '.join(said)}")


def _print_scores(scores: dict[str, Score]) -> None:
    rows = [
        (
            gate,
            score.found,
            score.missed,
            score.false_alarms,
            score.undecided,
            f"{100 * score.recall:.1f} %",
            f"{100 * score.precision:.1f} %",
            f"{score.f1:.3f}",
        )
        for gate, score in scores.items()
    ]
    titles = ("gate", "found", "missed", "false alarms", "no verdict", "recall", "precision", "F1")
    print("\n" + tabulate(rows, titles, disable_numparse=True))
