"""A statement's literals as parameters: the form that pg_stat_statements shows, and the values that were taken out of
it. Pure.

The fingerprint stays the same. What the grammar wants as a constant stays one: positions in ORDER BY 1, type modifiers
as in numeric(10, 2). A literal that stands in ORDER BY or GROUP BY just as it stands further left is the same
parameter there, without which the server would take both for different expressions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from dbopt.workload.fingerprint import constants, is_sign
from dbopt.workload.lexer import Kind, Token, parameter_numbers, tokens
from dbopt.workload.literal import cast_of, end_of_literal, value_of
from dbopt.workload.mend import mended

_WITH_MODIFIER_WORDS = """
    numeric decimal dec varchar char character bpchar bit varbit varying nchar time timetz timestamp timestamptz
    interval float vector halfvec sparsevec geometry geography"""
_WITH_MODIFIER = frozenset(_WITH_MODIFIER_WORDS.split())
_CLAUSES = frozenset(("order", "group"))


@dataclass(frozen=True)
class Normalised:
    """A statement without literals. `values` are those of the parameters from `first` on; None where one of them is
    written as no server reads it.
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


def normalised(sql: str, *, comments: bool = True, most: int | None = None) -> Normalised:
    """The statement with `$n` in place of its literals; without its comments where they are not wanted. Where it would
    have more than `most` parameters, the literals stay.
    """
    found = list(tokens(sql))
    words = [number for number, token in enumerate(found) if token.is_significant]
    first = max(parameter_numbers(sql), default=0) + 1
    texts = [token.text if comments or token.kind is not Kind.COMMENT else " " for token in found]
    whole = "".join(texts)
    taking = _Taking(first)
    _take(found, words, texts, taking)
    if most is not None and taking.next > most + 1:
        return Normalised(_stripped(whole), first, ())
    return Normalised(mended(_stripped("".join(texts))), first, tuple(taking.values) if taking.is_readable else None)


def _stripped(sql: str) -> str:
    return sql.strip().rstrip(";").rstrip()


def _take(found: list[Token], words: list[int], texts: list[str], taking: _Taking) -> None:
    significant = [found[number] for number in words]
    modifiers = _modifiers(significant)
    in_list = False
    skip = -1
    clauses = [place for place, token in enumerate(significant) if token.folded in _CLAUSES]
    for place in constants(significant):
        if place <= skip or place in modifiers:
            continue
        in_list = bool(clauses) and clauses[0] < place
        skip = end_of_literal(significant, place)
        signed = place > 0 and is_sign(
            significant[place - 1], significant[place - 2] if place > 1 else None, significant[place]
        )
        value = value_of(significant[place : skip + 1], cast_of(significant, place, skip))
        taking.is_readable = taking.is_readable and value is not None
        text = value.text if value is not None else None
        where = (*(token.folded for token in significant[max(0, place - 2) : place]), significant[place].text)
        number = taking.number(f"-{text}" if signed else text, where, may_repeat=in_list)
        texts[words[place]] = f"${number}"
        for other in (*([place - 1] if signed else []), *range(place + 1, skip + 1)):
            texts[words[other]] = ""


def _modifiers(significant: list[Token]) -> frozenset[int]:
    """The numbers that are part of a type: numeric(10, 2), int[3]."""
    return frozenset(
        place for opening in range(2, len(significant)) for place in _modifiers_behind(significant, opening)
    )


def _modifiers_behind(significant: list[Token], opening: int) -> Iterator[int]:
    """Those in the parenthesis or bracket that opens there."""
    text = significant[opening].text
    if text == "(" and significant[opening - 1].folded in _WITH_MODIFIER:
        inside = takewhile(lambda place: _is_of_modifier(significant[place]), range(opening + 1, len(significant)))
        yield from (place for place in inside if significant[place].kind is Kind.NUMBER)
    elif text == "[" and significant[opening - 2].text == "::":
        yield opening + 1


def _is_of_modifier(token: Token) -> bool:
    return token.kind in (Kind.NUMBER, Kind.WORD) or token.text == ","
