"""A workload made ready to be asked about: which statements plan, what they cost today, which candidates they have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlglot import exp

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.index.candidates import generate, needs_of
from dbopt.index.costs import Answer, Configuration
from dbopt.index.model import Index
from dbopt.index.what_if import Estimate, WhatIf
from dbopt.postgres.schema import Catalog
from dbopt.workload.model import Statement
from dbopt.workload.sql import parse

OnProgress = Callable[[int, int, str], None]
"""Told how many of how many steps are done, and what comes next."""


@dataclass(frozen=True)
class Question:
    """A statement that plans. `tree` is None where sqlglot cannot read it; `tables` are those it reads; `leads` are the
    first columns, with their tables, of an index that its plan could read.
    """

    statement: Statement
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


def prepare(
    statements: tuple[Statement, ...],
    catalog: Catalog,
    what_if: WhatIf,
    max_columns: int,
    on_progress: OnProgress,
) -> Questions:
    """Plan every statement as things are and find its candidates; one that fails does not stop the others."""
    found = Questions()
    for number, statement in enumerate(statements):
        on_progress(number, len(statements), f"planning {statement.label}")
        try:
            estimate = what_if.estimate(statement)
        except ConnectionFailed:
            raise
        except ServerError as error:
            found.failed[statement.id] = f"It does not plan: {error.message}."
            continue
        found.asked.append(_question(statement, estimate, catalog, max_columns))
    return _without_refused(found, what_if)


def _question(statement: Statement, estimate: Estimate, catalog: Catalog, max_columns: int) -> Question:
    tree = parse(statement.sql)
    needs = needs_of(tree, catalog) if tree is not None else []
    own = frozenset(index for need in needs for index in generate(need, catalog, max_columns))
    tables = {need.relation.key for need in needs}
    if tree is None:
        tables = {relation.key for name in statement.tables if (relation := catalog.resolve(name)) is not None}
    return Question(
        statement=statement,
        tree=tree,
        cost=estimate.cost,
        indexes_read=estimate.plan.indexes,
        candidates=own,
        tables=frozenset(tables),
        leads=frozenset((index.schema, index.table, index.keys[0].name) for index in own),
    )


def _without_refused(found: Questions, what_if: WhatIf) -> Questions:
    """Leave out the candidates that the planner cannot judge."""
    every = sorted({index for question in found.asked for index in question.candidates})
    refused = what_if.prepare(every)
    if not refused:
        return found
    asked = [replace(question, candidates=question.candidates - refused.keys()) for question in found.asked]
    return Questions(asked, found.failed)


def answer(question: Question, what_if: WhatIf, indexes: Configuration) -> Answer:
    """Ask the planner. A statement that no longer plans, such as for its time limit, counts as not helped."""
    try:
        estimate = what_if.estimate(question.statement, indexes)
    except ConnectionFailed:
        raise
    except ServerError:
        return Answer(question.cost, frozenset())
    return Answer(estimate.cost, estimate.used)
