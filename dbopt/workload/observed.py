"""The values of a statement's parameters, read off the same statement with literals. Pure."""

from __future__ import annotations

import re

from dbopt.workload.lexer import Kind, Token, significant
from dbopt.workload.mend import mended

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)


def literals(sql: str, observed: str) -> tuple[str | None, ...] | None:
    """The values for `$1`, `$2`, ... of `sql` that make it the observed statement; None where both do not run alike,
    or the observed text has parameters itself.
    """
    theirs = _tokens(mended(observed, literals=True))
    ours = _tokens(mended(sql, literals=True))
    values: dict[int, str | None] = {}
    place = 0
    for token in ours:
        if place >= len(theirs):
            return None
        if token.kind is Kind.PARAMETER:
            taken = _value(theirs, place)
            if taken is None:
                return None
            values[int(token.text[1:])], place = taken
        elif _alike(token, theirs[place]):
            place += 1
        else:
            return None
    if place != len(theirs) or sorted(values) != list(range(1, len(values) + 1)):
        return None
    return tuple(values[number] for number in sorted(values))


def _tokens(sql: str) -> list[Token]:
    found = significant(sql)
    while found and found[-1].text == ";":
        found.pop()
    return found


def _alike(one: Token, other: Token) -> bool:
    return one.folded == other.folded


def _value(found: list[Token], place: int) -> tuple[str | None, int] | None:
    """The constant that starts there and where it ends; None where there is none."""
    token = found[place]
    if token.text == "-" and place + 1 < len(found) and found[place + 1].kind is Kind.NUMBER:
        return f"-{found[place + 1].text}", place + 2
    if token.kind is Kind.NUMBER:
        return token.text, place + 1
    if token.kind is Kind.STRING:
        text = string_value(token.text)
        return None if text is None else (text, place + 1)
    if token.kind is Kind.WORD and token.folded in ("true", "false", "null"):
        return (None if token.folded == "null" else token.folded), place + 1
    return None


def string_value(text: str) -> str | None:
    """What a string literal says; None for the kinds that need more than reading (U&'', B'', X'')."""
    if text.startswith("$"):
        tag = text[: text.index("$", 1) + 1]
        return text[len(tag) : -len(tag)]
    prefix, _, inner = text.partition("'")
    inner = inner.removesuffix("'")
    if prefix in ("", "n", "N"):
        return inner.replace("''", "'")
    if prefix in ("e", "E"):
        return _ESCAPE.sub(_unescaped, inner.replace("''", "'"))
    return None


def _unescaped(match: re.Match[str]) -> str:
    octal, byte, short, long, single = match.groups()
    if octal:
        return chr(int(octal, 8))
    code = byte or short or long
    return chr(int(code, 16)) if code else _ESCAPES.get(single, single)
