"""Index candidates from what a statement needs of a table. Pure.

B-trees over the keys that `sequences` finds; each of them also restricted to rows for which a condition holds that is
the same on every run, and in a form that covers the statement; the other access methods where an operator, or the order
of the rows on disk, speaks for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dbopt.index.candidates import other_methods
from dbopt.index.candidates.covering import MAX_INCLUDED_COLUMNS, covering, covering_by_keys
from dbopt.index.candidates.needs import Branch, Need, is_sortable
from dbopt.index.candidates.predicates import Predicate, not_null
from dbopt.index.candidates.sequences import sequences
from dbopt.index.candidates.served import is_served, is_unique_lookup
from dbopt.index.model import Index, Key
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import Catalog

_MOST_PREDICATES = 3  # of one table of a statement
_MOSTLY_NULL = 0.5  # share of a column from which on an index may leave out its NULLs


Worthy = Mapping[tuple[str, str, str], float]
"""Conditions (schema, table, SQL) that an index may be restricted to, and how large it may be then, as a share of the
index over all rows.
"""


@dataclass(frozen=True)
class Allowed:
    """What indexes may be like: most key columns, and most columns included besides. `repeat_keys` allows those that
    begin with the columns of a primary key or unique index; `plain` no expressions, predicates and methods but b-trees
    over columns.
    """

    keys: int = 3
    included: int = MAX_INCLUDED_COLUMNS
    repeat_keys: bool = False
    plain: bool = False


def generate(need: Need, catalog: Catalog, allowed: Allowed, worthy: Worthy) -> set[Index]:
    """Candidates for one table of a statement."""
    found: set[Index] = set()
    for branch in need.branches:
        found.update(_btrees(need, branch, catalog, allowed, ()))
        long = [column.name for column in need.relation.columns if column.may_be_long]
        if long:  # what is over these columns will be refused: the rest of the conditions remain
            found.update(_btrees(need, branch.without(long), catalog, allowed, ()))
        if allowed.plain or is_unique_lookup({key.name for key in branch.equal}, catalog.indexes_of(need.relation)):
            continue
        found.update(other_methods.generate(need, branch, catalog))
        for chosen in _restrictions(need, worthy):
            found.update(_restricted(need, branch, catalog, allowed, chosen))
    if not allowed.plain:
        return found
    return {index for index in found if index.is_plain}


def _btrees(
    need: Need, branch: Branch, catalog: Catalog, allowed: Allowed, chosen: tuple[Predicate, ...]
) -> Iterator[Index]:
    existing = catalog.indexes_of(need.relation)
    columns = [column for predicate in chosen if not predicate.is_implied for column in predicate.columns]
    rest = branch.without(columns) if columns else branch
    found = set(sequences(need, rest, allowed.keys, existing))
    if columns and not found:
        yield from _without_keys(need, catalog, allowed, chosen)
        found = {(Key(columns[0]),)} if is_sortable(Key(columns[0]), need.relation) else set()
    for keys in found:
        index = _where(Index(need.relation.schema, need.relation.name, keys), chosen)
        covered = covering(index, need, allowed.included) or covering_by_keys(index, need, allowed.keys)
        for one in (index, covered):
            if one is not None and not is_served(one, existing, repeat_keys=allowed.repeat_keys):
                yield one


def _without_keys(need: Need, catalog: Catalog, allowed: Allowed, chosen: tuple[Predicate, ...]) -> Iterator[Index]:
    """Where the condition of a partial index is all that the statement asks: the columns that it reads for keys, and
    the primary key, which serves other statements with the condition as well. The column of the condition holds the
    same value in each of its rows.
    """
    unkeyed = _where(Index(need.relation.schema, need.relation.name, ()), chosen)
    read = covering_by_keys(unkeyed, need, allowed.keys)
    if read is not None:
        yield read
    for primary in (index for index in catalog.indexes_of(need.relation) if index.is_primary):
        if primary.columns[0] is not None and len(primary.columns) == 1:
            yield replace(unkeyed, keys=(Key(primary.columns[0]),))


def _where(index: Index, chosen: tuple[Predicate, ...]) -> Index:
    columns = tuple(dict.fromkeys(column for predicate in chosen for column in predicate.columns))
    return replace(index, predicate=" AND ".join(predicate.sql for predicate in chosen), predicate_columns=columns)


# -- partial indexes --------------------------------------------------------------------------------------------------


def _restrictions(need: Need, worthy: Worthy) -> Iterator[tuple[Predicate, ...]]:
    """Each condition alone, all of them together, and the NULLs left out that no strict condition finds."""
    known = [one for one in need.predicates if (*need.relation.key, one.sql) in worthy][:_MOST_PREDICATES]
    yield from ((one,) for one in known)
    if len(known) > 1:
        yield tuple(known)
    yield from ((one,) for one in _absent_nulls(need))


def _restricted(
    need: Need, branch: Branch, catalog: Catalog, allowed: Allowed, chosen: tuple[Predicate, ...]
) -> Iterator[Index]:
    if not any(predicate.is_implied for predicate in chosen):
        # the planner takes no statistics of an expression from a partial index
        btrees = _btrees(need, branch, catalog, allowed, chosen)
        yield from (index for index in btrees if not any(key.is_expression for key in index.keys))
        for index in other_methods.by_operator(need, branch, catalog):
            yield _where(index, chosen)
        return
    without_nulls = chosen[0].columns[0]
    for index in _btrees(need, branch, catalog, allowed, chosen):
        if index.keys[0].name == without_nulls:
            yield index


def _absent_nulls(need: Need) -> Iterator[Predicate]:
    for name in need.strict:
        column = need.relation.column(name)
        if column is not None and (column.null_fraction or 0.0) >= _MOSTLY_NULL:
            yield not_null(name, quoted(name))


def largest(index: Index, worthy: Worthy) -> float:
    """How large the partial index may be, as a share of the one over all rows: as the narrowest of its conditions has
    it.
    """
    known = (
        share
        for (schema, table, sql), share in worthy.items()
        if (schema, table) == (index.schema, index.table) and sql in index.predicate
    )
    return min(known, default=1.0)


def conditions(need: Need) -> Iterator[Predicate]:
    """Every condition of the need that a partial index's predicate may be."""
    yield from need.predicates
    yield from _absent_nulls(need)
