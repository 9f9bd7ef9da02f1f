"""What came of a workload's rewrites: the file format dbopt.rewrites/1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from dbopt.documents import extra

Kind = Literal["rewrite", "template", "hint"]


@dataclass(frozen=True)
class Rewrite:
    """One statement, rewritten. `id` is its fingerprint, `rules` are those that were applied, in order; costs are the
    planner's, summed over `parameter_sets` sets of values (1 where it was planned generically or has none).
    `verified`: both forms were run and gave the same, and rows at all; `evidence` says on what, what was left out, or
    why that was not done.

    `kind` is rewrite, template (OFFSET to keyset: it means something else and needs values that only the application
    has) or hint (the statement stays, `index_sql` helps it). `reasons` says of each rule what proves it.
    """

    id: str
    rules: tuple[str, ...]
    before_sql: str
    after_sql: str
    cost_before: float
    cost_after: float
    verified: bool
    evidence: str
    name: str | None = None
    kind: Kind = "rewrite"
    reasons: tuple[str, ...] = ()
    parameter_sets: int = 1
    index_sql: str | None = extra(None)

    @property
    def label(self) -> str:
        return self.name or self.id

    @property
    def gain(self) -> float:
        """The share of the cost that is saved."""
        return 1 - self.cost_after / self.cost_before if self.cost_before else 0.0


@dataclass(frozen=True)
class Refused:
    """A rule whose pattern is in the statement and that would be wrong there, is not proven, or did not stand the
    verification; then `after_sql` is what it gave and `counterexample` the data that shows the difference.
    """

    id: str
    rule: str
    reason: str
    name: str | None = None
    after_sql: str | None = extra(None)
    counterexample: str | None = extra(None)

    @property
    def label(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class NotWorthwhile:
    """A rewrite that is right and does not lower the cost enough."""

    id: str
    rules: tuple[str, ...]
    cost_before: float
    cost_after: float


@dataclass(frozen=True)
class Failed:
    """A statement that could not be looked at."""

    id: str
    reason: str
    name: str | None = None

    @property
    def label(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class Rewrites:
    """`statements` is how many were looked at; `what_if` says where they were planned: shadow or server."""

    SCHEMA: ClassVar[str] = "dbopt.rewrites/1"
    WRITTEN_BY: ClassVar[str] = "dbopt rewrite -o rewrites.json"

    rewrites: tuple[Rewrite, ...]
    refused: tuple[Refused, ...]
    server_version: str = ""
    what_if: str = ""
    snapshot: str | None = None
    statements: int = 0
    planner_calls: int = 0
    not_worthwhile: tuple[NotWorthwhile, ...] = ()
    failed: tuple[Failed, ...] = ()
