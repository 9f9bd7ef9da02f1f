"""The kind of a statement, told from its tokens, whether or not it can be parsed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dbopt.workload.lexer import Token, significant

_QUERIES = frozenset(("select", "values", "table"))
_CHANGES = frozenset(("insert", "update", "delete", "merge"))


def kind_of(sql: str) -> str:
    """select, insert, update, delete, merge or utility. A query whose WITH changes data counts as that change; SELECT
    INTO, EXPLAIN and everything that cannot be planned is utility; VALUES and TABLE are select.
    """
    words = [token for token in significant(sql) if token.text != ";"]
    while words and words[0].text == "(":
        words = words[1:]
    first = words[0].folded if words else ""
    if first in _CHANGES:
        return first
    if first == "with":
        return next(_changes(words), None) or _kind_of_query(words)
    return _kind_of_query(words) if first in _QUERIES else "utility"


def _changes(words: list[Token]) -> Iterator[str]:
    """The data-modifying commands of a WITH query, the main one first: each stands behind a parenthesis."""
    found = []
    depth = 0
    for number, token in enumerate(words):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if number and words[number - 1].text in ("(", ")") and _starts_change(words[number:]):
            found.append((depth, number, token.folded))
    yield from (command for _, _, command in sorted(found))


def _starts_change(words: list[Token]) -> bool:
    """None of these four is a reserved word: a column may have that name."""
    following = words[1].folded if len(words) > 1 else ""
    match words[0].folded:
        case "insert" | "merge":
            return following == "into"
        case "delete":
            return following == "from"
        case "update":
            return any(token.folded == "set" for token in words[2:10])
    return False


def _kind_of_query(words: list[Token]) -> str:
    """SELECT ... INTO makes a table. INTO is a reserved word, so it can only be a label behind AS or a dot."""
    depth = 0
    for before, token in pairwise(words):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.folded == "into" and depth == 0 and before.folded not in ("as", "."):
            return "utility"
    return "select"
