"""Conditions that the planner has to guess, since a function, a cast or a computation hides a column of which it used
statistics before. A plan that rests on such a guess looks cheap: of a condition that it knows nothing of, the planner
expects half a per cent of the rows (DEFAULT_EQ_SEL and its kind in src/include/utils/selfuncs.h). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from dbopt.plan.names import Names, conjuncts

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_COLUMN = re.compile(rf"{_NAME}\.{_NAME}(?!\s*\()")
_PREFIX = re.compile(rf"{_NAME}\.(?=[\"\w])")
_NO_NAMES = Names({})
_STATISTICS_OF = "statistics of "
_CALLED = re.compile(rf"{_NAME}\((?:[^()]*, )?\(*$")
_COMPUTED_WITH = re.compile(r"(?:\)::[\w ]+)?\)* (?:\+|-|\*|/|%|\|\|) ")
_ADDED_TO = re.compile(r" (?:\+|-|\*|/|%|\|\|) \(*$")
_FACTOR = 10.0
"""By how much fewer rows a guess must promise to be one that misleads."""
_ROWS_FLOOR = 100


@dataclass(frozen=True)
class Guess:
    """A condition on a relation, the rows that are expected of it, and those of the condition in its place."""

    relation: str
    condition: str
    rows: float
    rows_before: float


def find(before: Mapping[str, float], after: Mapping[str, float]) -> Iterator[Guess]:
    """The guesses by the estimates of two plans (Facts.estimates)."""
    for key, rows in after.items():
        relation, conditions = _parted(key)
        for old_key, old_rows in before.items() if conditions else ():
            old_relation, old_conditions = _parted(old_key)
            if old_relation != relation or old_rows < max(_ROWS_FLOOR, _FACTOR * max(rows, 1.0)):
                continue
            hidden = _hiding(old_conditions - conditions, conditions - old_conditions)
            if hidden is not None:
                yield Guess(relation, hidden, rows, old_rows)


def is_known(guess: Guess, knowledge: Iterable[str]) -> bool:
    """Whether the planner has statistics of the expression (TableFacts.knowledge): then it does not guess."""
    condition = _PREFIX.sub("", guess.condition)
    expressions = (text.removeprefix(_STATISTICS_OF) for text in knowledge if text.startswith(_STATISTICS_OF))
    return any(_NO_NAMES.text(expression) in condition for expression in expressions)


def _parted(key: str) -> tuple[str, frozenset[str]]:
    """The relation and its conditions; none for what is no table's estimate."""
    relation, separator, condition = key.partition(": ")
    return (relation, frozenset(conjuncts(condition))) if separator else (key, frozenset())


def _hiding(gone: frozenset[str], new: frozenset[str]) -> str | None:
    """The new condition in which more stands around a column than in one that is gone."""
    for condition in sorted(new):
        for column, around in _wrappings(condition).items():
            if any(_wrappings(old).get(column, around) < around for old in gone):
                return condition
    return None


class _Around(IntEnum):
    """What stands around a column. Around a varchar, PostgreSQL itself writes a cast to text."""

    NOTHING = 0
    CAST = 1
    COMPUTATION = 2


def _wrappings(condition: str) -> dict[str, _Around]:
    return {match[0]: _around(condition, match) for match in _COLUMN.finditer(condition)}


def _around(condition: str, column: re.Match[str]) -> _Around:
    head, tail = condition[: column.start()], condition[column.end() :]
    if _CALLED.search(head) or _COMPUTED_WITH.match(tail) or _ADDED_TO.search(head):
        return _Around.COMPUTATION
    return _Around.CAST if tail.startswith(")::") else _Around.NOTHING
