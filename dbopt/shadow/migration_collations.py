"""Collations of ICU in a migration, for a server without it: they become ones of the C library. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from dbopt.postgres.identifiers import literal
from dbopt.shadow.migration_words import after
from dbopt.workload.lexer import Kind, Token, significant


def without_icu(statement: str, locale: str) -> str:
    """The statement, line for line, with another provider where it creates a collation of ICU."""
    found = significant(statement)
    if [token.folded for token in found[:2]] != ["create", "collation"] or not _is_of_icu(found):
        return statement
    start = next(token.start for token in found if token.text == "(")
    end = found[-1].end
    lines = "\n" * statement.count("\n", start, end)
    return f"{statement[:start]}(provider = libc, locale = {literal(locale)}{lines}){statement[end:]}"


def _is_of_icu(found: list[Token]) -> bool:
    words = [token.text.strip("'\"").lower() for token in found]
    return found[-1].text == ")" and ["provider", "=", "icu"] in [words[n : n + 3] for n in range(len(words))]


def predefined(statements: Iterable[list[Token]]) -> frozenset[str]:
    """The predefined collations of ICU that statements name."""
    return frozenset(
        name
        for tokens in statements
        for name in after([token for token in tokens if not _is_of_catalog(token)], {"collate", "from"})
        if name.endswith("-x-icu")
    )


def _is_of_catalog(token: Token) -> bool:
    return token.folded == "pg_catalog" or (token.kind is Kind.PUNCTUATION and token.text == ".")
