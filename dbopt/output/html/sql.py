"""A statement's text for a page: in lines, with its key words marked. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from dbopt.workload.lexer import Kind, tokens
from dbopt.workload.sql import parse

_LONG_LINE = 120
_LONGEST = 100_000  # characters that are shown
_MARKED = 20_000  # characters up to which marks are worth their bytes
_VALUES = (Kind.STRING, Kind.NUMBER, Kind.PARAMETER)
_WORDS = """
    all and any array as asc between by case cast cross cte current delete desc distinct do else end except exists
    extract false fetch filter first following for from full group having in inner insert intersect into is
    join last lateral left like ilike limit lock materialized merge natural not null nulls offset on only or order outer
    over partition preceding range recursive returning right rollup rows select set similar some table then true
    unbounded union update using values when where window with within
"""


@dataclass(frozen=True)
class Piece:
    """Some text; `kind` is word, value, comment, or empty."""

    kind: str
    text: str


@dataclass(frozen=True)
class Shown:
    """`pieces` together are the statement, in lines where it was one long line; then `original` is its text as it was
    written, else empty.
    """

    pieces: tuple[Piece, ...]
    original: str = ""


def shown(sql: str) -> Shown:
    """The statement as it is read most easily."""
    sql = sql.strip()
    lines = _in_lines(sql) if len(sql) <= _MARKED else None
    text = lines or sql
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}\n… ({len(text) - _LONGEST:,} characters more)"
    pieces = tuple(_pieces(text)) if len(text) <= _MARKED else (Piece("", text),)
    return Shown(pieces, sql if lines else "")


def _in_lines(sql: str) -> str | None:
    """In lines, where somebody's program wrote it on one; None where its author did, or nothing can be read of it."""
    if max(map(len, sql.splitlines()), default=0) <= _LONG_LINE:
        return None
    tree = parse(sql)
    return None if tree is None else tree.sql(dialect="postgres", pretty=True)


def _pieces(text: str) -> Iterator[Piece]:
    plain = ""
    for token in tokens(text):
        kind = _kind(token.kind, token.folded)
        if not kind:
            plain += token.text
            continue
        if plain:
            yield Piece("", plain)
        plain = ""
        yield Piece(kind, token.text)
    if plain:
        yield Piece("", plain)


def _kind(kind: Kind, folded: str) -> str:
    if kind is Kind.COMMENT:
        return "comment"
    if kind in _VALUES:
        return "value"
    return "word" if kind is Kind.WORD and folded in _key_words() else ""


@cache
def _key_words() -> frozenset[str]:
    return frozenset(_WORDS.split())
