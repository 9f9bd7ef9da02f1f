"""The ground truth: `python -m tests.corpus [WORD...]` runs the cases whose titles hold one of the words, all without,
before and after on the embedded PostgreSQL 18 (CORPUS_SERVER=15: on Debian's), and marks labels that look wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dbopt.errors import DboptError
from tests.corpus import Case, Databases, load, server_with_data
from tests.corpus.work import Work, is_worse, measured


def main(words: Sequence[str]) -> None:
    cases = [case for case in load() if not words or any(word.lower() in case.title.lower() for word in words)]
    with server_with_data() as server:
        databases = Databases(server)
        print(f"{'cost':>25} {'blocks':>17} {'temporary':>13} {'ms':>17} {'estimates off':>15}")
        for case in cases:
            try:
                _show(case, *measured(case, databases))
            except DboptError as error:
                print(f"!! {case.kind}: {case.title}: {error}", flush=True)


def _show(case: Case, before: Work, after: Work) -> None:
    lies = is_worse(before, after) != (case.kind == "regression")
    print(
        f"{before.cost:>12,.0f} {after.cost:>12,.0f} {before.blocks:>8,} {after.blocks:>8,} "
        f"{before.temp_blocks:>6,} {after.temp_blocks:>6,} {before.ms:>8,.1f} {after.ms:>8,.1f} "
        f"{before.error:>7,.0f} {after.error:>7,.0f} {'??' if lies else '  '} {case.kind}: {case.title}",
        flush=True,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
