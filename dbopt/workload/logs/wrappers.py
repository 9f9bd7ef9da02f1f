"""What other programs wrap around the lines of a log: syslog, journald, Heroku, CloudWatch, Kubernetes, Docker and
documents of JSON. Pure.

Unwrapping is done line by line and makes a log of the plain format. The lines of one entry, which syslog numbers and
may interleave with those of other processes, come together again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dbopt.workload.logs.entries import Account
from dbopt.workload.logs.languages import labels
from dbopt.workload.logs.prefix import mark

_ISO = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_CHUNK = rb"(?:\[(?P<number>\d+)-(?P<chunk>\d+)\] ?)?"
_PROGRAM = rb"[^\s\[\]]+"
_WRAPPERS = {
    # <134>1 2026-11-26T15:15:05.123Z host app 7818 id - [5-1] text; Heroku's drains put the length before it
    "syslog 5424": rb"(?:\d+ )?<\d+>1 (?P<time>"
    + _ISO
    + rb"|-) \S+ \S+ (?:\D*?(?P<pid>\d+)|\S+) \S+ (?:-|\[.*?\])(?: +(?:\xef\xbb\xbf)?(?:\[[A-Z_]+\] +)?"
    + _CHUNK
    + rb"(?P<text>.*))?",
    # Nov 26 15:15:05 host postgres[7818]: [5-1] text
    "syslog": rb"(?:<\d+>)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|"
    + _ISO
    + rb") (?:"
    + _PROGRAM
    + rb" )?"
    + _PROGRAM
    + rb"\[(?P<pid>\d+)\]: ?"
    + _CHUNK
    + rb"(?P<text>.*)",
    # 2026-11-26T15:15:05.123456+00:00 app[postgres.7818]: [DATABASE] [5-1] text
    "heroku": rb"(?P<time>" + _ISO + rb") (?:app|heroku)\[[\w.-]+\]: (?:\[[A-Z_]+\] +)?" + _CHUNK + rb"(?P<text>.*)",
    # 2026-11-26T15:15:05.123456789Z stderr F text
    "cri": rb"(?P<time>" + _ISO + rb") std(?:err|out) [FP] (?P<text>.*)",
    # db-1  | text
    "compose": rb"(?P<program>[\w.-]+) +\| (?P<text>.*)",
    # 2026-11-26T15:15:05.123Z text, perhaps with the name of a log stream
    "cloudwatch": rb"(?P<time>" + _ISO + rb")[ \t]+(?P<text>.*)",
}
_KEYS = rb"(?:textPayload|@?message|MESSAGE|log|msg|line)"
_MESSAGE = re.compile(rb'"' + _KEYS + rb'"\s*:\s*(?P<text>"(?:[^"\\]|\\.)*")', re.DOTALL)
JSON = "json"
NAMES = (*_WRAPPERS, JSON)
_OCTAL = re.compile(rb"#(0[0-3][0-7]|177)")
_MOST_OPEN = 1000
MOST_PARTS = 1 << 16
LONGEST_TAIL = 1 << 26  # bytes of a document without an event
# a line that belongs to an entry, behind its prefix
_LABELLED = re.compile(
    rb"(?:[^ \n][^\n]{0,400}?)?(?<![\w\x80-\xff])(?:" + b"|".join(map(re.escape, labels())) + rb"):  "
)
# what a line of a document starts with, the rest of a cut one included
_OF_DOCUMENT = (b"", *(bytes([sign]) for sign in b'{}[]",:'))


@dataclass
class Unwrapper:
    """A stream of wrapped lines in, plain ones out, and an account of what went. `has_blanks`: a further line of an
    entry starts with a blank.
    """

    wrapper: str
    is_marked: bool
    has_blanks: bool = False
    account: Account = field(default_factory=Account)
    _open: dict[bytes, list[bytes]] = field(default_factory=dict)
    _tail: bytes = b""
    _writer: bytes | None = None  # of the last line

    def unwrapped(self, data: bytes) -> bytes:
        """What is inside these whole lines (of JSON: of any piece), entries in parts excepted that may go on."""
        return b"".join(self._of_json(data) if self.wrapper == JSON else self._of_lines(data))

    def rest(self) -> bytes:
        """The entries that were still open."""
        texts = [b"".join(parts) + b"\n" for parts in self._open.values()]
        self._open.clear()
        self._between(self._tail)
        self._tail = b""
        self.account.recognised -= sum(map(len, texts))
        return b"".join(texts)

    @property
    def waiting_bytes(self) -> int:
        """Of the rest of a document."""
        return len(self._tail)

    def _of_lines(self, data: bytes) -> Iterator[bytes]:
        match_line = pattern(self.wrapper).match
        for line in data.splitlines(keepends=True):
            match = match_line(line)
            if match is None:
                yield from self._foreign(line)
                continue
            groups = match.groupdict()
            text = _unescaped(groups["text"] or b"")
            pid, time = groups.get("pid") or b"", groups.get("time") or b""
            if groups.get("chunk") is not None:
                self.account.recognised += len(line)
                yield from self._chunk(groups, text, pid, time)
            elif self._is_of_another(text, pid or groups.get("program")):
                self.account.skip(line)
            else:
                self.account.recognised += len(line)
                yield self._emitted(self._marked(text, pid, time) + b"\n")

    def _is_of_another(self, text: bytes, writer: bytes | None) -> bool:
        """Whether a line that goes on with an entry has another writer than the line before."""
        former, self._writer = self._writer, writer
        return former != writer and (text[:1] == b"\t" or (self.has_blanks and text[:1] == b" "))

    def _foreign(self, line: bytes) -> Iterator[bytes]:
        """A line without the wrapping: of an entry of several lines, which CloudWatch wraps once, or none at all."""
        if self.wrapper == "cloudwatch" and line[:1] in b"\t ":
            self.account.recognised += len(line)
            yield self._emitted(line)
        else:
            self.account.skip(line)

    def _chunk(self, groups: dict[str, bytes], text: bytes, pid: bytes, time: bytes) -> Iterator[bytes]:
        """One part of an entry. Parts are cut at line breaks, where the next one starts with a tab, before DETAIL and
        the like, which have the prefix again, or at a blank.
        """
        key = pid or groups["number"]
        if groups["chunk"] == b"1" or key not in self._open:
            before = self._open.pop(key, None)
            if before is not None:
                yield self._emitted(b"".join(before) + b"\n")
            text = text.lstrip(b" ")  # Heroku's prefix starts with one
            self._open[key] = [mark(pid, time) + text if self.is_marked else text]
            if len(self._open) > _MOST_OPEN:
                yield self._emitted(b"".join(self._open.pop(next(iter(self._open)))) + b"\n")
        elif len(self._open[key]) > MOST_PARTS:
            yield self._emitted(b"".join(self._open.pop(key)) + text + b"\n")
        elif text[:1] == b"\t":
            self._open[key] += [b"\n", text]
        elif _LABELLED.match(text):
            self._open[key] += [b"\n", mark(pid, time) + text if self.is_marked else text]
        else:
            self._open[key].append(text)

    def _of_json(self, data: bytes) -> Iterator[bytes]:
        """The texts of events, however the document is laid out."""
        data, position = self._tail + data, 0
        for match in _MESSAGE.finditer(data):
            self._between(data[position : match.start()])
            position = match.end()
            self.account.recognised += len(match[0])
            yield from self._event(match["text"])
        self._tail = data[position:]
        if len(self._tail) > LONGEST_TAIL:
            self._between(self._tail)
            self._tail = b""

    def _event(self, quoted: bytes) -> Iterator[bytes]:
        try:
            text = json.loads(quoted.decode("utf-8", "surrogateescape"), strict=False)
        except ValueError:
            return
        yield self._emitted(text.encode("utf-8", "surrogateescape").rstrip(b"\n") + b"\n")

    def _between(self, data: bytes) -> None:
        """What stands between the events: the rest of the document, or lines that are none of it."""
        for line in data.splitlines(keepends=True):
            if line.lstrip()[:1] in _OF_DOCUMENT:
                self.account.recognised += len(line)
            else:
                self.account.skip(line)

    def _marked(self, text: bytes, pid: bytes, time: bytes) -> bytes:
        return mark(pid, time) + text if self.is_marked and text[:1] not in (b"\t", b" ") else text

    def _emitted(self, text: bytes) -> bytes:
        """What goes on is accounted for by whoever reads it."""
        self.account.recognised -= len(text)
        return text


def pattern(wrapper: str) -> re.Pattern[bytes]:
    return re.compile(_WRAPPERS[wrapper] + rb"\r?\n?\Z", re.DOTALL)


def _unescaped(text: bytes) -> bytes:
    """rsyslog writes control characters as #011."""
    text = text.removesuffix(b"\n")
    return _OCTAL.sub(lambda match: bytes([int(match[1], 8)]), text) if b"#" in text else text
