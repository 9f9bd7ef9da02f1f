"""A schema migration as its files have it, and where a line of it stands. `dbopt.shadow.migrate` runs it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dbopt import documents
from dbopt.errors import FileMissing, NothingToDo
from dbopt.workload.script import split

# What takes a migration back: golang-migrate and others, Flyway
_DOWN_FILE = re.compile(r"[._-]down\.sql$|^U\d[\d._]*__", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Migration:
    """SQL text to be run in psql. `name` is that of its file or files; `starts` are the lines of the text, from 1, on
    which each file begins, with the file's name. `timeout_s` limits the whole run.
    """

    name: str
    text: str
    starts: tuple[tuple[int, str], ...] = ()
    timeout_s: float = 60.0

    def place(self, line: int) -> str:
        """`file:line` of a line of the text."""
        first, file = next((start for start in reversed(self.starts) if start[0] <= line), (1, self.name))
        return f"{file}:{line - first + 1}"


def read(paths: Sequence[Path]) -> Migration:
    """Read a migration from files in the given order. A directory stands for its *.sql by name, numbers in it by value,
    without those that take a migration back (`*.down.sql`, Flyway's `U1__*.sql`); `-` is standard input. Raises
    FileMissing, FileError, CorruptDocument, and NothingToDo where no statement is in them.
    """
    texts = [(str(path), documents.read_text(str(path))) for path in _files(paths)]
    migration = joined(texts)
    if not split(migration.text).pieces:
        raise NothingToDo(f"there is no statement in {migration.name}", hint="a migration is a file of SQL")
    return migration


def joined(texts: Sequence[tuple[str, str]]) -> Migration:
    """One migration of several files, each given as its name and text."""
    parts: list[str] = []
    starts = []
    line = 1
    for path, text in texts:
        name = "standard input" if path == "-" else path
        starts.append((line, name))
        part = text.removeprefix("\ufeff") + "\n;\n"  # as psql -f ends a file's last statement
        line += part.count("\n")
        parts.append(part)
    return Migration(", ".join(name for _, name in starts), "".join(parts), tuple(starts))


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        files = [file for file in path.glob("*.sql") if file.is_file() and not _DOWN_FILE.search(file.name)]
        if not files:
            raise FileMissing(f"there is no .sql file in {path}")
        found += sorted(files, key=lambda file: _natural(file.name))
    return found


def _natural(name: str) -> list[tuple[int, str]]:
    """A key by which V2 comes before V10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in _NUMBER.split(name)]
