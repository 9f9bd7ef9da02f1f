"""What a statement asks of a table, as plain data. Pure; `analysis` finds it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dbopt.index.candidates.predicates import Predicate
from dbopt.index.model import Key
from dbopt.postgres.schema import Relation


@dataclass
class Branch:
    """Conditions on one table that hold together: those of the AND level, and for each branch of an OR those beside
    it, the first being the AND level. Keys in the order in which the statement names them. `equal` to a value, or in
    `joins` to a column of another table.
    """

    equal: dict[Key, None] = field(default_factory=dict)
    joins: dict[Key, None] = field(default_factory=dict)
    ranges: dict[Key, None] = field(default_factory=dict)
    searches: dict[Search, None] = field(default_factory=dict)

    def copy(self) -> Branch:
        return Branch(dict(self.equal), dict(self.joins), dict(self.ranges), dict(self.searches))

    def without(self, columns: Sequence[str]) -> Branch:
        """The branch without its conditions on these columns alone."""
        equal, joins, ranges = (_without(keys, columns) for keys in (self.equal, self.joins, self.ranges))
        return Branch(equal, joins, ranges, dict(self.searches))


def _without(keys: Iterable[Key], columns: Sequence[str]) -> dict[Key, None]:
    return {key: None for key in keys if key.name not in columns}


@dataclass(frozen=True)
class Search:
    """A comparison by an operator that no b-tree knows. `type` is the key's, empty where it is not known."""

    operator: str
    key: Key
    type: str


@dataclass
class Need:
    """What a statement asks of one occurrence of a table. `orders` are sequences of keys whose order it can use;
    `nearest` are orders by distance; `referenced` counts how often each column is named, None where every column is
    needed, so that no index can cover it; `predicates` are conditions that are the same on every run; `strict` are
    columns that a condition says are not NULL.
    """

    relation: Relation
    branches: list[Branch] = field(default_factory=lambda: [Branch()])
    orders: dict[tuple[Key, ...], None] = field(default_factory=dict)
    nearest: dict[Search, None] = field(default_factory=dict)
    referenced: Counter[str] | None = field(default_factory=Counter)
    predicates: dict[Predicate, None] = field(default_factory=dict)
    strict: dict[str, None] = field(default_factory=dict)


def is_sortable(key: Key, relation: Relation) -> bool:
    """Whether a b-tree can hold the key; of an expression PostgreSQL will say."""
    if key.is_expression:
        return True
    column = relation.column(key.name)
    return column is not None and column.indexable
