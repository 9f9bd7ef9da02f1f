"""The values of a statement's parameters, read off the same statement with literals. Pure."""

from __future__ import annotations

from dbopt.workload.lexer import Kind, Token, significant
from dbopt.workload.literal import cast_of, end_of_literal, value_of
from dbopt.workload.mend import mended


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
    is_negative = found[place].text == "-" and place + 1 < len(found) and found[place + 1].kind is Kind.NUMBER
    start = place + is_negative
    end = end_of_literal(found, start)
    value = value_of(found[start : end + 1], cast_of(found, start, end))
    if value is None:
        return None
    return (f"-{value.text}" if is_negative else value.text), end + 1
