"""GROUP BY and ORDER BY repeat expressions of the SELECT list, and pg_stat_statements replaces the constants of the
first occurrence alone: `SELECT date_trunc($1, d) ... GROUP BY date_trunc('day', d)`. Such text does not plan, for `$1`
is not 'day'. The constant is still there to be put back. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dbopt.workload.lexer import Kind, Token, tokens

_SILENT = (Kind.SPACE, Kind.COMMENT)
_END_WORDS = """
    having order limit offset fetch union intersect except window for returning rows range groups group where on from"""
_END = frozenset(_END_WORDS.split())
_OF_ORDER = frozenset(("asc", "desc", "nulls", "first", "last"))


def with_constants(sql: str) -> str:
    """The statement with the constants of its GROUP BY and ORDER BY in place of the `$n` of the same expressions, and
    the other `$n` numbered anew without gaps. Without such expressions the text is unchanged.
    """
    found = list(tokens(sql))
    words = [token for token in found if token.kind not in _SILENT]
    constants: dict[int, str] = {}
    for item in _items(words):
        for place in range(len(words) - len(item) + 1):
            constants.update(_matched(item, words[place : place + len(item)]) or {})
    return _replaced(found, constants) if constants else sql


def _items(words: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The expressions with constants in the lists behind GROUP BY, ORDER BY and DISTINCT ON."""
    for place in range(1, len(words)):
        if words[place].folded == "by" and words[place - 1].folded in ("group", "order"):
            for item in _listed(words[place + 1 :]):
                if len(item) > 1 and any(_is_constant(item, number) for number in range(len(item))):
                    yield item


def _listed(words: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The elements of the list that starts here."""
    depth = start = 0
    for place, token in enumerate(words):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        at_end = depth < 0 or (depth == 0 and (token.text == ";" or token.folded in _END))
        if at_end or (depth == 0 and token.text == ","):
            yield _without_direction(words[start:place])
            start = place + 1
        if at_end:
            return
    yield _without_direction(words[start:])


def _without_direction(item: Sequence[Token]) -> Sequence[Token]:
    while item and item[-1].folded in _OF_ORDER:
        item = item[:-1]
    return item


def _matched(item: Sequence[Token], words: Sequence[Token]) -> dict[int, str] | None:
    """The constants by the number of the parameter that stands in their place; None where the two differ otherwise."""
    constants: dict[int, str] = {}
    for place, (ours, theirs) in enumerate(zip(item, words, strict=True)):
        if theirs.kind is Kind.PARAMETER and _is_constant(item, place):
            constants[int(theirs.text[1:])] = ours.text
        elif ours.folded != theirs.folded:
            return None
    return constants


def _is_constant(item: Sequence[Token], place: int) -> bool:
    """A literal, or the field of extract(year from x)."""
    is_field = place >= 2 and item[place - 2].folded == "extract" and item[place].kind is Kind.WORD
    return item[place].kind in (Kind.STRING, Kind.NUMBER) or is_field


def _replaced(found: Sequence[Token], constants: dict[int, str]) -> str:
    numbers = {int(token.text[1:]) for token in found if token.kind is Kind.PARAMETER} - constants.keys()
    texts = constants | {number: f"${place}" for place, number in enumerate(sorted(numbers), 1)}
    return "".join(texts[int(token.text[1:])] if token.kind is Kind.PARAMETER else token.text for token in found)
