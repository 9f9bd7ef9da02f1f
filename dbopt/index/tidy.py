"""What becomes of the indexes that exist: merged, dropped, and what that gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dbopt.index import drops, merges
from dbopt.index.advice import CreateAdvice, DropAdvice
from dbopt.index.costs import Configuration
from dbopt.index.model import Index
from dbopt.index.naming import Names
from dbopt.index.selection import Problem
from dbopt.index.statement import CreateIndex, parse
from dbopt.index.trials import Trials
from dbopt.postgres.identifiers import qualified


@dataclass(frozen=True)
class Tidied:
    """Indexes to create in place of two, indexes to drop, and by how much the workload's cost changes with them."""

    create: tuple[CreateAdvice, ...] = ()
    drop: tuple[DropAdvice, ...] = ()
    cost_change: float = 0.0

    @property
    def freed_bytes(self) -> int:
        return sum(one.size_bytes for one in self.drop)

    @property
    def freed_write_cost(self) -> float:
        return sum(one.write_cost for one in self.drop)


def tidy(trials: Trials, problem: Problem, create: Sequence[CreateAdvice]) -> Tidied:
    """Drops first, then what is left is merged where that is possible. `create` are the chosen indexes, named."""
    names = _names(trials.chosen, create)
    dropped = drops.advise_drops(trials, names, problem.write_cost)
    taken = Names(trials.catalog)
    for index in sorted(trials.chosen):
        taken.choose(index)
    merged = merges.advise_merges(trials, problem, taken, dropped)
    return Tidied(merged.create, (*dropped, *merged.drop), trials.cost_change(problem.weights))


def _names(chosen: Configuration, create: Sequence[CreateAdvice]) -> Mapping[Index, str]:
    """What the new indexes are called, quoted and qualified."""
    found = {}
    for index in sorted(chosen):
        columns = tuple(key.sql() for key in index.keys)
        for one in create:
            same = (one.table, one.columns, one.include, one.predicate) == (
                index.relation,
                columns,
                index.include,
                index.predicate,
            )
            statement = parse(one.sql) if same and one.access_method == index.method else None
            if isinstance(statement, CreateIndex) and statement.name is not None:
                found[index] = qualified(index.schema, statement.name)
    return found
