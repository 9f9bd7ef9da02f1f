"""A table was read through an index, and now it is read whole.

By itself that is a regression where the cost says so, or where the cost is not to be trusted because the planner knows
something else of the table than it did, and the table is large.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import BIG_BLOCKS, Case
from dbopt.check.model import Reason

NAME = "lost-index"


def check(case: Case) -> Iterator[Reason]:
    for relation in case.relations:
        before = [read for read in case.reads(case.before, relation) if read.index]
        after = case.reads(case.after, relation)
        whole = [read for read in after if read.is_whole]
        whole_before = [read for read in case.reads(case.before, relation) if read.is_whole]
        through = [read for read in after if read.index]
        if not before or len(whole) <= len(whole_before) or len(through) >= len(before):
            continue
        lost = sorted({str(read.index) for read in before} - {str(read.index) for read in through}) or [
            str(before[0].index)
        ]
        blocks = case.blocks(relation)
        decides = case.costs_more or (not case.comparable and blocks >= BIG_BLOCKS)
        yield Reason(
            NAME,
            "regression" if decides else "note",
            f"{relation} is read whole ({blocks:,} blocks), not through {', '.join(lost)} any more",
        )
