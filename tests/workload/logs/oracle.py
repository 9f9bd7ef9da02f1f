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

csv.field_size_limit(sys.maxsize)


@dataclass
class Found:
    """`executions` are simple statements and executes; parse and bind durations stand apart. `users` and `databases`
    count executions.
    """

    executions: int = 0
    total_ms: float = 0.0
    parse_bind_ms: float = 0.0
    users: Counter[str] = field(default_factory=Counter)
    databases: Counter[str] = field(default_factory=Counter)
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
    announced: set[str] = set()  # pids whose statement was logged before it ran (log_statement and log_duration)
    for row in rows(path):
        found.entries += 1
        severity, state, message = row[11], row[12], row[13]
        if severity in ("ERROR", "FATAL") and row[1]:
            found.errors[state] += 1
        found.temporary_files += message.startswith("temporary file: ")
        if TEXT.match(message):
            announced.add(row[3])
        elif severity != "LOG":
            announced.discard(row[3])
        if match := DURATION.match(message):
            duration = float(match[1])
            if match[2] in ("parse", "bind") or (not match[2] and row[3] not in announced):
                found.parse_bind_ms += duration
                continue
            announced.discard(row[3])
            found.executions += 1
            found.total_ms += duration
            found.users[row[1]] += 1
            found.databases[row[2]] += 1
    return found


def rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        yield from csv.reader(file)
