"""PostgreSQL's lexical rules, as in its scan.l: tokens of any text, valid or not, and a script cut into statements.

Pure. Nothing is ever rejected: an unterminated string or comment is a token that reaches the end of the text, so
that a statement with an error in it is still kept whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dbopt.postgres.protocol import MOST_PARAMETERS


class Kind(StrEnum):
    SPACE = "space"
    COMMENT = "comment"
    STRING = "string"  # 'x', E'x', U&'x', B'1', X'f', N'x', $tag$x$tag$
    NUMBER = "number"
    PARAMETER = "parameter"  # $1
    WORD = "word"  # a key word or a name without quotes
    QUOTED = "quoted"  # "name", U&"name"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"  # ( ) [ ] , ; : . :: := .. =>
    META = "meta"  # a backslash and what follows it on the line: a command to psql


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its exact text and where it starts, in characters."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_significant(self) -> bool:
        """Neither white space nor a comment."""
        return self.kind not in (Kind.SPACE, Kind.COMMENT)

    @property
    def folded(self) -> str:
        """A word as the server reads it; any other token as it is."""
        return fold(self.text) if self.kind is Kind.WORD else self.text


_UPPER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def fold(name: str) -> str:
    """A name without quotes as the server folds it: ASCII letters alone become lower case."""
    return name.translate(_UPPER)


_START = r"[A-Za-z_\u0080-\U0010ffff]"
_WORD = rf"{_START}[A-Za-z0-9_$\u0080-\U0010ffff]*"
_DIGITS = r"[0-9](?:_?[0-9])*"
_TOKEN = re.compile(
    rf"""
      (?P<space>[ \t\n\r\f\v\ufeff]+)
    | (?P<line_comment>--[^\n]*)
    | (?P<block_comment>/\*)
    | (?P<escape_string>[eE]'(?:[^'\\]|\\.|'')*(?:'|\\?\Z))
    | (?P<string>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|\Z))
    | (?P<quoted>(?:[uU]&)?"(?:[^"]|"")*(?:"|\Z))
    | (?P<dollar>\$(?P<tag>(?:{_START}[A-Za-z0-9_\u0080-\U0010ffff]*)?)\$)
    | (?P<parameter>\$[0-9]+)
    | (?P<number>0[xX](?:_?[0-9A-Fa-f])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+
        |(?:{_DIGITS}(?:\.(?!\.)(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?)
    | (?P<word>{_WORD})
    | (?P<punctuation>::|:=|\.\.|=>(?![-+*/<>=~!@\#%^&|`?])|[()\[\],;:.])
    | (?P<operator>[-+*/<>=~!@\#%^&|`?]+)
    | (?P<meta>\\[^\n]*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_KINDS = {
    "space": Kind.SPACE,
    "line_comment": Kind.COMMENT,
    "escape_string": Kind.STRING,
    "string": Kind.STRING,
    "quoted": Kind.QUOTED,
    "parameter": Kind.PARAMETER,
    "number": Kind.NUMBER,
    "word": Kind.WORD,
    "punctuation": Kind.PUNCTUATION,
    "meta": Kind.META,
    "other": Kind.OPERATOR,
}


def tokens(sql: str, position: int = 0) -> Iterator[Token]:
    """All tokens from there on, white space and comments included: their texts joined are the input."""
    while match := _TOKEN.match(sql, position):
        name = match.lastgroup or "other"
        if name == "tag":
            name = "dollar"
        end = _end(name, match, sql)
        kind = Kind.COMMENT if name == "block_comment" else Kind.STRING if name == "dollar" else _KINDS.get(name)
        yield Token(kind or Kind.OPERATOR, sql[position:end], position)
        position = end


def _end(name: str, match: re.Match[str], sql: str) -> int:
    if name == "block_comment":
        return _end_of_comment(sql, match.end())
    if name == "dollar":
        closing = sql.find(match["dollar"], match.end())
        return len(sql) if closing < 0 else closing + len(match["dollar"])
    if name == "operator":
        return match.start() + _operator_length(match["operator"])
    return match.end()


def _end_of_comment(sql: str, position: int) -> int:
    """Comments nest."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(sql, position):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(sql)


def _operator_length(run: str) -> int:
    """How many characters of a run of operator characters are one operator: a comment ends it, and one that could be
    SQL's own does not end in + or - (documentation of CREATE OPERATOR).
    """
    length = min((cut for cut in (run.find("--", 1), run.find("/*", 1)) if cut > 0), default=len(run))
    if not set(run[:length]) & set("~!@#%^&|`?"):
        while length > 1 and run[length - 1] in "+-":
            length -= 1
    return length


def significant(sql: str) -> list[Token]:
    """The tokens without white space and comments."""
    return [token for token in tokens(sql) if token.is_significant]


def is_same(one: str, other: str) -> bool:
    """Whether two texts differ in white space, comments and the case of words alone."""
    return one == other or [token.folded for token in significant(one)] == [
        token.folded for token in significant(other)
    ]


def parameter_numbers(sql: str) -> tuple[int, ...]:
    """The numbers of the `$n` in the statement, ascending, each once."""
    if "$" not in sql:
        return ()
    return tuple(sorted({int(token.text[1:]) for token in tokens(sql) if token.kind is Kind.PARAMETER}))


def has_too_many(sql: str) -> bool:
    """Whether it has more parameters than the protocol can bind; most texts are too short for that."""
    return len(sql) > MOST_PARAMETERS and len(parameter_numbers(sql)) > MOST_PARAMETERS
