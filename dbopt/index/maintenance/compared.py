"""Which columns a workload compares by equality, and with what. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlglot import exp

from dbopt.index.candidates import Need, needs_of
from dbopt.index.maintenance.context import Context
from dbopt.index.maintenance.facts import Name
from dbopt.index.questions import Question
from dbopt.workload.sql import identifier_name

_INVENTED = ("statistics", "types")  # values that dbopt chose itself say nothing about those that come


@dataclass(frozen=True)
class Compared:
    """A statement that compares columns of a table with values, all at once."""

    number: int
    table: Name
    columns: frozenset[str]


def compared(context: Context) -> Iterator[Compared]:
    """What each statement compares by equality, not joins, per branch of its conditions."""
    for number, question in enumerate(context.asked):
        for need in _needs(question, context):
            seen: set[frozenset[str]] = set()
            for branch in need.branches:
                columns = frozenset(key.name for key in branch.equal if not key.is_expression)
                if columns and columns not in seen:
                    seen.add(columns)
                    yield Compared(number, need.relation.key, columns)


def _needs(question: Question, context: Context) -> list[Need]:
    try:
        return needs_of(question.tree, context.catalog) if question.tree is not None else []
    except RecursionError:
        return []


def pairs(found: Sequence[Compared]) -> dict[tuple[Name, tuple[str, str]], list[int]]:
    """Every two columns that are compared together, with the statements, in a fixed order."""
    result: dict[tuple[Name, tuple[str, str]], list[int]] = {}
    for one in found:
        for pair in combinations(sorted(one.columns), 2):
            numbers = result.setdefault((one.table, pair), [])
            if one.number not in numbers:
                numbers.append(one.number)
    return dict(sorted(result.items()))


def compared_expressions(context: Context) -> dict[tuple[Name, str], list[int]]:
    """Expressions that statements compare by equality, and of which the planner made hypothetical indexes, so that they
    are immutable; with the statements, in a fixed order.
    """
    result: dict[tuple[Name, str], list[int]] = {}
    for number, question in enumerate(context.asked):
        allowed = {(index.schema, index.table, key.name) for index in question.candidates for key in index.keys}
        for need in _needs(question, context):
            keys = {key.name for branch in need.branches for key in branch.equal if key.is_expression}
            for name in keys:
                if (*need.relation.key, name) in allowed:
                    result.setdefault((need.relation.key, name), []).append(number)
    return dict(sorted((key, sorted(set(numbers))) for key, numbers in result.items()))


def values_of(question: Question, column: str) -> list[str | None]:
    """The values that a column of this name is compared with, None for one that is not known."""
    if question.tree is None:
        return []
    found: list[str | None] = []
    for node in question.tree.find_all(exp.EQ, exp.In):
        sides = [node.this, *(node.expressions if isinstance(node, exp.In) else [node.expression])]
        if not any(isinstance(side, exp.Column) and identifier_name(side.this) == column for side in sides):
            continue
        for side in sides:
            if not isinstance(side, exp.Column):
                found += _values(side, question)
    return found


def _values(side: exp.Expression, question: Question) -> list[str | None]:
    while isinstance(side, (exp.Cast, exp.Paren)):
        side = side.this
    if isinstance(side, exp.Literal):
        return [side.name]
    if isinstance(side, exp.Boolean):
        return ["t" if side.this else "f"]
    if isinstance(side, exp.Parameter) and side.name.isdigit():
        statement = question.statement
        sets = () if statement.parameters_from in _INVENTED else statement.parameters
        number = int(side.name) - 1
        return [values[number] for values in sets if number < len(values)] or [None]
    return [None]
