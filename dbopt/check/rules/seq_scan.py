"""A large table is read whole that was not read whole before. Where it lost an index, lost-index says so."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import BIG_BLOCKS, Case, through_index, whole
from dbopt.check.model import Reason

NAME = "seq-scan"


def check(case: Case) -> Iterator[Reason]:
    for relation in case.relations:
        before, after = case.reads(case.before, relation), case.reads(case.after, relation)
        lost_an_index = through_index(after) < through_index(before)
        more = whole(after) - whole(before) - case.new_partitions(relation)
        share = min(whole(after) / (case.partitions(case.tables_after, relation) or 1), 1.0)
        blocks = round(case.blocks(relation) * share)
        if more <= 0 or blocks < BIG_BLOCKS or lost_an_index:
            continue
        decides = case.costs_more or not case.comparable
        yield Reason(NAME, "regression" if decides else "note", f"{_what(case, relation)}: {blocks:,} blocks")


def _what(case: Case, relation: str) -> str:
    partitions = case.partitions(case.tables_after, relation)
    before, after = (whole(case.reads(side, relation)) for side in (case.before, case.after))
    if 0 < after < partitions:
        return f"{after} of {partitions} partitions of {relation} are now read whole"
    return f"{relation} is now read whole{' once more' if before and not partitions else ''}"
