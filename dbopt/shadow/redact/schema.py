"""What a schema may hold besides itself: bodies of functions, options of foreign servers, passwords. Pure.

`without_secrets` is for every snapshot, `without_bodies` for redacted ones. Both read the statements of a dump.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from dbopt.shadow.redact.passwords import LANGUAGE, without_passwords
from dbopt.workload.lexer import Kind, Token, tokens

# Options of foreign data wrappers that the planner reads; the others say where the data is and how to get at it.
# use_remote_estimate is not among them: a shadow asks nobody.
_PLANNING = frozenset(
    {"fdw_startup_cost", "fdw_tuple_cost", "fetch_size", "batch_size", "extensions", "async_capable", "updatable",
     "truncatable", "parallel_commit", "parallel_abort", "analyze_sampling", "keep_connections"}
)  # fmt: skip
_PLACES = frozenset({"filename", "program"})
_SECRET_OPTION = re.compile(
    r"pass|pwd|secret|token|credential|api_?key|access_?key|private|use_remote|^user|login|account", re.IGNORECASE
)
STATISTICS = "SELECT * FROM pg_catalog.pg_restore_"
_FOREIGN_TABLES = ("CREATE FOREIGN TABLE ", "ALTER FOREIGN TABLE ")
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
    """The statement without passwords, and without what tells the way to a foreign server; statistics as they are."""
    if statement.startswith(("CREATE SERVER ", "CREATE FOREIGN DATA WRAPPER ")):
        return _options(statement, lambda name: name in _PLANNING)
    if statement.startswith(STATISTICS):
        return statement
    if statement.startswith(_FOREIGN_TABLES):
        statement = _options(statement, lambda name: _SECRET_OPTION.search(name) is None)
    return without_passwords(statement)


def without_bodies(statement: str) -> str:
    """The statement of the schema without what only a running database needs and the planner does not: bodies in
    procedural languages, arguments of triggers, checks of domains (which replaced values need not meet), options of
    foreign tables that the planner does not read.
    """
    if statement.startswith(("CREATE FUNCTION ", "CREATE PROCEDURE ")):
        return _without_body(statement)
    if statement.startswith(("CREATE TRIGGER ", "CREATE CONSTRAINT TRIGGER ")):
        return _without_arguments(statement)
    if statement.startswith(_FOREIGN_TABLES):
        return _options(statement, lambda name: name in _PLANNING | _PLACES, _PLACES)
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
    language = LANGUAGE.search(code)
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
