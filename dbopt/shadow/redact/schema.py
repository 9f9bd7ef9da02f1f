"""What a schema may hold besides itself: bodies of functions, options of foreign servers, passwords. Pure.

`without_secrets` is for every snapshot, `without_bodies` for redacted ones. Both read the statements of a dump.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from dbopt.workload.lexer import Kind, Token, tokens

# Options of foreign data wrappers that the planner reads or that name what the schema names; the others say where the
# data is and how to get at it. use_remote_estimate is not among them: a shadow asks nobody.
_PLANNING = frozenset(
    {"fdw_startup_cost", "fdw_tuple_cost", "fetch_size", "batch_size", "extensions", "async_capable", "updatable",
     "truncatable", "parallel_commit", "parallel_abort", "analyze_sampling", "keep_connections"}
)  # fmt: skip
_NAMING = frozenset(
    {"schema_name", "table_name", "column_name", "format", "header", "delimiter", "quote", "escape", "encoding",
     "force_null", "force_not_null"}
)  # fmt: skip
_PLACES = frozenset({"filename", "program"})
_PASSWORD_OPTION = re.compile(
    r"pass|pwd|secret|token|credential|api_?key|access_?key|private|use_remote", re.IGNORECASE
)
_CONNINFO = re.compile(r"\b(?:host|hostaddr|port|dbname|user|service)\s*=", re.IGNORECASE)
_PASSWORD = re.compile(r"(\b(?:ssl)?passw(?:or)?d\s*=\s*)(?:''(?:[^'])*''|[^\s'\"]+)", re.IGNORECASE)
_URI_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@']*:)[^\s@/']+(@)", re.IGNORECASE)
_FOREIGN_TABLES = ("CREATE FOREIGN TABLE ", "ALTER FOREIGN TABLE ")
_LANGUAGE = re.compile(r'\n    LANGUAGE ("(?:[^"]|"")+"|\w+)')
_WITH_BODIES_OF_THEIR_OWN = frozenset({"sql", "c", "internal"})
_CONFIGURATION = re.compile(r"\n    SET [^\n]* TO .*\Z", re.DOTALL)
_TRANSFORM = re.compile(
    r" TRANSFORM FOR TYPE .*?(?= (?:WINDOW|IMMUTABLE|STABLE|STRICT|SECURITY|COST|ROWS|PARALLEL)\b|\Z)"
)
_REDACTED = "'redacted'"
STAND_IN = "\n    AS $$BEGIN RAISE EXCEPTION 'the body of this function was left out of the snapshot'; END$$;"


def statements(text: str) -> Iterator[str]:
    """The dump cut behind each statement and each comment; joined they are the dump."""
    start = 0
    is_empty = True
    for token in tokens(text):
        if token.kind is Kind.PUNCTUATION and token.text == ";":
            yield text[start : token.end]
            start, is_empty = token.end, True
        elif is_empty and token.kind in (Kind.SPACE, Kind.COMMENT):
            yield text[start : token.end]
            start = token.end
        else:
            is_empty = False
    if start < len(text):
        yield text[start:]


def without_secrets(statement: str) -> str:
    """The statement without passwords, and without what tells the way to a foreign server."""
    if statement.startswith(("CREATE SERVER ", "CREATE FOREIGN DATA WRAPPER ")):
        return _options(statement, lambda name: name in _PLANNING)
    if statement.startswith(_FOREIGN_TABLES):
        return _options(statement, lambda name: _PASSWORD_OPTION.search(name) is None)
    if _CONNINFO.search(statement) or "://" in statement:
        return "".join(_without_password(token) for token in tokens(statement))
    return statement


def _without_password(token: Token) -> str:
    """Connection strings stand in literals, those of functions in the literals of their bodies."""
    if token.kind is not Kind.STRING:
        return token.text
    if token.text.startswith("$"):
        tag = token.text[: token.text.index("$", 1) + 1]
        body = token.text[len(tag) : -len(tag)]
        return tag + "".join(_without_password(inner) for inner in tokens(body)) + tag
    text = _PASSWORD.sub(r"\1redacted", token.text) if _CONNINFO.search(token.text) else token.text
    return _URI_PASSWORD.sub(r"\1redacted\2", text)


def without_bodies(statement: str) -> str:
    """The statement of the schema without what only a running database needs and the planner does not: bodies in
    procedural languages, arguments of triggers, checks of domains (which replaced values need not meet), options of
    foreign tables.
    """
    if statement.startswith(("CREATE FUNCTION ", "CREATE PROCEDURE ")):
        return _without_body(statement)
    if statement.startswith(("CREATE TRIGGER ", "CREATE CONSTRAINT TRIGGER ")):
        return _without_arguments(statement)
    if statement.startswith(_FOREIGN_TABLES):
        return _options(statement, lambda name: name in _PLANNING | _NAMING | _PLACES, _PLACES)
    if statement.startswith("CREATE DOMAIN "):
        return _without_checks(statement)
    if statement.startswith("ALTER DOMAIN ") and "CHECK" in statement:
        return ""
    return statement


def _without_body(statement: str) -> str:
    """Bodies in SQL stay: the planner inlines them. Of the others it reads volatility, cost and rows only."""
    code = "".join(
        token.text if token.kind is not Kind.STRING else "\0" * len(token.text) for token in tokens(statement)
    )
    language = _LANGUAGE.search(code)
    if language is None or language[1] in _WITH_BODIES_OF_THEIR_OWN:
        return statement
    body = code.find("\n    AS ", language.end())
    attributes = statement[language.end() : body if body >= 0 else len(statement)]
    attributes = _TRANSFORM.sub("", _CONFIGURATION.sub("", attributes))
    return statement[: language.start()] + "\n    LANGUAGE plpgsql" + attributes + STAND_IN


def _without_arguments(statement: str) -> str:
    found = list(tokens(statement))
    words = [number for number, token in enumerate(found) if token.folded == "execute"]
    if not words:
        return statement
    kept = [token.text for token in found[: words[-1]]]
    return "".join(kept) + "".join(
        _REDACTED if token.kind is Kind.STRING else token.text for token in found[words[-1] :]
    )


def _without_checks(statement: str) -> str:
    found = list(tokens(statement))
    for number, token in enumerate(found):
        if token.folded in ("constraint", "check") and number > 2 and _depth(found[:number]) == 0:
            return "".join(before.text for before in found[:number]).rstrip() + ";"
    return statement


def _depth(found: Sequence[Token]) -> int:
    return sum((token.text == "(") - (token.text == ")") for token in found if token.kind is Kind.PUNCTUATION)


# -- options ----------------------------------------------------------------------------------------------------------


def _options(statement: str, is_kept: Callable[[str], bool], blanked: frozenset[str] = frozenset()) -> str:
    """The statement with some of its OPTIONS (name 'value', ...) only; values of `blanked` say nothing. An ALTER of
    which nothing is left is empty.
    """
    found = list(tokens(statement))
    parts: list[str] = []
    number = left = 0
    while number < len(found):
        if found[number].folded != "options":
            parts.append(found[number].text)
            number += 1
            continue
        end = next(n for n in range(number, len(found)) if found[n].text in (")", ";"))
        parts.append(_listed(found[number + 1 : end + 1], is_kept, blanked))
        left += bool(parts[-1])
        number = end + 1
    return "" if statement.startswith("ALTER ") and "OPTIONS" in statement and not left else "".join(parts)


def _listed(found: Sequence[Token], is_kept: Callable[[str], bool], blanked: frozenset[str]) -> str:
    words = [token for token in found if token.kind not in (Kind.SPACE, Kind.COMMENT)]
    kept = []
    for name, value in pairwise(words):
        if value.kind is Kind.STRING and is_kept(plain := name.folded.strip('"').lower()):
            kept.append(f"{name.text} {_REDACTED if plain in blanked else value.text}")
    return f"OPTIONS ({', '.join(kept)})" if kept else ""
