"""The corpus, case by case: `python -m tests.advice [WORD]` shows those whose kind or title holds the word, with each
advisor's answer, why it is wrong, and what of the case itself is not true.
"""

from __future__ import annotations

import sys

from tests.advice.cases import KINDS
from tests.advice.databases import new_server
from tests.advice.runner import Judged, ask


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
        print(f"  {name}: {verdict.why or 'right'}{better}")
        for index in verdict.answer:
            print(f"    {index}")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:2])
