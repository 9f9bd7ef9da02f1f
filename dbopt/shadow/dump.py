"""pg_dump's text as a list of entries: what a snapshot leaves out, and which object a failed line belongs to. Pure."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from itertools import pairwise

# pg_dump announces each object: "-- Name: orders; Type: TABLE; Schema: public; Owner: -". A name may contain anything
# but a line break, so the type is what stands before the last "; Schema:".
_HEADER = re.compile(
    r"^--\n-- (?:Statistics for )?(?:Data for )?Name: (?P<name>.*); Type: (?P<type>[A-Z ]+); "
    r"Schema: (?P<schema>.*); Owner: ?.*\n--\n",
    re.MULTILINE,
)
_VERSIONS = re.compile(r"^-- Dumped (?:from database|by pg_dump) version .*\n", re.MULTILINE)
_RESTRICT = re.compile(r"^\\(?:un)?restrict \S+\n", re.MULTILINE)
# Debian's 15 keeps an attribute option that no other version knows, and that differs from run to run.
_ATTRIBUTE_OPTIONS = re.compile(
    r"^(ALTER (?:FOREIGN )?TABLE .* ALTER COLUMN .* SET \()(.*\bpg_attver=\d+.*)\);\n", re.MULTILINE
)
_ICU_COLLATION = re.compile(r"^(CREATE COLLATION .*) \(provider = icu,.*\);$", re.MULTILINE)
_NAMED_COLLATION = re.compile(r'COLLATE pg_catalog\.(?:"((?:[^"]|"")+)"|(\w+))')
_ERROR = re.compile(r"^psql:<stdin>:(\d+): (ERROR|WARNING):  (.*)$", re.MULTILINE)

# Nothing of these helps the planner; a user mapping may hold a password, an event trigger would run on the shadow.
_LEFT_OUT = frozenset({"USER MAPPING", "EVENT TRIGGER", "SUBSCRIPTION", "PUBLICATION", "PUBLICATION TABLE", "ACL"})


@dataclass(frozen=True)
class Entry:
    """One object of a dump. `line` is where its text begins, counted from 1."""

    name: str
    type: str
    schema: str
    line: int


@dataclass(frozen=True)
class Failure:
    """What psql said about an entry of the dump."""

    entry: Entry | None
    message: str
    is_error: bool


def cleaned(text: str) -> str:
    """The dump without what is random, what no other server can read, and what must not leave the server."""
    text = _VERSIONS.sub("", _RESTRICT.sub("", text), count=2)
    text = _ATTRIBUTE_OPTIONS.sub(_without_version, text)
    headers = list(_HEADER.finditer(text))
    starts = [header.start() for header in headers] + [len(text)]
    kept = [text[: starts[0]]]
    for header, (start, end) in zip(headers, pairwise(starts), strict=True):
        if header["type"] not in _LEFT_OUT:
            kept.append(text[start:end])
    return "".join(kept)


def _without_version(match: re.Match[str]) -> str:
    options = [option for option in match[2].split(", ") if not option.startswith("pg_attver=")]
    return f"{match[1]}{', '.join(options)});\n" if options else ""


def restorable(text: str, locale: str) -> str:
    """The dump for a server without ICU: collations of that provider become ones of the C library."""
    return _ICU_COLLATION.sub(lambda match: f"{match[1]} (provider = libc, locale = '{locale}');", text)


def named_collations(text: str) -> frozenset[str]:
    """Names of the predefined collations that the dump's objects use."""
    return frozenset(quoted.replace('""', '"') if quoted else plain for quoted, plain in _NAMED_COLLATION.findall(text))


def entries(text: str) -> list[Entry]:
    """The objects of a dump in their order."""
    found = []
    line, position = 1, 0
    for header in _HEADER.finditer(text):
        line += text.count("\n", position, header.start())
        position = header.start()
        found.append(Entry(header["name"], header["type"], header["schema"], line))
    return found


def failures(text: str, messages: str, first_line: int = 1) -> list[Failure]:
    """What psql's messages on stderr say about the dump's entries, which began at line `first_line` of its input."""
    objects = entries(text)
    lines = [entry.line + first_line - 1 for entry in objects]
    found = []
    for number, severity, message in _ERROR.findall(messages):
        place = bisect.bisect_right(lines, int(number)) - 1
        found.append(Failure(objects[place] if place >= 0 else None, message, severity == "ERROR"))
    return found
