"""One entry of a log, and the account of what became of every byte of it. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

UNSURE = b"?"
"""What the name of a process begins with that may be several."""


@dataclass(slots=True)
class Entry:
    """What one process said at one time, with the lines that belong to it. Texts are bytes as they stand in the log,
    empty where the log does not know them.

    `process` tells processes apart: a session's id, else a pid, else what is known of the client. `is_first` is set
    where the log says that it is the first entry of its process. `severity` is the English one.
    """

    process: bytes
    severity: str
    message: bytes
    time: bytes = b""
    user: bytes = b""
    database: bytes = b""
    sqlstate: bytes = b""
    detail: bytes = b""
    statement: bytes = b""
    context: bytes = b""
    is_first: bool = False

    def attach(self, label: str, text: bytes) -> None:
        """Add a line such as DETAIL that follows the message."""
        match label:
            case "DETAIL":
                self.detail = text
            case "STATEMENT":
                self.statement = text
            case "CONTEXT":
                self.context = text


@dataclass(slots=True)
class Account:
    """How the bytes of an input were read: each is recognised (what starts an entry, and what other programs wrapped
    around it), a continuation of an entry, or skipped. `gaps` counts the runs of skipped bytes, `other_prefixes` the
    entries with a log_line_prefix that the log does not have elsewhere. `unsure` are times, plans and files that may be
    those of another session.
    """

    size: int = 0  # bytes of the input
    recognised: int = 0
    continued: int = 0
    skipped: int = 0
    gaps: int = 0
    lines: int = 0
    entries: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    other_prefixes: Counter[str] = field(default_factory=Counter)
    unsure: int = 0

    def skip(self, data: bytes) -> None:
        if data:
            self.skipped += len(data)
            self.gaps += 1

    def add(self, other: Account) -> None:
        self.size += other.size
        self.recognised += other.recognised
        self.continued += other.continued
        self.skipped += other.skipped
        self.gaps += other.gaps
        self.lines += other.lines
        self.entries += other.entries
        self.kinds.update(other.kinds)
        self.other_prefixes.update(other.other_prefixes)
        self.unsure += other.unsure
