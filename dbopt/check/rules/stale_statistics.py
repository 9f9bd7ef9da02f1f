"""A table has grown or been filled anew since VACUUM or ANALYZE last looked at it, and the plan moved: the planner
works with old statistics.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.baseline import TableFacts
from dbopt.check.case import Case
from dbopt.check.model import Reason

NAME = "stale-statistics"
_FACTOR = 2.0
_FLOOR = 100


def check(case: Case) -> Iterator[Reason]:
    moved = case.costs_more or not case.same_shape or bool(case.estimate_moves)
    for name in case.relations:
        before, after = case.tables_before.get(name), case.tables_after.get(name)
        if before is None or after is None or not _is_stale(after) or _is_stale(before):
            continue
        yield Reason(
            NAME,
            "regression" if moved else "note",
            f"{name} has {after.blocks:,} blocks and had {after.analysed_blocks:,} when it was last analysed:"
            f" ANALYZE {name}",
        )


def _is_stale(table: TableFacts) -> bool:
    return table.blocks >= _FLOOR and table.blocks > _FACTOR * table.analysed_blocks
