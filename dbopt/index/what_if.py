"""The question every what-if answers: hypothetical indexes in, plan costs out. Two backends answer it: the shadow
(`dbopt.shadow`) and HypoPG on the server itself (`dbopt.index.hypopg`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dbopt.index.model import Index
from dbopt.plan.tree import Plan
from dbopt.workload.model import Statement


@dataclass(frozen=True)
class Estimate:
    """The planner's answer for one statement under one configuration of indexes.

    `used` are the hypothetical indexes that the plan reads, `names` how it calls them.
    """

    cost: float
    used: frozenset[Index]
    plan: Plan
    names: Mapping[str, Index] = field(default_factory=dict)


class WhatIf(Protocol):
    """A planner that can be asked about indexes that do not exist."""

    @property
    def name(self) -> str:
        """shadow or hypopg."""
        ...

    @property
    def server_version(self) -> str: ...

    @property
    def planner_calls(self) -> int:
        """EXPLAINs asked so far: the currency in which a search is paid."""
        ...

    def prepare(self, candidates: Iterable[Index]) -> dict[Index, str]:
        """Make these indexes known, once, so that trials are cheap. Returns those that this planner cannot judge, with
        the reason; asking about one of them raises QueryFailed.
        """
        ...

    def estimate(self, statement: Statement, indexes: Collection[Index] = (), hidden: Collection[str] = ()) -> Estimate:
        """Plan the statement (with its first parameter set, else generically) as if `indexes` existed and the existing
        indexes named in `hidden` ("schema.name", quoted where needed) did not. Raises QueryFailed for a statement that
        does not plan, and FeatureMissing where hiding is not possible.
        """
        ...

    def knows(self, index: Index) -> bool:
        """Whether the index is prepared and was not refused."""
        ...

    def size_bytes(self, index: Index) -> int:
        """Estimated size of a prepared index on disk."""
        ...
