"""A large table is read whole that was not read whole before. Where it lost an index, lost-index says so."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import BIG_BLOCKS, Case
from dbopt.check.model import Reason

NAME = "seq-scan"


def check(case: Case) -> Iterator[Reason]:
    for relation in case.relations:
        before, after = case.reads(case.before, relation), case.reads(case.after, relation)
        more = sum(read.is_whole for read in after) - sum(read.is_whole for read in before)
        blocks = case.blocks(relation)
        if more <= 0 or blocks < BIG_BLOCKS or len([r for r in after if r.index]) < len([r for r in before if r.index]):
            continue
        again = " once more" if any(read.is_whole for read in before) else ""
        decides = case.costs_more or not case.comparable
        yield Reason(
            NAME, "regression" if decides else "note", f"{relation} is now read whole{again}: {blocks:,} blocks"
        )
