"""Capturing a workload from .sql files, in the notations of aiosql, sqlc, pugsql and hugsql."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from dbopt import documents
from dbopt.errors import CorruptDocument, FileError, FileMissing
from dbopt.workload.captured import Captured
from dbopt.workload.commands import first_word, is_command
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.lexer import parameter_numbers
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.placeholders import Numbered, numbered
from dbopt.workload.script import Piece, Script, split
from dbopt.workload.sql import tables_of
from dbopt.workload.values import array_literal

# -- name: get-user^   -- name: get_user :one   -- :name get_user :?   /* name: get_user */
_NAME = re.compile(r"^(?:--|/\*)\s*:?name\s*:?\s*(?P<name>[\w.\-]+)", re.IGNORECASE)
_PARAMS = re.compile(r"^(?:--|/\*)\s*params\s*:\s*(?P<json>.*?)(?:\*/)?\s*$", re.IGNORECASE | re.DOTALL)

Set = tuple[str | None, ...]


@dataclass(frozen=True)
class _Reader:
    """One file's text and what to call it in messages and names."""

    origin: str
    text: str

    def place(self, line: int) -> str:
        return f"{self.origin}:{line}"

    def location(self, line: int) -> str | None:
        """The place for other programs: the same on every system, None for standard input."""
        return None if self.origin == "-" else f"{PurePath(self.origin).as_posix()}:{line}"


def capture(paths: Iterable[str]) -> Captured:
    """The statements of these files and folders (all `*.sql` below them, sorted). A statement without a name is called
    `file:line`. Commands that cannot be planned (BEGIN, SET, CREATE INDEX, ...) and commands to psql are left out, with
    a remark. Statements with the same fingerprint stay apart: they have names and are checked one by one.

    Raises FileMissing, FileError and CorruptDocument (a `-- params:` line that is not JSON or does not fit).
    """
    readers = [_Reader(path, documents.read_text(path)) for path in _files(paths)]
    statements: list[Statement] = []
    notes: list[str] = []
    commands: list[str] = []
    for reader in readers:
        script = split(reader.text)
        kept = [piece for piece in script.pieces if not is_command(piece.text)]
        statements += [_statement(reader, piece) for piece in kept]
        commands += [first_word(piece.text) for piece in script.pieces if is_command(piece.text)]
        notes += _notes(reader, script, len(kept))
    source = Source("sql", None, None, datetime.now(UTC).isoformat("T", "seconds"))
    return Captured(Workload(source, tuple(statements)), tuple(notes), tuple(commands))


def _files(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if path == "-" or Path(path).is_file():
            yield path
        elif Path(path).is_dir():
            found = sorted(str(file) for file in Path(path).rglob("*.sql") if file.is_file())
            if not found:
                raise FileError(f"there is no .sql file below {path}")
            yield from found
        else:
            raise FileMissing(f"there is no file or directory {path}")


def _notes(reader: _Reader, script: Script, kept: int) -> Iterator[str]:
    commands = len(script.pieces) - kept
    if commands:
        yield f"{reader.origin}: left out: {commands} x utility command"
    for line, text in script.skipped:
        yield f"{reader.place(line)}: left out: {text.split()[0]} is a command to psql"


def _statement(reader: _Reader, piece: Piece) -> Statement:
    converted = numbered(piece.text)
    sets = tuple(_sets(reader, piece, converted))
    return Statement(
        id=fingerprint(converted.sql),
        name=_name(piece.comments) or reader.place(piece.line),
        sql=converted.sql,
        kind=kind_of(converted.sql),
        parameters=sets,
        tables=tables_of(converted.sql),
        parameters_from="file" if sets else None,
        location=reader.location(piece.line),
    )


def _name(comments: Iterable[str]) -> str | None:
    """The name nearest to the statement."""
    names = [match["name"] for comment in comments if (match := _NAME.match(comment))]
    return names[-1] if names else None


# -- parameters -------------------------------------------------------------------------------------------------------


def _sets(reader: _Reader, piece: Piece, converted: Numbered) -> Iterator[Set]:
    count = max(parameter_numbers(converted.sql), default=0)
    for comment in piece.comments:
        match = _PARAMS.match(comment)
        if match:
            yield _set(match["json"], converted.names, count, f"{reader.place(piece.line)}: -- params:")


def _set(text: str, names: tuple[str, ...], count: int, where: str) -> Set:
    """One set of values. Raises CorruptDocument where it does not fit the statement's placeholders."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise CorruptDocument(f"{where} not valid JSON: {error}", hint=_EXAMPLE) from None
    values = _named_values(given, names, count, where) if isinstance(given, dict) else given
    if not isinstance(values, list) or len(values) != count:
        raise CorruptDocument(f"{where} {count} value{'' if count == 1 else 's'} expected", hint=_EXAMPLE)
    return tuple(as_text(value) for value in values)


_EXAMPLE = 'write -- params: {"id": 42} for :id and %(id)s, -- params: [42, "x"] for $1, $2 and %s'


def _named_values(given: dict[str, Any], names: tuple[str, ...], count: int, where: str) -> list[Any]:
    wanted = names or tuple(str(number) for number in range(1, count + 1))
    missing = [name for name in wanted if name not in given]
    if missing:
        raise CorruptDocument(f"{where} no value for {', '.join(missing)}", hint=_EXAMPLE)
    return [given[name] for name in wanted]


def as_text(value: Any) -> str | None:
    """A JSON value as the text of an SQL literal: a list becomes an array, an object stays JSON."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return array_literal(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
