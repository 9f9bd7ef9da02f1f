"""A workload made ready to be asked about: which statements plan, what they cost today, which candidates they have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from dbopt.errors import ConnectionFailed, FeatureMissing, ServerError
from dbopt.index.alike import grouped, shape
from dbopt.index.candidates import Allowed, Need, Worthy, conditions, generate, largest, needs_of, worthy_conditions
from dbopt.index.candidates.constants import with_constants
from dbopt.index.candidates.long_values import why_too_long
from dbopt.index.candidates.other_methods import lacking
from dbopt.index.costs import Answer, Configuration
from dbopt.index.model import Index
from dbopt.index.referential import checks
from dbopt.index.what_if import Estimate, WhatIf
from dbopt.postgres.schema import Catalog
from dbopt.workload.model import Statement
from dbopt.workload.sql import parse

OnProgress = Callable[[int, int, str], None]
"""Told how many of how many steps are done, and what comes next."""

MOST_PARAMETER_SETS = 3


@dataclass(frozen=True)
class Question:
    """A statement that plans. `variants` are the statement with each of some of its parameter sets: an index may serve
    a rare value and be no use for a frequent one, so that costs are means over them. `tree` is None where sqlglot
    cannot read it; `tables` are those it reads; `leads` are the first keys, with their tables, of an index that its
    plan could read, and `predicates` those of a partial one; `refused` are candidates that cannot be built, with the
    reason; `lacking` is an extension that would serve a condition; `foreign_key` is the one that the statement makes
    PostgreSQL check, where this is that check's query; `shape` is what plans of statements like it have in common,
    `others` are those for which it stands, with their costs.
    """

    statement: Statement
    variants: tuple[Statement, ...]
    tree: exp.Expression | None
    cost: float
    indexes_read: frozenset[str]
    candidates: Configuration
    tables: frozenset[tuple[str, str]]
    leads: frozenset[tuple[str, str, str]]
    predicates: frozenset[tuple[str, str, str]] = frozenset()
    refused: Mapping[Index, str] = field(default_factory=dict)
    lacking: str | None = None
    foreign_key: str | None = None
    shape: Hashable = None
    others: tuple[tuple[Statement, float], ...] = ()

    @property
    def weight(self) -> float:
        """Its calls, and those of the others by what these cost."""
        calls = self.statement.weight
        for other, cost in self.others:
            calls += other.weight * (cost / self.cost if self.cost else 1.0)
        return calls

    @property
    def statements(self) -> Iterator[Statement]:
        """All for which it stands."""
        yield self.statement
        yield from (other for other, _ in self.others)

    def may_use(self, index: Index) -> bool:
        if index.predicate:  # a plan may read all of it, whatever its keys are
            return (index.schema, index.table, index.predicate) in self.predicates
        return (index.schema, index.table, index.keys[0].name) in self.leads


@dataclass
class Questions:
    """Those that plan, and why the others do not (by statement id)."""

    asked: list[Question] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def prepare(
    statements: tuple[Statement, ...],
    catalog: Catalog,
    what_if: WhatIf,
    allowed: Allowed,
    on_progress: OnProgress,
) -> Questions:
    """Plan every statement as things are and find its candidates; one that fails does not stop the others."""
    failed: dict[str, str] = {}
    planned: list[_Planned] = []
    for number, statement in enumerate(statements):
        on_progress(number, len(statements), f"planning {statement.label}")
        plans, error = _plan(statement, what_if)
        if plans:
            planned += _planned(statement, plans, catalog, what_if)
        else:
            failed[statement.id] = f"It does not plan: {error}."
    worthy = worthy_conditions(one.needs for one in planned)
    bare = replace(catalog, indexes=tuple(index for index in catalog.indexes if index.is_unique))
    asked = [_question(one, catalog, bare, allowed, worthy) for one in planned]
    return Questions(grouped(_asked_anew(_judged(asked, catalog, worthy, what_if), what_if)), failed)


@dataclass(frozen=True)
class _Planned:
    statement: Statement
    plans: list[tuple[Statement, Estimate]]
    tree: exp.Expression | None
    needs: list[Need]
    foreign_key: str | None = None


def _planned(
    statement: Statement, plans: list[tuple[Statement, Estimate]], catalog: Catalog, what_if: WhatIf
) -> Iterator[_Planned]:
    """The statement, and the checks of foreign keys that it brings about."""
    tree, needs = _analysed(statement, catalog)
    yield _Planned(statement, plans, tree, needs)
    for key, query in checks(statement, tree, catalog) if tree is not None else ():
        check, _ = _plan(query, what_if)
        if check:
            yield _Planned(query, check, *_analysed(query, catalog), key.name)


def _plan(statement: Statement, what_if: WhatIf) -> tuple[list[tuple[Statement, Estimate]], str]:
    """The plans of those variants that plan; the reason of one that does not."""
    planned, reason = [], ""
    for variant in _variants(statement):
        try:
            planned.append((variant, what_if.estimate(variant)))
        except ConnectionFailed:
            raise
        except ServerError as error:
            reason = error.message.rstrip(".")
    return planned, reason


def _variants(statement: Statement) -> list[Statement]:
    sets = list(dict.fromkeys(statement.parameters))[:MOST_PARAMETER_SETS]
    return [replace(statement, parameters=(values,)) for values in sets] or [statement]


def _question(planned: _Planned, catalog: Catalog, bare: Catalog, allowed: Allowed, worthy: Worthy) -> Question:
    """`bare` is the catalog without the indexes that make candidates needless: what they serve, another could."""
    own = frozenset(index for need in planned.needs for index in generate(need, catalog, allowed, worthy))
    could_read = own.union(*(generate(need, bare, allowed, worthy) for need in planned.needs))
    tables = {need.relation.key for need in planned.needs}
    if planned.tree is None:
        names = planned.statement.tables
        tables = {relation.key for name in names if (relation := catalog.resolve(name)) is not None}
    return Question(
        statement=planned.statement,
        variants=tuple(variant for variant, _ in planned.plans),
        tree=planned.tree,
        cost=sum(estimate.cost for _, estimate in planned.plans) / len(planned.plans),
        indexes_read=frozenset(name for _, estimate in planned.plans for name in estimate.plan.indexes),
        candidates=own,
        tables=frozenset(tables),
        leads=frozenset((index.schema, index.table, index.keys[0].name) for index in could_read),
        lacking=next((name for need in planned.needs if (name := lacking(need, catalog))), None),
        foreign_key=planned.foreign_key,
        predicates=frozenset((*need.relation.key, one.sql) for need in planned.needs for one in conditions(need))
        | frozenset((index.schema, index.table, index.predicate) for index in own),
        shape=shape(estimate.plan for _, estimate in planned.plans),
    )


def _analysed(statement: Statement, catalog: Catalog) -> tuple[exp.Expression | None, list[Need]]:
    """The tree and what it needs; neither where sqlglot cannot read it, or it is nested too deeply to be walked."""
    tree = parse(statement.sql)
    try:
        return tree, needs_of(with_constants(tree, statement.parameters), catalog) if tree is not None else []
    except RecursionError:
        return None, []


def _judged(asked: list[Question], catalog: Catalog, worthy: Worthy, what_if: WhatIf) -> list[Question]:
    """Without the candidates that could not be built or that the planner cannot judge, and without partial indexes that
    leave out next to nothing of what the same index over all rows holds.
    """
    every = {index for question in asked for index in question.candidates}
    refused = {index: why for index in every if (why := why_too_long(index, catalog)) is not None}
    to_try = every - refused.keys()
    refused |= what_if.prepare(sorted(to_try | {whole(index) for index in to_try}))
    needless = {
        index for index in every - refused.keys() if index.predicate and not _saves_space(index, worthy, what_if)
    }
    one = {index: index for index in every - refused.keys() - needless}  # equal ones that are one are compared faster
    return [
        replace(
            question,
            candidates=frozenset(one[index] for index in question.candidates if index in one),
            refused={index: refused[index] for index in sorted(question.candidates & refused.keys())},
        )
        for question in asked
    ]


def _asked_anew(asked: list[Question], what_if: WhatIf) -> list[Question]:
    """With the plans of statements on tables of which the planner now knows what expressions yield: those of before
    were made by guessing.
    """
    tables = {
        (index.schema, index.table)
        for question in asked
        for index in question.candidates
        if any(key.is_expression for key in index.keys)
    }
    return [question if question.tables.isdisjoint(tables) else _with_plans(question, what_if) for question in asked]


def _with_plans(question: Question, what_if: WhatIf) -> Question:
    try:
        estimates = [what_if.estimate(variant) for variant in question.variants]
    except ConnectionFailed:
        raise
    except ServerError:  # such as for its time limit: then what was known before has to do
        return question
    return replace(
        question,
        cost=sum(estimate.cost for estimate in estimates) / len(estimates),
        indexes_read=frozenset(name for estimate in estimates for name in estimate.plan.indexes),
        shape=shape(estimate.plan for estimate in estimates),
    )


def whole(index: Index) -> Index:
    """The index over all rows."""
    return replace(index, predicate="", predicate_columns=())


def _saves_space(index: Index, worthy: Worthy, what_if: WhatIf) -> bool:
    full = whole(index)
    return not what_if.knows(full) or what_if.size_bytes(index) <= largest(index, worthy) * what_if.size_bytes(full)


def answer(question: Question, what_if: WhatIf, indexes: Collection[Index], hidden: Collection[str] = ()) -> Answer:
    """Ask the planner. A statement that no longer plans, such as for its time limit, counts as not helped. Raises
    FeatureMissing where existing indexes cannot be hidden.
    """
    try:
        estimates = [what_if.estimate(variant, indexes, hidden) for variant in question.variants]
    except (ConnectionFailed, FeatureMissing):
        raise
    except ServerError:
        return Answer(question.cost, frozenset(indexes))  # "used" all: says nothing about any smaller set
    cost = sum(estimate.cost for estimate in estimates) / len(estimates)
    return Answer(cost, frozenset(index for estimate in estimates for index in estimate.used))
