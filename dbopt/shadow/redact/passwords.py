"""Passwords that stand in a schema: in connection strings and URIs, and in code beside a name that says what they are.
Pure.

Recognised are names that end in password, passwd or pwd. In what the planner reads (views, constraints, functions in
SQL) only strings are looked into: `WHERE password = 'x'` is a condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, auto

from dbopt.workload.lexer import Kind, Token, tokens

_SUSPECT = re.compile(r"passw|pwd|://", re.IGNORECASE)
_NAME = r"\b\w*(?:password|passwd|pwd)"
_QUOTED = r"(?P<quote>''|\\?[\"'])(?:(?!(?P=quote))[^\n])+(?:(?P=quote)|\Z)"
# Neither what format() and EXECUTE fill in, nor the end of a pattern of LIKE.
_BARE = r"(?!(?:%(?:\d+\$)?[sIL]?|\$\d+)(?:[\s'\"]|\Z))(?:[^\s'\"\\]|\\.)+"
_GIVEN = re.compile(
    rf"(?P<name>{_NAME}(?:\s+|(?:''|\\?[\"'])?\s*(?:=>|:=|=|:)\s*)){_QUOTED}|(?P<key>{_NAME}\s*=(?![=>])\s*){_BARE}",
    re.IGNORECASE,
)
_URI = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@'\"]*:)[^\s@/'\"]+(@)", re.IGNORECASE)
_OPEN = re.compile(rf"{_NAME}\s*=\s*(?:''|\\?[\"'])?\Z", re.IGNORECASE)
_NAMED = re.compile(rf"{_NAME}\"?\Z", re.IGNORECASE)
LANGUAGE = re.compile(r'\n    LANGUAGE ("(?:[^"]|"")+"|\w+)')
_FUNCTIONS = ("CREATE FUNCTION ", "CREATE PROCEDURE ")
_NO_TYPE = frozenset({"is", "then", "and", "or", "not", "in", "like", "from", "into", "where", "language", "set"})
_REDACTED = "'redacted'"


class _Awaited(Enum):
    NOTHING = auto()
    ANYTHING = auto()  # right behind the name of a password
    ASSIGNMENT = auto()  # behind its type
    VALUE = auto()
    ARGUMENTS = auto()  # behind the name of a function, or of a variable, that gives the value
    TYPE = auto()  # of a string that goes on


_NEXT = {
    (_Awaited.VALUE, "||"): _Awaited.VALUE,
    (_Awaited.VALUE, ","): _Awaited.VALUE,
    (_Awaited.VALUE, "("): _Awaited.VALUE,
    (_Awaited.VALUE, "::"): _Awaited.TYPE,
    (_Awaited.ARGUMENTS, "("): _Awaited.VALUE,
}


def without_passwords(statement: str) -> str:
    """The statement of a schema with `redacted` in the place of each password that can be recognised."""
    if not _SUSPECT.search(statement):
        return statement
    if not statement.startswith(_FUNCTIONS):
        return _of_tokens(tokens(statement), is_code=False)
    language = LANGUAGE.search(statement)
    return _of_tokens(tokens(statement), is_code=True, language=language[1] if language else "")


def _of_tokens(found: Iterable[Token], *, is_code: bool, language: str | None = None) -> str:
    """`language` is that of the body, where these are the tokens of a function."""
    parts = []
    awaited = _Awaited.NOTHING
    for token in found:
        if token.kind is Kind.COMMENT:
            parts.append(_of_text(token.text))
        elif token.kind is Kind.SPACE:
            parts.append(token.text)
        else:
            is_password = token.kind is Kind.STRING and awaited in (_Awaited.VALUE, _Awaited.ANYTHING)
            parts.append(_REDACTED if is_password else _of_token(token, language))
            awaited = _after(token, _Awaited.NOTHING if is_password else awaited, is_code=is_code)
    return "".join(parts)


def _after(token: Token, awaited: _Awaited, *, is_code: bool) -> _Awaited:
    """What may follow this token. `'password=' || 'x'` is a password, too."""
    if token.kind is Kind.STRING:
        return _Awaited.VALUE if _OPEN.search(token.text[:-1]) else _Awaited.NOTHING
    if (awaited, token.text) in _NEXT:
        return _NEXT[awaited, token.text]
    if token.kind is Kind.WORD and awaited in (_Awaited.VALUE, _Awaited.TYPE):
        return _Awaited.ARGUMENTS if awaited is _Awaited.VALUE else _Awaited.VALUE
    if is_code and token.kind in (Kind.WORD, Kind.QUOTED) and _NAMED.search(token.text):
        return _Awaited.ANYTHING
    return _assigned(token, awaited)


def _assigned(token: Token, awaited: _Awaited) -> _Awaited:
    """`password text := 'x'`, `password => 'x'`, `SET my.password TO 'x'`"""
    if awaited not in (_Awaited.ANYTHING, _Awaited.ASSIGNMENT):
        return _Awaited.NOTHING
    if token.text == ":=" or token.folded == "default":
        return _Awaited.VALUE
    if awaited is _Awaited.ANYTHING and (token.text in ("=", "=>") or token.folded == "to"):
        return _Awaited.VALUE
    is_type = token.kind is Kind.WORD and token.folded not in _NO_TYPE
    is_length = awaited is _Awaited.ASSIGNMENT and (token.kind is Kind.NUMBER or token.text in ("(", ")"))
    return _Awaited.ASSIGNMENT if is_type or is_length else _Awaited.NOTHING


def _of_token(token: Token, language: str | None) -> str:
    if token.kind is not Kind.STRING:
        return token.text
    if not token.text.startswith("$"):
        start = token.text.index("'") + 1
        end = len(token.text) - token.text.endswith("'")
        return token.text[:start] + _of_text(token.text[start:end]) + token.text[end:]
    tag = token.text[: token.text.index("$", 1) + 1]
    body = token.text[len(tag) : -len(tag)]
    if language in ("sql", "plpgsql"):
        return tag + _of_tokens(tokens(body), is_code=language == "plpgsql") + tag
    return tag + _of_text(body) + tag


def _of_text(text: str) -> str:
    """A string, a comment, or code in a language that is not read here."""
    return _URI.sub(r"\1redacted\2", _GIVEN.sub(_without_value, text))


def _without_value(match: re.Match[str]) -> str:
    if match["quote"] is None:
        return f"{match['key']}redacted"
    return f"{match['name']}{match['quote']}redacted{match['quote']}"
