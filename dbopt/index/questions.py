"""A workload made ready to be asked about: which statements plan, what they cost today, which candidates they have."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from sqlglot import exp

from dbopt.errors import ConnectionFailed, FeatureMissing, ServerError
from dbopt.index.candidates import MAX_INCLUDED_COLUMNS, Need, generate, needs_of
from dbopt.index.costs import Answer, Configuration
from dbopt.index.model import Index
from dbopt.index.what_if import Estimate, WhatIf
from dbopt.postgres.schema import Catalog
from dbopt.workload.model import Statement
from dbopt.workload.sql import parse

OnProgress = Callable[[int, int, str], None]
"""Told how many of how many steps are done, and what comes next."""

MOST_PARAMETER_SETS = 3


@dataclass(frozen=True)
class Widths:
    """Most key columns of an index, and most columns that it includes besides; `repeat_keys` allows those that begin
    with the columns of a primary key or unique index.
    """

    keys: int = 3
    included: int = MAX_INCLUDED_COLUMNS
    repeat_keys: bool = False


@dataclass(frozen=True)
class Question:
    """A statement that plans. `variants` are the statement with each of some of its parameter sets: an index may serve
    a rare value and be no use for a frequent one, so that costs are means over them. `tree` is None where sqlglot
    cannot read it; `tables` are those it reads; `leads` are the first columns, with their tables, of an index that its
    plan could read.
    """

    statement: Statement
    variants: tuple[Statement, ...]
    tree: exp.Expression | None
    cost: float
    indexes_read: frozenset[str]
    candidates: Configuration
    tables: frozenset[tuple[str, str]]
    leads: frozenset[tuple[str, str, str]]

    def may_use(self, index: Index) -> bool:
        return (index.schema, index.table, index.keys[0].name) in self.leads


@dataclass
class Questions:
    """Those that plan, and why the others do not (by statement id)."""

    asked: list[Question] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def candidates(self) -> Configuration:
        """All that the planner can be asked about."""
        return frozenset[Index]().union(*(question.candidates for question in self.asked))


def prepare(
    statements: tuple[Statement, ...],
    catalog: Catalog,
    what_if: WhatIf,
    widths: Widths,
    on_progress: OnProgress,
) -> Questions:
    """Plan every statement as things are and find its candidates; one that fails does not stop the others."""
    found = Questions()
    for number, statement in enumerate(statements):
        on_progress(number, len(statements), f"planning {statement.label}")
        planned, error = _plan(statement, what_if)
        if planned:
            found.asked.append(_question(statement, planned, catalog, widths))
        else:
            found.failed[statement.id] = f"It does not plan: {error}."
    return _without_refused(found, what_if)


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


def _question(
    statement: Statement, planned: list[tuple[Statement, Estimate]], catalog: Catalog, widths: Widths
) -> Question:
    tree, needs = _analysed(statement, catalog)
    own = frozenset(
        index
        for need in needs
        for index in generate(need, catalog, widths.keys, widths.included, repeat_keys=widths.repeat_keys)
    )
    tables = {need.relation.key for need in needs}
    if tree is None:
        tables = {relation.key for name in statement.tables if (relation := catalog.resolve(name)) is not None}
    return Question(
        statement=statement,
        variants=tuple(variant for variant, _ in planned),
        tree=tree,
        cost=sum(estimate.cost for _, estimate in planned) / len(planned),
        indexes_read=frozenset(name for _, estimate in planned for name in estimate.plan.indexes),
        candidates=own,
        tables=frozenset(tables),
        leads=frozenset((index.schema, index.table, index.keys[0].name) for index in own),
    )


def _analysed(statement: Statement, catalog: Catalog) -> tuple[exp.Expression | None, list[Need]]:
    """The tree and what it needs; neither where sqlglot cannot read it, or it is nested too deeply to be walked."""
    tree = parse(statement.sql)
    try:
        return tree, needs_of(tree, catalog) if tree is not None else []
    except RecursionError:
        return None, []


def _without_refused(found: Questions, what_if: WhatIf) -> Questions:
    """Leave out the candidates that the planner cannot judge."""
    every = sorted({index for question in found.asked for index in question.candidates})
    refused = what_if.prepare(every)
    if not refused:
        return found
    asked = [replace(question, candidates=question.candidates - refused.keys()) for question in found.asked]
    return Questions(asked, found.failed)


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
