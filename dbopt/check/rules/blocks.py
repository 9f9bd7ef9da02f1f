"""The statement touches more blocks of 8 kB, in the cache or on disk: the measure of work that no noise disturbs."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import Case, times
from dbopt.check.model import Reason

NAME = "blocks"
_FLOOR = 16
"""So many blocks more or less are nothing: hint bits, pages of an index that were split or cleaned."""


def check(case: Case) -> Iterator[Reason]:
    if case.measured_before is None or case.measured_after is None:
        return
    before, after = case.measured_before.blocks, case.measured_after.blocks
    ratio = max(after, 1.0) / max(before, 1.0)
    message = f"it touched {after:,.0f} blocks; before, {before:,.0f}"
    resized = any(one.resized for one in case.changes)
    if ratio > 1 + case.tolerance and after - before > _FLOOR:
        yield Reason(NAME, "inconclusive" if resized else "regression", f"{message}: {times(ratio)} as many")
    elif ratio < 1 / (1 + case.tolerance) and before - after > _FLOOR and not resized:
        yield Reason(NAME, "improvement", f"{message}: {times(ratio)} fewer")
