"""Partition bounds as the server writes them (pg_get_expr of relpartbound). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from dbopt.errors import QueryFailed
from dbopt.postgres.identifiers import literal


class Edge(StrEnum):
    """Before and after every value."""

    MINVALUE = "MINVALUE"
    MAXVALUE = "MAXVALUE"


Value = str | Edge | None
"""A constant in its text form; None is NULL."""


@dataclass(frozen=True)
class Range:
    """From `lower`, included, to `upper`, excluded; a value for each column of the key."""

    lower: tuple[Value, ...]
    upper: tuple[Value, ...]


@dataclass(frozen=True)
class Values:
    """The rows whose key is one of these."""

    values: tuple[Value, ...]


@dataclass(frozen=True)
class Hash:
    """The rows whose key's hash, divided by `modulus`, leaves `remainder`."""

    modulus: int
    remainder: int


@dataclass(frozen=True)
class Default:
    """The rows that no other partition takes."""


Bound = Range | Values | Hash | Default

_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>E?'(?:[^']|'')*')(?:::[\w\s\"\[\]().]+?(?=\s*[,)]))?|(?P<word>-?[\w.]+)|(?P<mark>[(),]))"
)


def parse(text: str) -> Bound:
    """Read "FOR VALUES FROM (...) TO (...)", "... IN (...)", "... WITH (modulus n, remainder n)" or "DEFAULT".

    Raises QueryFailed for anything else.
    """
    if text == "DEFAULT":
        return Default()
    body = text.removeprefix("FOR VALUES ")
    hashed = re.fullmatch(r"WITH \(modulus (\d+), remainder (\d+)\)", body)
    if hashed:
        return Hash(int(hashed[1]), int(hashed[2]))
    lists = _lists(body, text)
    if body.startswith("IN ") and len(lists) == 1:
        return Values(lists[0])
    if body.startswith("FROM ") and len(lists) == 2:
        return Range(*lists)
    raise _unknown(text)


def written(bound: Bound) -> str:
    """The bound as it stands in CREATE TABLE ... PARTITION OF, values as quoted constants."""
    if isinstance(bound, Default):
        return "DEFAULT"
    if isinstance(bound, Hash):
        return f"FOR VALUES WITH (MODULUS {bound.modulus}, REMAINDER {bound.remainder})"
    if isinstance(bound, Values):
        return f"FOR VALUES IN ({_constants(bound.values)})"
    return f"FOR VALUES FROM ({_constants(bound.lower)}) TO ({_constants(bound.upper)})"


def _constants(values: tuple[Value, ...]) -> str:
    return ", ".join(value.value if isinstance(value, Edge) else literal(value) for value in values)


def _lists(body: str, text: str) -> list[tuple[Value, ...]]:
    """The values in each pair of parentheses."""
    found: list[tuple[Value, ...]] = []
    inside: list[Value] | None = None
    position = 0
    while position < len(body.rstrip()):
        token = _TOKEN.match(body, position)
        if token is None:
            raise _unknown(text)
        if token["mark"] == "(":
            inside = []
        elif token["mark"] == ")":
            found.append(tuple(inside or ()))
            inside = None
        elif inside is not None and not token["mark"]:
            inside.append(_value(token))
        position = token.end()
    return found


def _value(token: re.Match[str]) -> Value:
    quoted, word = token["quoted"], token["word"]
    if quoted is not None:
        plain: str = quoted.removeprefix("E")[1:-1].replace("''", "'")
        return plain.replace("\\\\", "\\") if quoted.startswith("E") else plain
    if word == "NULL":
        return None
    return Edge(word) if word in list(Edge) else str(word)


def _unknown(text: str) -> QueryFailed:
    return QueryFailed(f"cannot read the partition bound {text}")
