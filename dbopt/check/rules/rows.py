"""The result is larger than it was: a LIMIT is gone, a condition, a DISTINCT."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import ESTIMATE_FACTOR, Case
from dbopt.check.case import rows as counted
from dbopt.check.model import Reason

NAME = "rows"
_FLOOR = 100


def check(case: Case) -> Iterator[Reason]:
    measured = case.measured_before, case.measured_after
    if measured[0] is not None and measured[1] is not None:
        before, after, verb, factor = measured[0].rows, measured[1].rows, "returned", 1 + case.tolerance
    else:
        before, after, verb, factor = case.before.rows, case.after.rows, "is expected to return", ESTIMATE_FACTOR
    if case.same_text or after <= factor * max(before, 1.0) or after - before < _FLOOR:
        return
    decides = case.costs_more or verb == "returned"
    yield Reason(NAME, "regression" if decides else "note", f"it {verb} {counted(after)}; before, {before:,.0f}")
