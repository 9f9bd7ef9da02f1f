"""Another text makes the planner guess: a function, a cast or a computation hides a column whose statistics it used.
What the plan costs is then anybody's guess, too; blocks that were counted on data decide.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import Case, rows
from dbopt.check.model import Reason

NAME = "guess"


def check(case: Case) -> Iterator[Reason]:
    measured = case.measured_before is not None and case.measured_after is not None
    for guess in case.guesses:
        yield Reason(
            NAME,
            "note" if measured else "inconclusive",
            f"the planner has no statistics of {guess.condition} and guesses {rows(guess.rows)} of {guess.relation}; "
            f"of the former condition it expected {guess.rows_before:,.0f}",
        )
        return
