"""Commands, which have no plan, told from queries by their first words. Pure."""

from __future__ import annotations

import re

from dbopt.workload.lexer import Token, tokens

# CREATE TABLE AS and its like hold a query that can be planned
_WITH_QUERY = re.compile(
    r"(create\s+(unlogged\s+|temp\s+|temporary\s+|local\s+|global\s+)*table\b.*\bas\s*\(?\s*(select|with|values|table)\b)"
    r"|(create\s+materialized\s+view\b)|(select\b)|(with\b)",
    re.IGNORECASE | re.DOTALL,
)
_COMMANDS_WORDS = """
    abort alter analyse analyze begin call checkpoint close cluster comment commit copy create deallocate declare
    discard do drop end execute explain fetch grant import listen load lock move notify prepare reassign refresh reindex
    release reset revoke rollback savepoint security set show start truncate unlisten vacuum"""
_COMMANDS = frozenset(_COMMANDS_WORDS.split())
_QUERIES = frozenset(("(", "select", "with", "values", "table", "insert", "update", "delete", "merge"))


def is_command(sql: str) -> bool:
    """Whether the statement is a command without a query to be planned. A misspelt statement is none: it stays."""
    first = _first(sql)
    return first is None or (first.folded in _COMMANDS and not _WITH_QUERY.match(sql, first.start))


def names_command(sql: str) -> bool:
    """Whether the first word is that of a command: CREATE TABLE AS is one, although it holds a query."""
    first = _first(sql)
    return first is not None and first.folded in _COMMANDS


def begins_as_sql(sql: str) -> bool:
    """Whether the first word is one with which a statement of PostgreSQL begins."""
    first = _first(sql)
    return first is None or first.folded in _COMMANDS | _QUERIES


def first_word(sql: str) -> str:
    """What the statement starts with, in capital letters: SELECT, COPY, ..."""
    first = _first(sql)
    return "" if first is None else first.text.upper()


def _first(sql: str) -> Token | None:
    """The first token that says anything: a text may consist of semicolons."""
    return next((token for token in tokens(sql) if token.is_significant and token.text != ";"), None)
