"""What becomes of the indexes that exist: merged, dropped, and what that gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dbopt.index import drops, merges
from dbopt.index.advice import CreateAdvice, DropAdvice
from dbopt.index.candidates import Allowed
from dbopt.index.costs import Configuration
from dbopt.index.model import Index
from dbopt.index.naming import Names
from dbopt.index.problem import Problem
from dbopt.index.trials import Trials
from dbopt.postgres.identifiers import qualified


@dataclass(frozen=True)
class Tidied:
    """Indexes to create in place of two, indexes to drop, and by how much the workload's cost changes with them.
    `tried` are all that could have been created so.
    """

    create: tuple[CreateAdvice, ...] = ()
    drop: tuple[DropAdvice, ...] = ()
    cost_change: float = 0.0
    tried: Configuration = frozenset()

    @property
    def freed_bytes(self) -> int:
        return sum(one.size_bytes for one in self.drop)

    @property
    def freed_write_cost(self) -> float:
        return sum(one.write_cost for one in self.drop)


def tidy(trials: Trials, problem: Problem, names: Mapping[Index, str], allowed: Allowed) -> Tidied:
    """Drops first, then what is left is merged where that is possible. `names` are those of the chosen indexes."""
    written = {index: qualified(index.schema, name) for index, name in names.items()}
    dropped = drops.advise_drops(trials, written, problem.write_cost)
    taken = Names(trials.catalog)
    for index in sorted(names):
        taken.choose(index)
    merged = merges.advise_merges(trials, problem, taken, dropped, allowed)
    return Tidied(merged.create, (*dropped, *merged.drop), trials.cost_change(problem.weights), merged.tried)
