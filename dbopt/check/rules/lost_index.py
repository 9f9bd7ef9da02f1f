"""A table was read through an index, and now it is read whole.

By itself that is a regression where the cost says so, or where the cost is not to be trusted because the planner knows
something else of the table than it did, and the table is large.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import BIG_BLOCKS, Case, through_index, whole
from dbopt.check.facts import Read
from dbopt.check.model import Reason

NAME = "lost-index"


def check(case: Case) -> Iterator[Reason]:
    for relation in case.relations:
        before, after = case.reads(case.before, relation), case.reads(case.after, relation)
        fewer = through_index(before) - through_index(after)
        if fewer <= 0 or whole(after) <= whole(before):
            continue
        blocks = case.blocks(relation)
        decides = case.costs_more or (not case.comparable and blocks >= BIG_BLOCKS)
        lost = ", ".join(_lost(before, after))
        yield Reason(
            NAME,
            "regression" if decides else "note",
            f"{relation} is read whole ({blocks:,} blocks), not through {lost} any more",
        )


def _lost(before: list[Read], after: list[Read]) -> list[str]:
    """The indexes that are not read any more; all that were read before where each still is, elsewhere in the plan."""
    old, new = ({str(read.index) for read in side if read.index} for side in (before, after))
    return sorted(old - new or old)
