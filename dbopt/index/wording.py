"""Advice in a sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from dbopt.index.advice import StatementCost
from dbopt.index.candidates.expressions import bare
from dbopt.index.model import Index
from dbopt.index.problem import Problem
from dbopt.index.questions import Question
from dbopt.units import size_text

CHEAP = 25.0  # planner cost of a handful of pages
_OF_TIME = re.compile(r"date_trunc\(|date\(|to_char\(|EXTRACT\(|date_part\(| AS (DATE|TIME|TIMESTAMP)", re.IGNORECASE)


def of_index(index: Index, served: Sequence[tuple[Question, StatementCost]]) -> str:
    """What the index is for: "Serves 3 statements; most gains q7: cost 10.4 instead of 1,029." """
    number = f"{len(served)} statement{'s' if len(served) != 1 else ''}"
    if not served:
        return "Serves plans together with other indexes of this advice."
    question, cost = served[0]
    gain = f"cost {_cost(cost.cost_after)} instead of {_cost(cost.cost_before)}"
    covers = ", which find all their columns in the index" if index.include else ""
    if len(served) == 1:
        covers = ", which finds all its columns in the index" if index.include else ""
        if question.foreign_key is not None:
            checked = (
                f"the check of foreign key {question.foreign_key}, once for each row that {question.statement.label}"
            )
            return f"Serves {checked} writes: {gain}."
        return f"Serves statement {question.statement.label}{covers}: {gain}."
    return f"Serves {number}{covers}; {question.statement.label} gains most: {gain}."


def of_no_index(question: Question, number: int, problem: Problem) -> str:
    """Why no index of the advice helps a statement, which is that of this number in the problem."""
    if not question.weight:
        return "It was not called: nothing that it costs counts."
    if question.tree is None:
        return "Its SQL could not be analysed, and no index for another statement helps it."
    if question.cost <= CHEAP:
        return f"It is fast already: its plan costs {_cost(question.cost)}."
    if problem.budget_bytes is not None and question.candidates:
        smallest = min(map(problem.size, question.candidates))
        if smallest > problem.budget_bytes:
            budget = size_text(problem.budget_bytes)
            return (
                f"Every index to try is larger than the budget of {budget}: the smallest takes {size_text(smallest)}."
            )
    least = problem.costs.least(number)
    if question.candidates and least < 0.99 * question.cost:
        gain = f"An index could lower its cost from {_cost(question.cost)} to {_cost(least)}, but"
        return f"{gain} {_hindrance(question, problem)}."
    obstacle = _obstacle(question)
    if obstacle:
        return obstacle
    many = f"{len(question.candidates)} candidates" if len(question.candidates) != 1 else "the one candidate"
    if question.indexes_read:
        read = ", ".join(sorted(question.indexes_read))
        others = f"none of {many} makes it cheaper" if question.candidates else "there is no other to try"
        return f"Its plan, which costs {_cost(question.cost)}, reads {read} already; {others}."
    if question.candidates:
        return f"None of {many} makes its plan cheaper than {_cost(question.cost)}."
    return "There is no index to try: it has no condition, join or order that waits for one."


def _hindrance(question: Question, problem: Problem) -> str:
    """What keeps an index that helps out of the advice: only what can."""
    reasons = []
    if problem.budget_bytes is not None:
        reasons.append("takes more than the budget leaves")
    if problem.max_per_table is not None:
        reasons.append("is one too many of its table")
    if any(problem.write_cost(index) > 0 for index in question.candidates):
        reasons.append("costs more in writes than it saves")
    return ", or ".join(reasons) or "saves too little to be worth its space"


def _obstacle(question: Question) -> str:
    """What stands in the way of an index; empty where nothing does."""
    array = _searched_array(question.tree) if question.tree is not None else ""
    if array:
        return f"No index serves value = ANY ({array}): write {array} @> ARRAY[value], which a GIN index serves."
    for index, reason in question.refused.items():
        return _of_refused(index, reason)
    if question.lacking is not None and not question.candidates:
        return (
            f"Only an operator class of the extension {question.lacking} serves its condition: "
            f"CREATE EXTENSION {question.lacking}, then ask again."
        )
    return ""


def _searched_array(tree: exp.Expression) -> str:
    """The column of an array that a value is looked for in by ANY."""
    for comparison in tree.find_all(exp.EQ):
        value, any_ = comparison.this, comparison.expression
        array = bare(any_.this) if isinstance(any_, exp.Any) else None
        if isinstance(array, exp.Column) and value.find(exp.Column) is None:
            return array.sql("postgres")
    return ""


def _of_refused(index: Index, reason: str) -> str:
    keys = ", ".join(key.sql() for key in index.keys)
    if "access method" in reason and "is not supported" in reason:
        return f"HypoPG cannot try an index of the access method {index.method}, here ({keys}): use --what-if shadow."
    if "IMMUTABLE" not in reason:
        return f"An index ({keys}) cannot be built: {reason}."
    way = "compare the column itself, with a range"
    if "to_tsvector(" in keys:
        way = "name the configuration, as in to_tsvector('english', ...)"
    elif _OF_TIME.search(keys) is not None:
        way += ", or fix the time zone with AT TIME ZONE"
    return f"An index ({keys}) cannot be built, since the expression is not immutable: {way}."


def _cost(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"
