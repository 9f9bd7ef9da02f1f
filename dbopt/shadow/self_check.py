"""The self-check: does the shadow plan a workload as its source does?"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from dbopt.errors import ServerError
from dbopt.plan.explain import Explained, explain, partitions
from dbopt.postgres.session import Session
from dbopt.shadow.what_if import ShadowWhatIf
from dbopt.workload.model import Statement, Workload

LOW_MATCH_RATE = 0.5
HIGH_COST_ERROR = 0.10


@dataclass(frozen=True)
class Match:
    """One statement on both sides. Where `error` is set it could not be compared, and the rest is None."""

    id: str
    name: str | None
    same_shape: bool | None
    source_cost: float | None
    shadow_cost: float | None
    error: str | None = None

    @property
    def cost_error(self) -> float | None:
        """How far the shadow's cost is from the source's, as a fraction of the latter."""
        if self.source_cost is None or self.shadow_cost is None:
            return None
        return abs(self.shadow_cost - self.source_cost) / max(self.source_cost, 0.01)


@dataclass(frozen=True)
class SelfCheck:
    """Source and shadow compared over a workload. Different planner versions differ in some shapes, rightly."""

    source_version: str
    shadow_version: str
    matches: tuple[Match, ...]

    @property
    def compared(self) -> int:
        return sum(match.error is None for match in self.matches)

    @property
    def same_shapes(self) -> int:
        return sum(match.same_shape is True for match in self.matches)

    @property
    def match_rate(self) -> float:
        """Share of the compared statements whose plans have the same shape; 1 where there are none."""
        return self.same_shapes / self.compared if self.compared else 1.0

    @property
    def cost_errors(self) -> tuple[float, ...]:
        """Of the compared statements, as fractions."""
        return tuple(match.cost_error for match in self.matches if match.cost_error is not None)

    @property
    def median_cost_error(self) -> float:
        return median(self.cost_errors) if self.cost_errors else 0.0

    @property
    def worst_cost_error(self) -> float:
        return max(self.cost_errors, default=0.0)

    @property
    def warning(self) -> str | None:
        """What to be told before trusting the shadow; None where it is faithful."""
        doubts = []
        if self.match_rate < LOW_MATCH_RATE:
            doubts.append(f"only {self.same_shapes} of {self.compared} plans have the source's shape")
        if self.median_cost_error > HIGH_COST_ERROR:
            doubts.append(
                f"half of the costs are more than {100 * self.median_cost_error:.0f} % away from the source's"
            )
        if not doubts:
            return None
        return f"the shadow (PostgreSQL {self.shadow_version}) plans unlike its source ({self.source_version}): " + (
            "; ".join(doubts)
        )


def self_check(session: Session, asked: ShadowWhatIf, workload: Workload) -> SelfCheck:
    """Plan every statement on the source and, without hypothetical indexes, on its shadow. Runs none of them. Raises
    ConnectionFailed.
    """
    source_parents = partitions(session)
    with asked.shadow.connect() as planner:
        shadow_parents = partitions(planner)
        matches = []
        for statement in workload.statements:
            refused = _refusal(asked, statement)
            if refused is not None:
                matches.append(_failed(statement, refused))
                continue
            here = explain(planner, statement, parents=shadow_parents)
            there = explain(session, statement, parents=source_parents)
            matches.append(_compared(statement, there, here))
    return SelfCheck(session.server_version, asked.server_version, tuple(matches))


def _refusal(asked: ShadowWhatIf, statement: Statement) -> str | None:
    try:
        asked.check(statement)
    except ServerError as error:
        return error.message
    return None


def _compared(statement: Statement, there: Explained, here: Explained) -> Match:
    error = there.error or here.error
    if error is not None:
        return _failed(statement, error)
    return Match(statement.id, statement.name, there.shape == here.shape, there.cost, here.cost)


def _failed(statement: Statement, error: str) -> Match:
    return Match(statement.id, statement.name, None, None, None, error)
