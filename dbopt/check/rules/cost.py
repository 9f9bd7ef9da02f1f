"""The planner's cost moved by more than the tolerance.

Where a table is much larger or smaller than in the baseline, the same plan costs something else, and nobody can say
from the cost alone whether the statement or the data is to blame.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import Case, times
from dbopt.check.model import Effect, Reason

NAME = "cost"


def check(case: Case) -> Iterator[Reason]:
    figures = f"{case.after.cost:,.2f}, before {case.before.cost:,.2f}"
    resized = [one.resized for one in case.changes if one.resized]
    lost = any(one.lost for one in case.changes)
    if case.costs_more:
        if resized:
            yield Reason(NAME, "inconclusive", f"its cost is {figures}, but {'; '.join(resized)}")
        else:
            yield Reason(NAME, "regression", f"its cost is {times(case.cost_ratio)} what it was: {figures}")
    elif case.costs_less:
        effect: Effect = "note" if resized or lost or case.guesses else "improvement"
        yield Reason(NAME, effect, f"its cost is lower by {_per_cent(case.cost_ratio)}: {figures}")


def _per_cent(ratio: float) -> str:
    return f"{100 * (1 - ratio):.0f} %"
