"""CREATE INDEX and DROP INDEX statements that come from a file. Pure.

A file may have been edited, by a friend or not: a text is accepted only if it is one statement of one of these two
kinds, and what is run is composed anew from the parts found here.
"""

from __future__ import annotations

from dataclasses import dataclass

from dbopt.errors import UnsafeStatement
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.workload.lexer import Kind, Token, tokens

Name = tuple[str | None, str]  # schema, name


@dataclass(frozen=True)
class CreateIndex:
    """CREATE [UNIQUE] INDEX [name] ON relation rest. `rest` is everything after the relation, as it was written."""

    unique: bool
    name: str | None
    relation: Name
    rest: str

    def sql(self, schema: str, table: str, name: str, *, concurrently: bool = False, only: bool = False) -> str:
        """The statement for a table and a name; both are quoted here."""
        head = f"CREATE {'UNIQUE ' if self.unique else ''}INDEX {'CONCURRENTLY ' if concurrently else ''}{quoted(name)}"
        return f"{head} ON {'ONLY ' if only else ''}{qualified(schema, table)} {self.rest}"


@dataclass(frozen=True)
class DropIndex:
    """DROP INDEX of a single index."""

    index: Name


def parse(text: str) -> CreateIndex | DropIndex:
    """Read one CREATE INDEX or DROP INDEX. Raises UnsafeStatement for anything else."""
    reader = _Reader(text)
    if reader.take("create"):
        return _create(reader)
    if reader.take("drop"):
        return _drop(reader)
    raise reader.refused(_KINDS)


def written(name: Name) -> str:
    """The name as SQL, quoted where needed, with its schema if it has one."""
    schema, own = name
    return qualified(schema, own) if schema is not None else quoted(own)


_KINDS = "only CREATE INDEX and DROP INDEX are run from a file"


def _create(reader: _Reader) -> CreateIndex:
    unique = reader.take("unique")
    reader.need("index", _KINDS)
    reader.take("concurrently")
    if reader.take("if"):
        reader.need("not")
        reader.need("exists")
    name = None if reader.at("on") else reader.name()
    reader.need("on")
    reader.take("only")
    relation = reader.qualified_name()
    if not reader.at("using", "("):
        raise reader.refused("USING or a list of columns is expected after the table")
    return CreateIndex(unique, name, relation, reader.rest())


def _drop(reader: _Reader) -> DropIndex:
    reader.need("index", _KINDS)
    reader.take("concurrently")
    if reader.take("if"):
        reader.need("exists")
    index = reader.qualified_name()
    if reader.rest():
        raise reader.refused("DROP INDEX must name one index and nothing more")
    return DropIndex(index)


class _Reader:
    """Walks over the tokens of one statement."""

    def __init__(self, text: str) -> None:
        self._text = text.strip().removesuffix(";").rstrip()
        self._tokens = [token for token in tokens(self._text) if token.kind is not Kind.SPACE]
        self._next = 0
        self._check()

    def _check(self) -> None:
        if any(token.kind is Kind.COMMENT for token in self._tokens):
            raise self.refused("a comment is not accepted")
        if any(token.text == ";" for token in self._tokens):
            raise self.refused("there is more than one statement")
        if [token.text for token in tokens(f"{self._text} ;")][-1] != ";":
            raise self.refused("a quote is not closed")

    def at(self, *texts: str) -> bool:
        token = self._token()
        return token is not None and token.folded in texts

    def take(self, word: str) -> bool:
        """Pass over this key word, if it comes next."""
        found = self.at(word)
        self._next += found
        return found

    def need(self, word: str, why: str = "") -> None:
        if not self.take(word):
            raise self.refused(why or f"{word.upper()} is expected")

    def name(self) -> str:
        token = self._token()
        if token is None or not (token.kind is Kind.WORD or (token.kind is Kind.QUOTED and token.text[0] == '"')):
            raise self.refused("a name is expected")
        self._next += 1
        return token.folded if token.kind is Kind.WORD else token.text[1:-1].replace('""', '"')

    def qualified_name(self) -> Name:
        first = self.name()
        if not self.at("."):
            return None, first
        self._next += 1
        return first, self.name()

    def rest(self) -> str:
        token = self._token()
        return "" if token is None else self._text[token.start :]

    def refused(self, why: str) -> UnsafeStatement:
        shown = " ".join(self._text.split())
        return UnsafeStatement(
            f"refused: {shown if len(shown) <= 60 else shown[:59] + '…'} ({why})",
            hint="each item must be one CREATE INDEX or DROP INDEX, as `dbopt suggest` writes them",
        )

    def _token(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None
