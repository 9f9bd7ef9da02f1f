"""Small databases with a workload and a known best answer: how often the advice is right, for each kind of case.

The corpus is in tests/advice, which says what right is (tests/advice/verdict.py); that its answers are the best was
settled by building them (tests/advice/truth.py). dbopt sees snapshots only, through a shadow. The rules of dexter,
which are asked the same way, know plain b-trees of one and two columns. ADVICE_CASES=WORD takes only the cases whose
kind or title holds the word.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from statistics import median

from tabulate import tabulate

from tests.advice.cases import KINDS
from tests.advice.databases import new_server
from tests.advice.runner import ADVISORS, Judged, ask


def run() -> None:
    with new_server() as server:
        judged = list(ask(server, KINDS, word=os.environ.get("ADVICE_CASES", "").lower()))
    _print_wrong(judged)
    _print_scores(judged)
    _print_foretold(judged)


def _print_wrong(judged: Sequence[Judged]) -> None:
    for one in judged:
        verdict = one.verdicts["dbopt"]
        if not verdict.right:
            print(f"{one.kind}: {one.case.title}\n  wrong: {verdict.why}")
            print("".join(f"    {index}\n" for index in verdict.answer), end="")


def _print_scores(judged: Sequence[Judged]) -> None:
    kinds = dict.fromkeys(one.kind for one in judged)
    rows = [_row(kind, [one for one in judged if one.kind == kind]) for kind in kinds]
    rows.append(_row("all", judged))
    shares = (f"{sum(one.is_right(name) for one in judged) / max(len(judged), 1):.1%}" for name in ADVISORS)
    rows.append(("", "", *shares))
    print("\n" + tabulate(rows, ("kind", "cases", *(f"right: {name}" for name in ADVISORS)), disable_numparse=True))


def _print_foretold(judged: Sequence[Judged]) -> None:
    """How far off dbopt's own figures were: those of an answer in its file, those of the indexes once built."""
    pairs = [(one.answers["dbopt"], one.verdicts["dbopt"]) for one in judged]
    costs = [said.cost / real.cost for said, real in pairs if said.cost and real.cost]
    sizes = [said.bytes / real.bytes for said, real in pairs if said.bytes and real.bytes]
    for name, ratios in (("cost", costs), ("storage", sizes)):
        ordered = sorted(abs(ratio - 1) for ratio in ratios)
        near = sum(error <= 0.1 for error in ordered)
        print(f"{name} as foretold: within 10 % in {near} of {len(ordered)}, median error {median(ordered):.1%}")


def _row(kind: str, judged: Sequence[Judged]) -> tuple[str | int, ...]:
    return (kind, len(judged), *(sum(one.is_right(name) for one in judged) for name in ADVISORS))
