"""Dangerous calls that a statement makes through views, functions and triggers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dbopt.errors import UnsafeStatement
from dbopt.plan.safety import danger_in, danger_in_body
from dbopt.plan.tree import Plan
from dbopt.postgres.session import Row, Session
from dbopt.workload.lexer import fold

_NAME = re.compile(r'"(?:[^"]|"")+"|[^\W\d][\w$]*')
_DEPTH = 10  # functions that call functions that call ...


def refuse(session: Session, sql: str, values: Sequence[str | None], plan: Plan, *, writes: bool) -> None:
    """Raise UnsafeStatement where running the statement would call a function that a rollback does not undo.

    Looked at are the statement, the values bound to it, the expressions of its plan (made with VERBOSE: views and SQL
    functions are already part of it), and, from name to name, the bodies of the functions, views and, if it writes,
    triggers behind them. What a function builds and executes at run time from parts cannot be seen; neither can what a
    function in C does.
    """
    texts = [sql, *(value for value in values if value), *(text for node in plan.nodes for text in node.expressions)]
    danger = danger_in(texts)
    if danger:
        raise _unsafe(str(danger))
    relations = [node.relation for node in plan.nodes if node.relation]
    _refuse_in_definitions(session, _names(texts) | set(relations), writes)


def _refuse_in_definitions(session: Session, names: set[str], writes: bool) -> None:
    known: set[str] = set()
    for _ in range(_DEPTH):
        if not names - known:
            return
        definitions = session.rows("plan/definitions", names=sorted(names - known), writes=writes)
        known |= names
        for definition in definitions:
            _refuse_definition(definition)
        names = _names(definition["body"] or "" for definition in definitions)
    if names - known:
        raise _unsafe(f"its functions call others more than {_DEPTH} deep, too deep to be looked through")


def _refuse_definition(definition: Row) -> None:
    place = f"{definition['kind']} {definition['schema']}.{definition['name']}"
    if definition["volatile"] and not definition["trusted"]:
        raise _unsafe(f"{place} is written in {definition['language']}, which can do anything")
    danger = danger_in([definition["body"] or ""]) or danger_in_body(definition["body"] or "")
    if danger:
        raise _unsafe(f"{place}: {danger}")


def _names(texts: Iterable[str]) -> set[str]:
    """Everything that may be a name, those inside of strings included."""
    return {_unquoted(word) for text in texts for word in _NAME.findall(text)}


def _unquoted(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else fold(word)


def _unsafe(reason: str) -> UnsafeStatement:
    return UnsafeStatement(f"not run: {reason}", hint="without --analyze it is only planned")
