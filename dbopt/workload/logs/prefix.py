"""log_line_prefix as a regular expression. Pure.

The escapes are those of PostgreSQL 14 to 18 (documentation of log_line_prefix), with padding (`%-10u`), `%q` and `%%`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from dbopt.errors import UsageError
from dbopt.workload.logs.languages import labels, severities

_ZONE = rb" [A-Za-z0-9_+\-/<>]{1,12}"
_SECONDS = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
_NAME = rb"[^\n\t]{0,63}?"
_FIELDS = {
    "a": ("application", _NAME),
    "u": ("user", _NAME),
    "d": ("database", _NAME),
    "r": ("remote", rb"(?:\[local\]|[^\s()]*\(\d+\)|[^\s()]*?)"),
    "h": ("host", rb"(?:\[local\]|[^\s()]*?)"),
    "L": ("local", rb"(?:\[local\]|[^\s()]*?)"),
    "b": ("backend", rb"[A-Za-z][\w .-]{0,62}?"),
    "p": ("pid", rb"\d+"),
    "P": ("leader", rb"\d*"),
    "t": ("time", _SECONDS + _ZONE),
    "m": ("time", _SECONDS + rb"\.\d{3}" + _ZONE),
    "n": ("time", rb"\d+\.\d{3}"),
    "s": ("started", _SECONDS + _ZONE),
    "i": ("tag", rb"[A-Za-z\[\] ]{0,63}?"),
    "e": ("sqlstate", rb"[0-9A-Z]{5}"),
    "c": ("session", rb"[0-9a-f]+\.[0-9a-f]+"),
    "l": ("line", rb"\d+"),
    "v": ("vxid", rb"(?:-?\d+/\d+)?"),
    "x": ("xid", rb"\d+"),
    "Q": ("query", rb"-?\d+"),
}
WANTED = ("time", "pid", "session", "user", "database", "sqlstate", "line")
# what tells sessions apart, more or less, where the log names neither the process nor the session
INSTEAD = ("number", "started", "remote", "host", "application", "user", "database")
TELLING = frozenset(("number", "started"))
"""Those of them that no two sessions have at one time, but by accident."""
_NUMBER = rb"(?:(?P<number>-?\d+)/\d+)?"  # of the backend in %v; what follows changes with each transaction
_ESCAPE = re.compile(r"%(?P<padding>-?\d+)?(?P<letter>.?)", re.DOTALL)


@dataclass(frozen=True)
class Prefix:
    """A log_line_prefix and the pattern of what it writes, with a named group for each of WANTED that is in it, and of
    INSTEAD where it has neither %p nor %c.
    """

    text: str
    pattern: bytes

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(re.compile(self.pattern).groupindex)


def parsed(text: str) -> Prefix:
    """Raises UsageError where the server would not know an escape."""
    has_session = any(match["letter"] in ("p", "c") for match in _ESCAPE.finditer(text))
    wanted = {*WANTED, *(() if has_session else INSTEAD)}
    before: list[bytes] = []
    after: list[bytes] | None = None
    position = 0
    for match in _ESCAPE.finditer(text):
        current = before if after is None else after
        current.append(re.escape(text[position : match.start()].encode()))
        position = match.end()
        if match["letter"] == "q":
            after = [] if after is None else after
        else:
            current.append(_field(match, wanted))
    (before if after is None else after).append(re.escape(text[position:].encode()))
    optional = b"" if after is None else b"(?:" + b"".join(after) + b"|)"
    return Prefix(text, b"".join(before) + optional)


def _field(match: re.Match[str], wanted: set[str]) -> bytes:
    """Its pattern; a group for one that is still wanted."""
    letter, padding = match["letter"], match["padding"]
    if letter == "%":
        return b"%"
    if letter not in _FIELDS:
        raise UsageError(
            f"log_line_prefix has no escape {match[0]}", hint="give --prefix as SHOW log_line_prefix prints it"
        )
    name, pattern = _FIELDS[letter]
    if letter == "v" and "number" in wanted:
        wanted.remove("number")
        return b" *" + _NUMBER + b" *" if padding else _NUMBER
    group = b"(?P<%s>%s)" % (name.encode(), pattern) if name in wanted else b"(?:%s)" % pattern
    wanted.discard(name)
    return b" *" + group + b"? *" if padding else group


@cache
def header(text: str, *, is_marked: bool = False, has_blanks: bool = False) -> re.Pattern[bytes]:
    """An entry of the log, from the start of its line: groups `severity` (a severity or a label), `first` (the first
    line of its text), `rest` (the lines that follow, each with the tab that PostgreSQL puts before it).

    `is_marked`: what another program wrapped around the line, which knows pid and time, became `mark(...)`.
    `has_blanks`: something made blanks of the tabs.
    """
    blanks = rb"[\t ]" if has_blanks else rb"\t"
    lines = rb"(?P<first>[^\n]*)\n?(?P<rest>(?:" + blanks + rb"[^\n]*\n?)*)"
    return re.compile(start(text, is_marked=is_marked) + lines, re.MULTILINE)


@cache
def start_of_entry(text: str, *, is_marked: bool = False) -> re.Pattern[bytes]:
    """What an entry starts with."""
    return re.compile(start(text, is_marked=is_marked), re.MULTILINE)


def start(text: str, *, is_marked: bool = False) -> bytes:
    found = parsed(text)
    marked = b""
    if is_marked:
        known = found.fields
        pid = rb"\d*" if "pid" in known or "session" in known else rb"(?P<pid>\d*)"
        time = rb"[^\x01\n]*" if "time" in known else rb"(?P<time>[^\x01\n]*)"
        marked = rb"\x01" + pid + rb"\x01" + time + rb"\x01"
    return rb"^" + marked + found.pattern + rb"(?P<severity>" + _SEVERITY + rb"):(?:  ?|$)"


def mark(pid: bytes, time: bytes) -> bytes:
    """What stands before a line that came out of a wrapping with a pid and a time of its own."""
    return b"\x01%s\x01%s\x01" % (pid, time)


_MARK = re.compile(rb"\x01[^\x01\n]*\x01[^\x01\n]*\x01")


def unmarked(line: bytes) -> bytes:
    """The line without what `mark` put before it."""
    return _MARK.sub(b"", line, count=1) if line[:1] == b"\x01" else line


def _severity_pattern() -> bytes:
    """English first: they are tried in this order."""
    english = [b"LOG", b"DETAIL", b"STATEMENT", b"ERROR", b"CONTEXT", b"HINT"]
    others = sorted({*severities(), *labels()} - set(english), key=lambda word: (-len(word), word))
    return b"|".join(re.escape(word) for word in (*english, *others))


_SEVERITY = _severity_pattern()
