"""Index candidates of a statement, from its tree and the catalog. Pure.

scopes: which table a name means. conditions: which comparisons an index serves. analysis: what a statement asks of each
table, its needs. generate: the indexes that would give it, b-trees by sequences and covering, others by other_methods.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlglot import exp

from dbopt.index.candidates.analysis import needs_of
from dbopt.index.candidates.covering import MAX_INCLUDED_COLUMNS
from dbopt.index.candidates.generate import Allowed, Worthy, conditions, generate, largest
from dbopt.index.candidates.needs import Need
from dbopt.index.candidates.predicates import Predicate, largest_share
from dbopt.index.candidates.served import is_served, repeated, repeats
from dbopt.index.model import Index
from dbopt.postgres.schema import Catalog, Relation

__all__ = [
    "MAX_INCLUDED_COLUMNS",
    "Allowed",
    "Need",
    "Worthy",
    "candidates",
    "conditions",
    "generate",
    "is_served",
    "largest",
    "needs_of",
    "repeated",
    "repeats",
    "worthy_conditions",
]


def candidates(tree: exp.Expression, catalog: Catalog, allowed: Allowed = Allowed()) -> frozenset[Index]:  # noqa: B008
    """Every index worth asking the planner about, none of which exists already."""
    needs = needs_of(tree, catalog)
    worthy = worthy_conditions([needs])
    return frozenset(index for need in needs for index in generate(need, catalog, allowed, worthy))


def worthy_conditions(statements: Iterable[Iterable[Need]]) -> Worthy:
    """The conditions that indexes of a workload may be restricted to."""
    found: dict[tuple[str, str, str], tuple[Predicate, Relation]] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    for needs in statements:
        own = {(*need.relation.key, one.sql): (one, need.relation) for need in needs for one in conditions(need)}
        found |= own
        counts.update(own.keys())
    shares = {key: largest_share(one, relation, counts[key]) for key, (one, relation) in found.items()}
    return {key: share for key, share in shares.items() if share}
