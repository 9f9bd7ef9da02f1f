"""What a rule of maintenance looks at, and the small questions that several ask."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from dbopt.index.advice import Affected
from dbopt.index.maintenance.facts import Facts, Name, TableFacts
from dbopt.index.questions import Question
from dbopt.index.trials import Trials
from dbopt.postgres.schema import Catalog, Relation

Visible = Callable[[Collection[Name]], AbstractContextManager[None]]
"""While it lasts, plans are made as if every page of these tables were all visible."""


@dataclass(frozen=True)
class Dependence:
    """How often two rows agree in both of two columns: in truth, and if the columns were independent; shares of all
    pairs of rows. `rows` were looked at, `agreeing` pairs of them found. There are `pairs` of different values; one
    column decides the other in the share `decided` of the rows; ANALYZE keeps `target` common pairs by default.
    """

    rows: int
    agreeing: float
    actual: float
    expected: float
    pairs: int
    decided: float
    target: int


@dataclass(frozen=True)
class Repeats:
    """How often two rows have the same value of an expression: `agreeing` of the pairs `compared`, among `rows`."""

    rows: int
    agreeing: float
    compared: float

    @property
    def share(self) -> float:
        return self.agreeing / self.compared


class Sampler(Protocol):
    """Looks at some rows of a table."""

    def dependence(self, table: Relation, columns: tuple[str, str]) -> Dependence | None:
        """None where the rows cannot be read."""
        ...

    def repeats(self, table: Relation, expression: str) -> Repeats | None:
        """None where the rows cannot be read. The expression must be one that an index may have."""
        ...


@dataclass(frozen=True)
class Context:
    """A workload under the advised indexes, and what is known of its tables. `visible` is None where the backend cannot
    plan so, `sampler` None where there is no server, or none that is to be asked.
    """

    trials: Trials
    weights: Sequence[float]
    facts: Facts
    visible: Visible | None = None
    sampler: Sampler | None = None

    @property
    def catalog(self) -> Catalog:
        return self.trials.catalog

    @property
    def asked(self) -> Sequence[Question]:
        return self.trials.asked

    @cached_property
    def readers(self) -> dict[Name, list[int]]:
        """The numbers of the statements that name a table, by the top of its tree of partitions."""
        found: dict[Name, list[int]] = {}
        for number, question in enumerate(self.asked):
            roots = {self.root(*key).key for key in question.tables}
            for key in sorted(roots):
                found.setdefault(key, []).append(number)
        return found

    def root(self, schema: str, name: str) -> Relation:
        """The table, or the one that it is a partition of."""
        relation = self.catalog.find(schema, name)
        if relation is None:  # made since
            return Relation(schema, name, "r", -1, 0, ())
        return self.catalog.root_of(relation)

    def reading(self, relation: Relation) -> list[int]:
        return self.readers.get(self.catalog.root_of(relation).key, [])

    def tables(self) -> Iterator[tuple[Relation, TableFacts]]:
        """The tables with rows that the workload names, and the partitioned ones above them, in the catalog's order."""
        for relation in self.catalog.relations:
            facts = self.facts.tables.get(relation.key)
            if facts is not None and self.reading(relation):
                yield relation, facts

    def unjudged(self, numbers: Collection[int]) -> tuple[Affected, ...]:
        """Statements that a change concerns, with their costs unknown."""
        return tuple(Affected(self.asked[number].statement.id, None, None) for number in sorted(numbers))


def listed(names: Sequence[str]) -> str:
    """a, b and c"""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
