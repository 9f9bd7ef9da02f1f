"""Two existing indexes that one could replace. Which pairs is pure; whether the workload bears it is asked.

Without loss where one index's keys begin with the other's: the longer keys and what either includes serve all that both
serve. Otherwise, as the Database Tuning Advisor merges (Chaudhuri and Narasayya, "Index merging", ICDE 1999), the keys
of one are followed by those of the other: that loses an order, so that it is advised only where both are read by the
workload, which then shows what it costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from dbopt.errors import FeatureMissing
from dbopt.index.advice import CreateAdvice, DropAdvice, StatementCost
from dbopt.index.candidates import Allowed
from dbopt.index.costs import Configuration
from dbopt.index.drops import PLANNED, TOLERANCE, drop, size
from dbopt.index.existing import Needless, as_new, parts
from dbopt.index.model import Index
from dbopt.index.naming import Names
from dbopt.index.problem import Problem
from dbopt.index.redundancy import enforces
from dbopt.index.trials import Planned, Trials
from dbopt.postgres.identifiers import qualified
from dbopt.postgres.schema import Catalog, ExistingIndex, Relation

LEAST_FREED = 0.2  # of the two together: less is not worth a build


@dataclass(frozen=True)
class Pair:
    """`one` and `other` are served by `merged`, `lossless` whatever is asked."""

    one: ExistingIndex
    other: ExistingIndex
    merged: Index
    lossless: bool


@dataclass(frozen=True)
class Merges:
    """`tried` are the merged indexes that the workload was planned with."""

    create: tuple[CreateAdvice, ...] = ()
    drop: tuple[DropAdvice, ...] = ()
    tried: Configuration = frozenset()


def pairs(catalog: Catalog, allowed: Allowed, gone: Sequence[str] = ()) -> Iterator[Pair]:
    """Pairs by table and name, those without loss first; of those in `gone` none. No merged index has more keys or
    included columns than are allowed, or than one of the two has already.
    """
    found = []
    for relation in catalog.relations:
        indexes = [index for index in catalog.indexes_of(relation) if may_merge(index) and index.sql_name not in gone]
        keys = [key.columns for key in catalog.foreign_keys if key.table in _tables(relation, catalog)]
        found += [
            pair
            for one, other in permutations(indexes, 2)
            if (pair := pair_of(one, other, allowed)) is not None and (pair.lossless or not _finds_rows(other, keys))
        ]
    yield from sorted(found, key=lambda pair: not pair.lossless)


def _tables(relation: Relation, catalog: Catalog) -> set[tuple[str, str]]:
    return {relation.key, catalog.root_of(relation).key}


def _finds_rows(index: ExistingIndex, keys: Sequence[tuple[str, ...]]) -> bool:
    """Whether a foreign key of several columns finds its rows by it: that is in no plan of the workload."""
    return any(len(key) > 1 and set(index.columns[: len(key)]) == set(key) for key in keys)


def may_merge(index: ExistingIndex) -> bool:
    """Whether another could take its place, if that has the same keys and columns."""
    return (
        index.method == "btree"
        and index.is_valid
        and not enforces(index)
        and index.parent is None
        and not index.options
        and bool(index.definition)
    )


def pair_of(one: ExistingIndex, other: ExistingIndex, allowed: Allowed) -> Pair | None:
    """The first one's keys come first. Without loss they begin with the other's, so that each pair is met once."""
    width = len(other.keys)
    lossless = one.keys[:width] == other.keys and (len(one.keys) > width or one.name < other.name)
    same_lead = (
        one.keys[0] == other.keys[0] and one.keys[:width] != other.keys and other.keys[: len(one.keys)] != one.keys
    )
    if one.predicate != other.predicate or not (lossless or same_lead):
        return None
    known = {key.column for key in one.keys}
    keys = (*as_new(one).keys, *(key for key in as_new(other).keys if key.is_expression or key.name not in known))
    if not lossless and any(key.column is None for key in (*one.keys, *other.keys)):
        return None
    keys = as_new(one).keys if lossless else keys
    columns = {key.name for key in keys if not key.is_expression}
    include = tuple(dict.fromkeys(name for name in (*one.include, *other.include) if name not in columns))
    if len(keys) > max(allowed.keys, len(one.keys), len(other.keys)):
        return None
    if len(include) > max(allowed.included, len(one.include), len(other.include)):
        return None
    return Pair(one, other, replace(as_new(one), keys=keys, include=include), lossless)


def advise_merges(
    trials: Trials, problem: Problem, names: Names, dropped: Sequence[DropAdvice], allowed: Allowed
) -> Merges:
    """The merges that free room, cost no write more, and make no statement noticeably dearer; those with loss must save
    writes, and more than the statements lose. They count towards the budget like any new index.
    """
    create: list[CreateAdvice] = []
    drops: list[DropAdvice] = []
    gone = {one.index for one in dropped}
    taken = set(trials.chosen)
    tried = set()
    for pair in pairs(trials.catalog, allowed, sorted(gone)):
        if gone & {pair.one.sql_name, pair.other.sql_name} or pair.merged in taken:
            continue
        if not _pays(pair, trials, problem, taken):
            continue
        tried.add(pair.merged)
        changed = _changes(pair, trials, problem)
        if changed is None:
            continue
        made = _create(pair, changed, trials, problem, names)
        create.append(made)
        drops += _drops(pair, made, trials.catalog, problem)
        trials.settle([pair.one, pair.other], changed, frozenset((pair.merged,)))
        taken.add(pair.merged)
        gone |= {pair.one.sql_name, pair.other.sql_name}
    return Merges(tuple(create), tuple(drops), frozenset(tried))


def _pays(pair: Pair, trials: Trials, problem: Problem, taken: set[Index]) -> bool:
    """Whether the merge fits, frees room, and costs writes less, or no more if nothing is lost."""
    if not pair.lossless and not (_is_read(pair.one, trials) and _is_read(pair.other, trials)):
        return False
    if trials.what_if.prepare([pair.merged]) or not problem.fits(frozenset((*taken, pair.merged))):
        return False
    old = size(pair.one, trials.catalog) + size(pair.other, trials.catalog)
    frees_enough = old - problem.size(pair.merged) >= LEAST_FREED * old
    saved = _saved(pair, problem)
    return frees_enough and (saved >= 0 if pair.lossless else saved > 0)


def _saved(pair: Pair, problem: Problem) -> float:
    """What the writes cost less."""
    both = problem.write_cost(as_new(pair.one)) + problem.write_cost(as_new(pair.other))
    return both - problem.write_cost(pair.merged)


def _changes(pair: Pair, trials: Trials, problem: Problem) -> dict[int, Planned] | None:
    """The workload under the merge; None where it does not bear it."""
    try:
        changed = trials.without([pair.one, pair.other], frozenset((pair.merged,)))
    except FeatureMissing:
        return None
    dearer = 0.0
    for number, planned in changed.items():
        now = trials.now(number).cost
        if planned.cost > now * (1 + TOLERANCE):
            return None
        dearer += problem.weights[number] * (planned.cost - now)
    return None if dearer > _saved(pair, problem) and not pair.lossless else changed


def _is_read(index: ExistingIndex, trials: Trials) -> bool:
    names = {part.name for part in parts(index, trials.catalog)}
    return any(names & trials.now(number).indexes for number in range(len(trials.asked)))


# -- in words ---------------------------------------------------------------------------------------------------------


def _create(pair: Pair, changed: dict[int, Planned], trials: Trials, problem: Problem, names: Names) -> CreateAdvice:
    index = pair.merged
    relation = trials.catalog.find(index.schema, index.table)
    concurrently = relation is None or relation.kind != "p"
    name = names.choose(index)
    statements = tuple(
        StatementCost(trials.asked[number].statement.id, trials.now(number).cost, planned.cost)
        for number, planned in sorted(changed.items())
        if planned.indexes != trials.now(number).indexes
    )
    return CreateAdvice(
        sql=index.create_sql(name, concurrently=concurrently),
        undo_sql=f"DROP INDEX {'CONCURRENTLY ' if concurrently else ''}IF EXISTS {qualified(index.schema, name)}",
        table=index.relation,
        access_method=index.method,
        columns=tuple(key.sql() for key in index.keys),
        include=index.include,
        predicate=index.predicate,
        size_bytes=problem.size(index),
        cost_saved=sum(
            problem.weights[number] * (trials.now(number).cost - planned.cost)
            for number, planned in sorted(changed.items())
        ),
        write_cost=problem.write_cost(index),
        statements=statements,
        reason=f"Replaces {pair.one.sql_name} and {pair.other.sql_name}: {_why(pair)}",
    )


def _why(pair: Pair) -> str:
    if pair.lossless:
        return "it begins with the keys of both and has all their columns."
    return "the workload was planned with it in their place, and no statement becomes more than 10 % dearer."


def _drops(pair: Pair, made: CreateAdvice, catalog: Catalog, problem: Problem) -> Iterator[DropAdvice]:
    after = made.undo_sql.partition(" IF EXISTS ")[2]
    for index, other in ((pair.one, pair.other), (pair.other, pair.one)):
        reason = f"{after}, which replaces it and {other.sql_name}, serves what it serves: drop it when that is built."
        yield drop(Needless(index, "redundant", reason), PLANNED, catalog, problem.write_cost, after)
