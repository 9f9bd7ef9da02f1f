"""The joins are of other types or in another order. That matters where it costs, or where the planner was misled."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import Case
from dbopt.check.model import Effect, Reason

NAME = "join"


def check(case: Case) -> Iterator[Reason]:
    gone = [join for join in case.before.joins if join not in case.after.joins]
    new = [join for join in case.after.joins if join not in case.before.joins]
    if not gone or not new:
        return
    yield Reason(NAME, _effect(case, gone, new), f"{new[0]}; it was a {gone[0]}")


def _effect(case: Case, gone: list[str], new: list[str]) -> Effect:
    """A nested loop in place of another join is the mark of rows that the planner does not know of any more."""
    loops = any(join.startswith("Nested Loop") for join in new) and not all(
        join.startswith("Nested Loop") for join in gone
    )
    misled = (not case.comparable and not case.costs_less) or case.guesses or any(one.lost for one in case.changes)
    return "regression" if case.costs_more or (loops and misled) else "note"
