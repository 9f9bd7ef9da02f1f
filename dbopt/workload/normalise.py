"""A statement's literals as parameters: the form that pg_stat_statements shows, and the values that were taken out of
it. Pure.

The fingerprint stays the same. What the grammar wants as a constant stays one: positions in ORDER BY 1, type modifiers
as in numeric(10, 2). A literal that stands in ORDER BY or GROUP BY just as it stands further left is the same
parameter there, without which the server would take both for different expressions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dbopt.workload.fingerprint import constants, is_sign
from dbopt.workload.lexer import Kind, Token, parameter_numbers, tokens
from dbopt.workload.mend import mended
from dbopt.workload.observed import string_value

_WITH_MODIFIER_WORDS = """
    numeric decimal dec varchar char character bpchar bit varbit varying nchar time timetz timestamp timestamptz
    interval float vector halfvec sparsevec geometry geography"""
_WITH_MODIFIER = frozenset(_WITH_MODIFIER_WORDS.split())
_CLAUSES = frozenset(("order", "group"))


@dataclass(frozen=True)
class Normalised:
    """A statement without literals. `values` are those of the parameters from `first` on; None where one of them is
    written in a way that needs more than reading (B'', X'', U&'').
    """

    sql: str
    first: int
    values: tuple[str | None, ...] | None


@dataclass
class _Taking:
    """The literals taken so far: their texts by number, and where each stood."""

    next: int
    values: list[str | None] = field(default_factory=list)
    is_readable: bool = True
    known: dict[tuple[str, ...], int] = field(default_factory=dict)

    def number(self, value: str | None, place: tuple[str, ...], *, may_repeat: bool) -> int:
        if may_repeat and place in self.known:
            return self.known[place]
        self.values.append(value)
        self.next += 1
        self.known.setdefault(place, self.next - 1)
        return self.next - 1


def normalised(sql: str, *, comments: bool = True) -> Normalised:
    """The statement with `$n` in place of its literals; without its comments where they are not wanted."""
    found = list(tokens(sql))
    words = [number for number, token in enumerate(found) if token.is_significant]
    first = max(parameter_numbers(sql), default=0) + 1
    texts = [token.text if comments or token.kind is not Kind.COMMENT else " " for token in found]
    taking = _Taking(first)
    _take(found, words, texts, taking)
    text = "".join(texts).strip().rstrip(";").rstrip()
    return Normalised(mended(text), first, tuple(taking.values) if taking.is_readable else None)


def _take(found: list[Token], words: list[int], texts: list[str], taking: _Taking) -> None:
    significant = [found[number] for number in words]
    in_list = False
    skip = -1
    clauses = [place for place, token in enumerate(significant) if token.folded in _CLAUSES]
    for place in constants(significant):
        if place <= skip or _is_modifier(significant, place):
            continue
        in_list = bool(clauses) and clauses[0] < place
        skip = _end_of_string(significant, place)
        signed = place > 0 and is_sign(
            significant[place - 1], significant[place - 2] if place > 1 else None, significant[place]
        )
        value = value_of(significant[place : skip + 1])
        taking.is_readable = taking.is_readable and value is not None
        text = value.text if value is not None else None
        where = (*(token.folded for token in significant[max(0, place - 2) : place]), significant[place].text)
        number = taking.number(f"-{text}" if signed else text, where, may_repeat=in_list)
        texts[words[place]] = f"${number}"
        for other in (*([place - 1] if signed else []), *range(place + 1, skip + 1)):
            texts[words[other]] = ""


def _end_of_string(significant: list[Token], place: int) -> int:
    """The last of literals that SQL joins into one, with the UESCAPE that may follow."""
    end = place
    if significant[place].kind is Kind.STRING:
        while end + 1 < len(significant) and significant[end + 1].kind is Kind.STRING:
            end += 1
        if end + 2 < len(significant) and significant[end + 1].folded == "uescape":
            end += 2
    return end


@dataclass(frozen=True)
class Value:
    """What a literal says; None is NULL."""

    text: str | None


def value_of(literal: list[Token]) -> Value | None:
    """The value of a literal, which may be of several strings; None where it takes more than reading, or is none."""
    token = literal[0]
    if token.folded == "null":
        return Value(None)
    if token.kind is Kind.NUMBER or token.folded in ("true", "false"):
        return Value(token.folded)
    texts = [string_value(part.text) if part.kind is Kind.STRING else None for part in literal]
    known = [text for text in texts if text is not None]
    return Value("".join(known)) if len(known) == len(texts) else None


def _is_modifier(significant: list[Token], place: int) -> bool:
    """Whether a number is part of a type: numeric(10, 2), int[3]."""
    if significant[place].kind is not Kind.NUMBER:
        return False
    start = place - 1
    while start > 0 and (significant[start].kind in (Kind.NUMBER, Kind.WORD) or significant[start].text == ","):
        start -= 1
    opening = significant[start].text if start > 0 else ""
    if opening == "(":
        return significant[start - 1].folded in _WITH_MODIFIER
    return opening == "[" and start == place - 1 and start > 1 and significant[start - 2].text == "::"
