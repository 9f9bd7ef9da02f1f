"""A large table is read whole that was not read whole before. Where it lost an index, lost-index says so."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import BIG_BLOCKS, Case, through_index, whole
from dbopt.check.model import Reason

NAME = "seq-scan"


def check(case: Case) -> Iterator[Reason]:
    for relation in case.relations:
        before, after = case.reads(case.before, relation), case.reads(case.after, relation)
        blocks = case.blocks(relation)
        lost_an_index = through_index(after) < through_index(before)
        if whole(after) <= whole(before) or blocks < BIG_BLOCKS or lost_an_index:
            continue
        again = " once more" if whole(before) and not case.has_partitions(relation) else ""
        decides = case.costs_more or not case.comparable
        yield Reason(
            NAME, "regression" if decides else "note", f"{relation} is now read whole{again}: {blocks:,} blocks"
        )
