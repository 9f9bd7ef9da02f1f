"""What a log holds, read from its csvlog by Python's own csv module: the judge of every other reading."""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DURATION = re.compile(r"duration: (\d+\.\d+) ms(?:  (statement|execute|parse|bind)\b|$)")
TEXT = re.compile(r"(statement|execute)\b")
WORD = re.compile(r": (\w+)")

csv.field_size_limit(sys.maxsize)


@dataclass
class Found:
    """`executions` are simple statements and executes; parse and bind durations stand apart. `users` and `databases`
    count executions; `words` are calls and milliseconds by the first word of the statement.
    """

    executions: int = 0
    total_ms: float = 0.0
    parse_bind_ms: float = 0.0
    users: Counter[str] = field(default_factory=Counter)
    databases: Counter[str] = field(default_factory=Counter)
    words: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)  # by SQLSTATE, of client backends
    temporary_files: int = 0
    entries: int = 0

    def document(self) -> dict[str, object]:
        """The same for a JSON file."""
        rounded = {name: round(value, 3) for name, value in vars(self).items() if isinstance(value, float)}
        return {**vars(self), **rounded}


def read(path: Path) -> Found:
    """One pass over a csvlog."""
    found = Found()
    announced: dict[str, str] = {}  # by pid, what log_statement logged before it ran; log_duration gives its time after
    for row in rows(path):
        found.entries += 1
        severity, state, message = row[11], row[12], row[13]
        if severity in ("ERROR", "FATAL") and row[1]:
            found.errors[state] += 1
        found.temporary_files += message.startswith("temporary file: ")
        if TEXT.match(message):
            announced[row[3]] = message
        elif severity != "LOG":
            announced.pop(row[3], None)
        if match := DURATION.match(message):
            duration = float(match[1])
            if match[2] in ("parse", "bind") or (not match[2] and row[3] not in announced):
                found.parse_bind_ms += duration
                continue
            text = announced.pop(row[3]) if not match[2] else message[match.end() :]
            found.executions += 1
            found.total_ms += duration
            word = found.words.setdefault(WORD.search(text)[1].upper(), [0, 0.0])  # type: ignore[index]
            word[0] += 1
            word[1] = round(word[1] + duration, 3)
            found.users[row[1]] += 1
            found.databases[row[2]] += 1
    return found


def texts(path: Path) -> Iterator[tuple[str, float]]:
    """Every execution that is logged with its time: the statement as it was sent, and milliseconds."""
    for row in rows(path):
        match = DURATION.match(row[13])
        if match and match[2] in ("statement", "execute"):
            yield row[13][match.end() :].partition(": ")[2], float(match[1])


def rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        yield from csv.reader(file)
