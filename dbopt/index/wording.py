"""Advice in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dbopt.index.advice import StatementCost
from dbopt.index.model import Index
from dbopt.index.questions import Question

CHEAP = 25.0  # planner cost of a handful of pages


def of_index(index: Index, served: Sequence[tuple[Question, StatementCost]]) -> str:
    """What the index is for: "Serves 3 statements; most gains q7: cost 10.4 instead of 1,029." """
    number = f"{len(served)} statement{'s' if len(served) != 1 else ''}"
    if not served:
        return "Serves plans together with other indexes of this advice."
    question, cost = served[0]
    gain = f"cost {_cost(cost.cost_after)} instead of {_cost(cost.cost_before)}"
    covers = ", which find all their columns in the index," if index.include else ""
    if len(served) == 1:
        covers = ", which finds all its columns in the index," if index.include else ""
        if question.foreign_key is not None:
            checked = (
                f"the check of foreign key {question.foreign_key}, once for each row that {question.statement.label}"
            )
            return f"Serves {checked} writes: {gain}."
        return f"Serves statement {question.statement.label}{covers}: {gain}."
    return f"Serves {number}{covers}; {question.statement.label} gains most: {gain}."


def of_no_index(question: Question, least: float) -> str:
    """Why no index of the advice helps a statement. `least` is its lowest cost under any indexes that were tried."""
    if question.tree is None:
        return "Its SQL could not be analysed, and no index for another statement helps it."
    if question.cost <= CHEAP:
        return f"It is fast already: its plan costs {_cost(question.cost)}."
    if not question.candidates:
        return _of_no_candidate(question)
    if least >= 0.99 * question.cost:
        return f"None of {len(question.candidates)} candidates makes its plan cheaper than {_cost(question.cost)}."
    return (
        f"An index could lower its cost from {_cost(question.cost)} to {_cost(least)}, "
        "but takes more than the budget leaves, or costs more in writes than it saves."
    )


def _of_no_candidate(question: Question) -> str:
    for index, reason in question.refused.items():
        keys = ", ".join(key.sql() for key in index.keys)
        return f"An index ({keys}) cannot be built: {reason}."
    if question.lacking is not None:
        return (
            f"Only an operator class of the extension {question.lacking} serves its condition: "
            f"CREATE EXTENSION {question.lacking}, then ask again."
        )
    return "There is no index to try: it has no condition, join or order that waits for one."


def _cost(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"
