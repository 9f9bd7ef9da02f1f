"""One item of an advice in full: dbopt.explanation/1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from dbopt.errors import UsageError
from dbopt.index.advice import Advice, ConfirmedIndex, CreateAdvice, DropAdvice, StatementCost
from dbopt.index.advise import in_order, served_by
from dbopt.index.explanations import Change, Explainer
from dbopt.index.questions import Question
from dbopt.index.search import Search
from dbopt.plan.tree import Plan, parse, written
from dbopt.workload.model import Statement


@dataclass(frozen=True)
class Served:
    """A statement that an index serves: its planner cost without and with it, weighted by its calls, and what changes
    in its plan. `sql` is None where only a file of advice is known.
    """

    id: str
    name: str | None
    sql: str | None
    weight: float | None
    cost_before: float
    cost_after: float
    plan_change: str

    @property
    def label(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class Explanation:
    """Item `number` of an advice, an index to create or one to drop, with the statements that it serves, the one that
    gains most first, and that one's plans as EXPLAIN (FORMAT JSON) writes them: without the index and with it, the
    others of the advice being there; None where only a file of advice is known. `cost_*` are the workload's.
    """

    SCHEMA: ClassVar[str] = "dbopt.explanation/1"
    WRITTEN_BY: ClassVar[str] = "dbopt suggest --explain N -o explanation.json"

    number: int
    create: CreateAdvice | None
    drop: DropAdvice | None
    cost_before: float
    cost_after: float
    statements: tuple[Served, ...]
    plan_before: Any
    plan_after: Any
    confirmed: ConfirmedIndex | None

    @property
    def item(self) -> CreateAdvice | DropAdvice | None:
        return self.create if self.create is not None else self.drop

    @cached_property
    def trees(self) -> tuple[Plan, Plan] | None:
        """The plans without and with the index."""
        return None if self.plan_before is None else (parse(self.plan_before), parse(self.plan_after))


def explain(found: Search, advice: Advice, number: int) -> Explanation:
    """Item `number` of the advice that was made of this search, as the table counts: first indexes to create, then
    those to drop. Raises UsageError where there is no such item.
    """
    item = require(advice, number)
    if isinstance(item, DropAdvice):
        return _of_drop(advice, number, item)
    index = in_order(advice, found)[number - 1]
    if index is None:
        return explain_saved(advice, number, {one.id: one for one in found.workload.statements})
    explainer = Explainer(found)
    served = served_by(index, found)
    changes = [explainer.change(index, question) for question, _ in served]
    statements = tuple(
        _served(question, cost, change) for (question, cost), change in zip(served, changes, strict=True)
    )
    return _of_create(advice, number, item, statements, changes[0] if changes else None)


def explain_saved(advice: Advice, number: int, statements: Mapping[str, Statement]) -> Explanation:
    """The same from a file of advice: without plans, and with the text of statements where they are given, by id."""
    item = require(advice, number)
    if isinstance(item, DropAdvice):
        return _of_drop(advice, number, item)
    served = []
    for place, cost in enumerate(item.statements):
        known = statements.get(cost.id)
        change = "" if place else item.plan_change
        if known is not None:
            served.append(
                Served(cost.id, known.name, known.sql, known.weight, cost.cost_before, cost.cost_after, change)
            )
        else:
            served.append(Served(cost.id, None, None, None, cost.cost_before, cost.cost_after, change))
    return _of_create(advice, number, item, tuple(served), None)


def require(advice: Advice, number: int) -> CreateAdvice | DropAdvice:
    """The item. Raises UsageError where there is none."""
    items: list[CreateAdvice | DropAdvice] = [*advice.create, *advice.drop]
    if 1 <= number <= len(items):
        return items[number - 1]
    if not items:
        raise UsageError(f"there is no item {number}: no index is worth building, and none is needless")
    raise UsageError(
        f"there is no item {number} in this advice",
        hint=f"it has 1 to {len(items)}; without --explain they are listed" if len(items) > 1 else "it has one item: 1",
    )


def _of_create(
    advice: Advice, number: int, item: CreateAdvice, statements: tuple[Served, ...], change: Change | None
) -> Explanation:
    confirmed = advice.confirmed.indexes[number - 1] if advice.confirmed is not None else None
    return Explanation(
        number=number,
        create=item,
        drop=None,
        cost_before=advice.cost_before,
        cost_after=advice.cost_after,
        statements=statements,
        plan_before=written(change.before) if change is not None else None,
        plan_after=written(change.after) if change is not None else None,
        confirmed=confirmed,
    )


def _of_drop(advice: Advice, number: int, item: DropAdvice) -> Explanation:
    return Explanation(number, None, item, advice.cost_before, advice.cost_after, (), None, None, None)


def _served(question: Question, cost: StatementCost, change: Change | None) -> Served:
    statement = question.statement
    return Served(
        id=statement.id,
        name=statement.name,
        sql=statement.sql,
        weight=question.weight,
        cost_before=cost.cost_before,
        cost_after=cost.cost_after,
        plan_change=change.sentence if change is not None else "",
    )
