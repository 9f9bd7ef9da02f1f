"""Where rewrites are planned: a server, or a shadow of a snapshot. Calls are counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dbopt.plan import execution
from dbopt.plan.execution import Limits
from dbopt.plan.tree import Plan, written
from dbopt.postgres.session import Session
from dbopt.shadow import clock
from dbopt.workload.model import Statement

PARAMETER_SETS = 3


@dataclass
class Planner:
    """Plans statements in one session. `refuse` raises a ServerError for a statement whose plan would not be to be
    trusted there. `as_of` is where the session's time stands still, as in a shadow of a snapshot.
    """

    session: Session
    name: str = "server"
    refuse: Callable[[Statement], None] = lambda _: None
    as_of: str | None = None
    limits: Limits = field(default_factory=Limits)
    calls: int = 0

    def __post_init__(self) -> None:
        if self.as_of is not None:
            clock.stop(self.session, self.as_of)

    def typed(self, statement: Statement) -> Statement:
        """The statement as it plans: with casts where the types of its parameters are not told by the text. Raises
        ServerError where it does not plan at all.
        """
        self.refuse(statement)
        self.calls += 1
        return replace(execution.plan(self.session, statement, self.limits).statement)

    def plans(self, statement: Statement) -> tuple[Plan, ...]:
        """A plan for each of its first parameter sets, one where it has none. Raises ServerError."""
        sql = statement.sql if self.as_of is None else clock.asked_of_shadow(statement.sql)
        found = []
        for one in replace(statement, sql=sql).by_parameters[:PARAMETER_SETS]:
            self.calls += 1
            found.append(execution.plan(self.session, one, self.limits).plan)
        return tuple(found)


def cost(plans: tuple[Plan, ...]) -> float:
    return sum(plan.cost for plan in plans)


def are_same(one: tuple[Plan, ...], other: tuple[Plan, ...]) -> bool:
    """Whether these are the same plans, to the last condition and digit."""
    return [written(plan)[0]["Plan"] for plan in one] == [written(plan)[0]["Plan"] for plan in other]
