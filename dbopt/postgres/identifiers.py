"""Quoting of names and literals by psycopg: for SQL that is shown before it is run, and to compose what is run."""

from __future__ import annotations

import re
from functools import cache

from psycopg import sql
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from dbopt import resources

__all__ = ["SQL", "Composable", "Composed", "Identifier", "Literal", "dollar_quoted", "literal", "qualified", "quoted"]

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


@cache
def _reserved() -> frozenset[str]:
    return frozenset(resources.keywords())


def quoted(name: str) -> str:
    """The name as it must stand in SQL, with quotes only where they are needed."""
    if _PLAIN.fullmatch(name) and name not in _reserved():
        return name
    return sql.Identifier(name).as_string(None)


def qualified(schema: str, name: str) -> str:
    return f"{quoted(schema)}.{quoted(name)}"


def literal(value: str | int | float | bool | None) -> str:
    """The value as an SQL literal."""
    return sql.Literal(value).as_string(None)


def dollar_quoted(body: str) -> str:
    """A function's body between dollar quotes that it does not hold itself."""
    tag = "$dbopt$"
    while tag[:-1] in body:
        tag = f"{tag[:-1]}_$"
    return f"{tag}{body}{tag}"
