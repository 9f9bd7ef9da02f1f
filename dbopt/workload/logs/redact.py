"""Logs without secrets: what stays of texts, plans and errors is free of the values in them. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from dbopt.workload.lexer import Kind, Token, tokens
from dbopt.workload.logs.aggregate import Sums

_HIDDEN = "?"
# properties of a plan's node in text format whose value is no expression
_NUMBERS = re.compile(
    r"\s*(?:Rows Removed by [\w ]+|Buffers|I/O Timings|Planning Time|Execution Time|Heap Fetches|Heap Blocks|Workers "
    r"(?:Planned|Launched)|Worker \d+|Buckets|Batches|Sort Method|Hits|Cache Mode|Group Count|Peak Memory Usage|WAL|"
    r"Timing|Loops|Planned Partitions|Full-sort Groups|Pre-sorted Groups|Index Searches|Storage|JIT|Functions): "
)
_NODE = re.compile(
    r"\s*(?:->  )?[A-Z][^':?]*(?:  ?\((?:cost=[\d.]+ rows=\d+ width=\d+|actual [a-z0-9=. ]*|never executed)\))+\s*"
)
_PLAN_NAMES = frozenset((
    "Node Type", "Relation Name", "Schema", "Alias", "Index Name", "Join Type", "Strategy", "Partial Mode", "Operation",
    "Parent Relationship", "Subplan Name", "CTE Name", "Scan Direction", "Sort Method", "Sort Space Type", "Command",
    "Function Name", "Custom Plan Provider", "Cache Mode", "Storage", "Conflict Resolution",
))  # fmt: skip
# cardinality, integrity, rollbacks, resources and what functions raise
_CLASSES_OF_EXECUTION = frozenset((b"21", b"23", b"25", b"40", b"53", b"54", b"55", b"57", b"58", b"P0"))
_EXECUTION = re.compile(
    rb"deadlock detected|canceling |could not (?:serialize|obtain lock)|[^\"]+ violates |division by zero"
)
_DROPPED = ("Query Text", "Query Parameters")


def without_literals(text: str) -> str:
    """SQL without its literals and comments."""
    return "".join(_shown(token.kind, token.text) for token in tokens(text))


def _shown(kind: Kind, text: str) -> str:
    if kind in (Kind.STRING, Kind.NUMBER):
        return _HIDDEN
    return " " if kind is Kind.COMMENT else text


def is_ambiguous(text: str) -> bool:
    """Whether a string holds a backslash before its end or before a quote: with standard_conforming_strings off it
    ends elsewhere, and what looks like SQL may be a value.
    """
    plain = (token.text for token in tokens(text) if token.kind is Kind.STRING and token.text[:1] not in "eE$")
    return any(re.search(r"\\'", string) is not None for string in plain)


def was_understood(sums: Sums) -> bool:
    """Whether the server got past reading a statement. In one that it could not read, or whose names it did not know,
    what looks like a name may be a value: `= "x@example.org"`, `PASSWORD secret`.
    """
    if sums.calls or sums.cancelled or sums.deadlocks or sums.lock_waits or sums.temp_files:
        return True
    return any(_is_of_execution(state, message) for state, (_, message) in sums.messages.items())


def _is_of_execution(state: bytes, message: bytes) -> bool:
    """Whether an error came while the statement ran. Where the log has no SQLSTATE, the message must say so."""
    if state:
        return state[:2] in _CLASSES_OF_EXECUTION
    return _EXECUTION.match(message) is not None


def plan_text(plan: str) -> str:
    """A plan in text format without the values in its conditions. Strings go first: they may hold line breaks, and
    what looks like a line of its own behind them.
    """
    without = "".join(_HIDDEN if one.kind is Kind.STRING else _shown_but_numbers(one) for one in tokens(plan))
    return "\n".join(_line(line) for line in without.split("\n") if not line.lstrip().startswith(_DROPPED))


def _shown_but_numbers(token: Token) -> str:
    return " " if token.kind is Kind.COMMENT else token.text


def _line(line: str) -> str:
    return line if _NODE.fullmatch(line) or _NUMBERS.match(line) else without_literals(line)


def plan_document(plan: Any, key: str = "") -> Any:
    """A plan in JSON without the values in its conditions."""
    if isinstance(plan, dict):
        return {name: plan_document(value, name) for name, value in plan.items() if name not in _DROPPED}
    if isinstance(plan, list):
        return [plan_document(item, key) for item in plan]
    return without_literals(plan) if isinstance(plan, str) and key not in _PLAN_NAMES else plan


def document_of(text: str) -> Any:
    """A plan in JSON without the statement's text; None where it is cut."""
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return {name: value for name, value in found.items() if name not in _DROPPED} if isinstance(found, dict) else None
