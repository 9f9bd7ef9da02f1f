"""The corpus, case by case: `python -m tests.advice [WORD]` shows those whose kind or title holds the word, with each
advisor's answer, why it is wrong, and what of the case itself is not true.
"""

from __future__ import annotations

import sys

from tests.advice.cases import KINDS
from tests.advice.databases import new_server
from tests.advice.runner import Judged, ask
from tests.advice.verdict import Proposal, Verdict


def main(word: str = "") -> None:
    with new_server() as server:
        for judged in ask(server, KINDS, word=word.lower(), doubt=True):
            _show(judged)


def _show(judged: Judged) -> None:
    print(f"{judged.kind}: {judged.case.title}")
    for lie in judged.lies:
        print(f"  NOT TRUE: {lie}")
    for name, verdict in judged.verdicts.items():
        better = " (BETTER than known)" if verdict.beats_known else ""
        print(f"  {name}: {verdict.why or 'right'}{better}{_foretold(judged.answers[name], verdict)}")
        for index in verdict.answer:
            print(f"    {index}")
    sys.stdout.flush()


def _foretold(answer: Proposal, verdict: Verdict) -> str:
    """What the advisor said, where it turned out otherwise by over 10 %."""
    pairs = ((answer.cost, verdict.cost, "cost"), (answer.bytes, verdict.bytes, "bytes"))
    off = [f"{name} {said:,.0f}, not {real:,.0f}" for said, real, name in pairs if said and real and _far(said, real)]
    return f"; foretold {' and '.join(off)}" if off else ""


def _far(said: float, real: float) -> bool:
    return not 1 / 1.1 < said / real < 1.1


if __name__ == "__main__":
    main(*sys.argv[1:2])
