"""The planner expects many times the rows that it expected, or a fraction of them, of the same tables under the same
conditions, though the tables did not change.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import ESTIMATE_FACTOR, Case, rows, times
from dbopt.check.model import Reason

NAME = "estimate"
_ROWS_FLOOR = 100


def check(case: Case) -> Iterator[Reason]:
    if not case.same_text or any(one.resized or one.lost for one in case.changes):
        return
    for key, (old, new) in case.estimate_moves.items():
        ratio = max(new, 1.0) / max(old, 1.0)
        if max(old, new) < _ROWS_FLOOR or 1 / ESTIMATE_FACTOR < ratio < ESTIMATE_FACTOR:
            continue
        gained = any(one.gained for one in case.changes)
        decides = not gained and (case.costs_more or (not case.same_shape and not case.costs_less))
        much = "as many" if ratio > 1 else "fewer"
        yield Reason(
            NAME,
            "regression" if decides else "note",
            f"the planner expects {rows(new)} of {key}, {times(ratio)} {much}: it expected {old:,.0f}",
        )
        return
