"""The placeholders of drivers and libraries - `:name`, `%(name)s`, `@name`, `%s`, `?` - as PostgreSQL's `$n`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dbopt.workload.lexer import Kind, Token, tokens

_PYTHON = re.compile(r"%(?:\((?P<name>[^()]*)\))?[stb]")
_AFTER_VALUE = (Kind.WORD, Kind.QUOTED, Kind.STRING, Kind.NUMBER, Kind.PARAMETER)
_PLAIN_OPERATORS = frozenset(("=", "<", ">", "<=", ">=", "<>", "!=", "+", "-", "*", "/", "||"))
# words that end an operand nowhere: a question mark behind them is a placeholder
_BEFORE_VALUE_WORDS = """
    select where and or not on having when then else between by returning limit offset case like ilike in values set is
    from to any all interval distinct escape similar as using"""
_BEFORE_VALUE = frozenset(_BEFORE_VALUE_WORDS.split())


@dataclass(frozen=True)
class Numbered:
    """A statement with `$n` in place of its placeholders. `names[n - 1]` is the name that became `$n`; empty where the
    placeholders had no names.
    """

    sql: str
    names: tuple[str, ...] = ()


@dataclass
class _Numbering:
    """The numbers given so far."""

    found: list[Token]
    names: list[str] = field(default_factory=list)
    count: int = 0
    python: bool = False  # then %% stands for %

    def of(self, name: str | None) -> str:
        if name is None:
            self.count += 1
            return f"${self.count}"
        if name not in self.names:
            self.names.append(name)
        return f"${self.names.index(name) + 1}"


def numbered(sql: str) -> Numbered:
    """The statement with numbered parameters. A statement that has some already is left as it is."""
    found = list(_split_operators(tokens(sql)))
    if any(token.kind is Kind.PARAMETER for token in found):
        return Numbered(sql)
    numbering = _Numbering(found)
    texts: list[str] = []
    position = 0
    for number, token in enumerate(found):
        if token.start >= position:
            text, position = _replaced(sql, number, token, numbering)
            texts.append(text)
    if numbering.python:
        texts = [text.replace("%%", "%") for text in texts]
    return Numbered("".join(texts), () if numbering.count else tuple(numbering.names))


def _split_operators(found: Iterator[Token]) -> Iterator[Token]:
    """`=?` and `=%(x)s` have no space between operator and placeholder."""
    for token in found:
        if token.kind is Kind.OPERATOR and token.text[:-1] in _PLAIN_OPERATORS and token.text[-1] in "?%":
            yield Token(token.kind, token.text[:-1], token.start)
            yield Token(token.kind, token.text[-1], token.end - 1)
        else:
            yield token


def _replaced(sql: str, number: int, token: Token, numbering: _Numbering) -> tuple[str, int]:
    """The text for this token and where to go on."""
    if token.text == "%":
        python = _PYTHON.match(sql, token.start)
        if python and _starts_value(numbering.found, number):
            numbering.python = True
            return numbering.of(python["name"]), python.end()
    elif token.text in (":", "@"):
        named = _named(numbering.found, number)
        if named is not None:
            return numbering.of(named.text.strip("'")), named.end
    elif token.text == "?" and _starts_value(numbering.found, number):
        return numbering.of(None), token.end
    return token.text, token.end


def _named(found: list[Token], number: int) -> Token | None:
    """The name of `:name`, psql's `:'name'` or `@name`: not a slice `a[1:n]`, not the operator @."""
    following = found[number + 1] if number + 1 < len(found) else None
    kinds = (Kind.WORD, Kind.STRING) if found[number].text == ":" else (Kind.WORD,)
    if following is None or following.kind not in kinds:
        return None
    may_be_infix = found[number].text == "@" or _in_brackets(found[:number])
    return None if may_be_infix and not _starts_value(found, number) else following


def _in_brackets(before: list[Token]) -> bool:
    texts = [token.text for token in before]
    return texts.count("[") > texts.count("]")


def _starts_value(found: list[Token], number: int) -> bool:
    """Whether an operand may stand here, so that this is no infix operator."""
    before = number - 1
    while before >= 0 and found[before].kind in (Kind.SPACE, Kind.COMMENT):
        before -= 1
    if before < 0:
        return True
    token = found[before]
    if token.kind is Kind.WORD:
        return token.folded in _BEFORE_VALUE
    return token.kind not in _AFTER_VALUE and token.text not in (")", "]", ".")
