"""A script cut into its statements, as psql cuts it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dbopt.workload.lexer import Kind, Token, tokens

# psql's own commands that send the statement before them
_SENDING = re.compile(r"\\(g|gx|gset|gexec|gdesc|crosstabview|watch|bind|bind_named|parse|;)(?![a-z_])")
_COPY_IN = re.compile(r"\s*copy\b.*\bfrom\s+(stdin|pstdin)\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """One statement of a script: its text without the semicolon, the line it starts on (from 1), and the comments
    that stand before its first word.
    """

    text: str
    line: int
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Script:
    """What a script holds. `skipped` are psql's commands that were left out: (line, text)."""

    pieces: tuple[Piece, ...]
    skipped: tuple[tuple[int, str], ...] = ()


@dataclass
class _Cutter:
    """Where the reading of a script stands. Semicolons in parentheses and in the body of a function in SQL's own
    syntax (BEGIN ATOMIC ... END) do not end a statement: the rules are those of psqlscan.l.
    """

    source: str
    pieces: list[Piece] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    started: int | None = None
    text: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    parentheses: int = 0
    begins: int = 0

    def line(self, position: int) -> int:
        return self.source.count("\n", 0, position) + 1

    def take(self, token: Token) -> None:
        if self.started is None:
            if token.kind is Kind.COMMENT:
                self.comments.append(token.text)
            if token.kind in (Kind.COMMENT, Kind.SPACE):
                return
            self.started = token.start
        self.text.append(token.text)
        self._count(token)

    def _count(self, token: Token) -> None:
        if token.text == "(":
            self.parentheses += 1
        elif token.text == ")":
            self.parentheses = max(0, self.parentheses - 1)
        elif token.kind is Kind.WORD and self.parentheses == 0:
            self._count_word(token.folded)

    def _count_word(self, word: str) -> None:
        self.words = [*self.words, word][:4]
        if self.words[0] != "create" or not {"function", "procedure"} & set(self.words[1:]):
            return
        if word == "begin" or (word == "case" and self.begins):
            self.begins += 1
        elif word == "end" and self.begins:
            self.begins -= 1

    @property
    def at_end_of_statement(self) -> bool:
        return self.parentheses == 0 and self.begins == 0

    def finish(self) -> None:
        if self.started is not None:
            text = "".join(self.text).rstrip()
            self.pieces.append(Piece(text, self.line(self.started), tuple(self.comments)))
        self.comments, self.started, self.text, self.words = [], None, [], []
        self.parentheses = self.begins = 0


def split(source: str) -> Script:
    """Cut a script into its statements. Commands to psql (`\\set`, `\\i`) are skipped and reported, data of a
    COPY FROM STDIN too.
    """
    cutter = _Cutter(source)
    position = 0
    while position < len(source):
        position = _read(cutter, position)
    cutter.finish()
    return Script(tuple(cutter.pieces), tuple(cutter.skipped))


def _read(cutter: _Cutter, position: int) -> int:
    """Read to the end of a statement, or of the script; returns where to go on."""
    for token in tokens(cutter.source, position):
        if token.kind is Kind.META:
            _meta(cutter, token)
        elif token.text == ";" and cutter.at_end_of_statement:
            after = _skip_copy_data(cutter, token.end)
            cutter.finish()
            return after
        else:
            cutter.take(token)
    return len(cutter.source)


def _meta(cutter: _Cutter, token: Token) -> None:
    """Skip one command to psql; some of them send the statement that stands before them."""
    sending = _SENDING.match(token.text)
    if not sending or sending[1] != ";":
        cutter.skipped.append((cutter.line(token.start), token.text.strip()))
    if sending:
        cutter.finish()


def _skip_copy_data(cutter: _Cutter, position: int) -> int:
    """Where the script goes on after the data that follow a COPY FROM STDIN, else right here."""
    if not cutter.words or cutter.words[0] != "copy" or not _COPY_IN.match("".join(cutter.text)):
        return position
    end = re.compile(r"^\\\.\s*$", re.MULTILINE).search(cutter.source, position)
    return end.end() if end else len(cutter.source)
