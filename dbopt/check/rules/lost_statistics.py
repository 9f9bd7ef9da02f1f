"""Statistics, keys or the statistics of a column are gone, and the planner's estimates for the statement moved with
them. Its cost then says little: with fewer rows foretold the same plan looks cheaper.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import Case, rows
from dbopt.check.model import Reason

NAME = "lost-statistics"
_FACTOR = 2.0


def check(case: Case) -> Iterator[Reason]:
    lost = [f"{what} on {one.table}" for one in case.changes for what in one.lost]
    if not lost:
        return
    more = f" and {len(lost) - 2} more" if len(lost) > 2 else ""
    moved = _moved(case)
    decides = moved is not None or case.costs_more or not case.same_shape
    yield Reason(
        NAME,
        "regression" if decides else "note",
        f"the planner no longer has {'; '.join(lost[:2])}{more}" + (f", and expects {moved}" if moved else ""),
    )


def _moved(case: Case) -> str | None:
    """The estimate that moved most, in words."""
    moves = sorted(
        ((max(old, new, 1.0) / max(min(old, new), 1.0), key) for key, (old, new) in case.estimate_moves.items()),
        key=lambda one: (-one[0], one[1]),
    )
    if not moves or moves[0][0] < _FACTOR:
        return None
    key = moves[0][1]
    old, new = case.estimate_moves[key]
    return f"{rows(new)}, not {old:,.0f}, of {key}"
