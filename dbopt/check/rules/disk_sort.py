"""A sort or hash needs more memory than it may use, and goes to disk; before, it did not."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import Case
from dbopt.check.model import Reason

NAME = "disk-sort"


def check(case: Case) -> Iterator[Reason]:
    new = [spill for spill in case.after.spills if spill not in case.before.spills]
    if len(case.after.spills) > len(case.before.spills):
        for spill in new:
            yield Reason(NAME, "regression", f"{spill} will not fit into memory and go to disk")
    before, after = case.measured_before, case.measured_after
    if before is not None and after is not None and after.temp_blocks > 2 * before.temp_blocks + 16:
        yield Reason(
            NAME,
            "regression",
            f"it wrote {after.temp_blocks:,.0f} blocks of temporary files; they were {before.temp_blocks:,.0f}",
        )
