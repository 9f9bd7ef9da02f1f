"""Statements of one template that the planner plans alike: one of them is asked about for all. Pure.

A template has one fingerprint: its statements differ in values. Where they are plans with the same nodes on the same
relations, with about as many rows and about the same cost, and the same indexes could serve them, their plans under
other indexes differ as little; and a sum over the workload by less, since each counts by its own cost as things are.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dbopt.plan.tree import Plan

if TYPE_CHECKING:
    from dbopt.index.questions import Question

ROWS_ALIKE = 1.25  # factor between the rows of two nodes that may still be alike
COSTS_ALIKE = 1.1


def shape(plans: Iterable[Plan]) -> Hashable:
    """What alike statements have in common: for each of the parameter sets the plan's nodes, rows and cost, roughly."""
    return tuple(
        (
            tuple(
                (node.node_type, node.relation, node.index, _step(node.plan_rows, ROWS_ALIKE)) for node in plan.nodes
            ),
            _step(plan.cost, COSTS_ALIKE),
        )
        for plan in plans
    )


def _step(value: float, ratio: float) -> int:
    return round(math.log(max(value, 0.01), ratio))


def grouped(asked: Sequence[Question]) -> list[Question]:
    """One question for all that are alike, in the place of the first: that of the middle cost."""
    partial = frozenset((i.schema, i.table, i.predicate) for one in asked for i in one.candidates if i.predicate)
    groups: dict[Hashable, list[Question]] = {}
    for question in asked:
        groups.setdefault(_key(question, partial), []).append(question)
    return [_one_of(alike) for alike in groups.values()]


def _key(question: Question, partial: frozenset[tuple[str, str, str]]) -> Hashable:
    """Of the predicates that an index could have those count that one has."""
    return (
        question.statement.id,
        question.foreign_key,
        question.shape,
        question.candidates,
        question.leads,
        question.predicates & partial,
        frozenset(question.refused),
        question.tree is None,
    )


def _one_of(alike: Sequence[Question]) -> Question:
    if len(alike) == 1:
        return alike[0]
    middle = sorted(alike, key=lambda one: one.cost)[len(alike) // 2]
    others = tuple((one.statement, one.cost) for one in alike if one is not middle)
    return replace(middle, others=others)
