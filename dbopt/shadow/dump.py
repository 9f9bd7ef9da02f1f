"""pg_dump's text as a list of entries: what a snapshot leaves out, and which object a failed line belongs to. Pure."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

# pg_dump announces each object: "-- Name: orders; Type: TABLE; Schema: public; Owner: -". A name may contain anything
# but a line break, so the line is read from its end.
_HEADER = re.compile(r"^--\n-- (?:Statistics for )?(?:Data for )?Name: (?P<line>.*)\n--\n", re.MULTILINE)
_TYPE = re.compile(r"[A-Z ]+")
_VERSIONS = re.compile(r"^-- Dumped (?:from database|by pg_dump) version .*\n", re.MULTILINE)
_RESTRICT = re.compile(r"^\\(?:un)?restrict \S+\n", re.MULTILINE)
# Debian's 15 keeps an attribute option that no other version knows, and that differs from run to run.
_ATTRIBUTE_OPTIONS = re.compile(
    r"^(ALTER (?:FOREIGN )?TABLE .* ALTER COLUMN .* SET \()(.*\bpg_attver=\d+.*)\);\n", re.MULTILINE
)
_NO_TIME_LIMIT = re.compile(r"^SET statement_timeout = 0;$", re.MULTILINE)
_ICU_COLLATION = re.compile(r"^(CREATE COLLATION .{1,300}) \(provider = icu,.{1,1000}\);$", re.MULTILINE)
_QUALIFIED = re.compile(r'CREATE COLLATION (?P<schema>"(?:[^"]|"")+"|\w+)\.(?P<name>"(?:[^"]|"")+"|\w+) ')
_NAMED_COLLATION = re.compile(r'COLLATE pg_catalog\.(?:"((?:[^"]|"")+)"|(\w+))')
# ANALYZE stores it alone where fewer than two ranges are not empty, but pg_restore_attribute_stats wants both or none.
_LONE_EMPTY_SHARE = re.compile(
    r"(\n\t'(?!range_length_histogram)[a-z_]+', [^\n]*),\n\t'range_empty_frac', '[^'\n]*'::real(?=\n\);)"
)
_ERROR = re.compile(r"^psql:<stdin>:(\d+): (ERROR|WARNING):  (.*)$", re.MULTILINE)

STATISTICS_DATA = "STATISTICS DATA"
_CALL = re.compile(r"^SELECT \* FROM pg_catalog\.pg_restore_(?=relation_stats|attribute_stats)", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^\t'att(?:name|num)', ((?:E)?'(?:[^']|'')*')", re.MULTILINE)
_INHERITED = re.compile(r"^\t'inherited', 't'::boolean", re.MULTILINE)

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
class StatisticsCall:
    """A statement that restores the statistics of a relation, or of a column: its name, or its number in an index."""

    text: str
    column: str | None
    inherited: bool

    def with_arguments(self, arguments: Iterable[str]) -> str:
        """The statement with further arguments at its end."""
        start, end, rest = self.text.rpartition("\n);")
        return "".join([start, *(f",\n\t{argument}" for argument in arguments), end, rest])


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
    headers = list(_headers(text))
    starts = [start for start, *_ in headers] + [len(text)]
    kept = [text[: starts[0]]]
    for (_, _, kind, _), (start, end) in zip(headers, pairwise(starts), strict=True):
        if kind not in _LEFT_OUT:
            kept.append(text[start:end])
    return "".join(kept)


def _headers(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Where each object begins, its name, type and schema."""
    for header in _HEADER.finditer(text):
        line, owner, _ = header["line"].rpartition("; Owner:")
        line, _, schema = line.rpartition("; Schema: ")
        name, kind, type_name = line.rpartition("; Type: ")
        if owner and kind and _TYPE.fullmatch(type_name):
            yield header.start(), name, type_name, schema


def _without_version(match: re.Match[str]) -> str:
    options = [option for option in match[2].split(", ") if not option.startswith("pg_attver=")]
    return f"{match[1]}{', '.join(options)});\n" if options else ""


def restorable(text: str, locale: str) -> str:
    """The dump for a server without ICU: collations of that provider become ones of the C library. The server's own
    time limit stays, and statistics that pg_dump writes but no server takes go.
    """
    text = _LONE_EMPTY_SHARE.sub(r"\1", text)
    text = _NO_TIME_LIMIT.sub("", text, count=1)
    return _ICU_COLLATION.sub(lambda match: f"{match[1]} (provider = libc, locale = '{locale}');", text)


def loose_collations(text: str) -> frozenset[tuple[str, str]]:
    """Schemas and names of the collations that take different texts for equal; `restorable` makes others of them."""
    found = [match[0] for match in _ICU_COLLATION.finditer(text) if "deterministic = false" in match[0]]
    names = [_QUALIFIED.match(one) for one in found]
    return frozenset((_plain(name["schema"]), _plain(name["name"])) for name in names if name is not None)


def _plain(written: str) -> str:
    return written[1:-1].replace('""', '"') if written.startswith('"') else written


def named_collations(text: str) -> frozenset[str]:
    """Names of the predefined collations that the dump's objects use."""
    return frozenset(quoted.replace('""', '"') if quoted else plain for quoted, plain in _NAMED_COLLATION.findall(text))


def entries(text: str) -> list[Entry]:
    """The objects of a dump in their order."""
    found = []
    line, position = 1, 0
    for start, name, kind, schema in _headers(text):
        line += text.count("\n", position, start)
        position = start
        found.append(Entry(name, kind, schema, line))
    return found


def pieces(text: str) -> list[tuple[Entry | None, str]]:
    """The dump's text object by object; what stands before the first belongs to none. A line break ends each piece."""
    lines = text.split("\n")
    found = entries(text)
    starts = [*(entry.line - 1 for entry in found), len(lines)]
    whose: list[Entry | None] = [None, *found]
    return [
        (entry, "".join(f"{line}\n" for line in lines[start:end]))
        for entry, (start, end) in zip(whose, pairwise([0, *starts]), strict=True)
    ]


def doubles_backslashes(text: str) -> bool:
    """Whether the dump's literals have backslashes doubled, as those of a server with the old rules."""
    return "SET standard_conforming_strings = off;" in text[:2000]


def quoted(value: str, *, backslashes: bool) -> str:
    """The literal as pg_dump writes it."""
    value = value.replace("'", "''")
    return "'" + (value.replace("\\", "\\\\") if backslashes else value) + "'"


def statistics_calls(piece: str) -> tuple[str, list[StatisticsCall]]:
    """What stands before the first call in an object of type STATISTICS DATA, and the calls."""
    starts = [match.start() for match in _CALL.finditer(piece)]
    head = piece[: starts[0]] if starts else piece
    return head, [_statistics_call(piece[start:end]) for start, end in pairwise([*starts, len(piece)])]


def _statistics_call(text: str) -> StatisticsCall:
    name = _ATTRIBUTE.search(text)
    column = None if name is None else name[1].removeprefix("E")[1:-1].replace("''", "'")
    return StatisticsCall(text, column, _INHERITED.search(text) is not None)


def failures(text: str, messages: str, first_line: int = 1) -> list[Failure]:
    """What psql's messages on stderr say about the dump's entries, which began at line `first_line` of its input."""
    objects = entries(text)
    lines = [entry.line + first_line - 1 for entry in objects]
    found = []
    for number, severity, message in _ERROR.findall(messages):
        place = bisect.bisect_right(lines, int(number)) - 1
        found.append(Failure(objects[place] if place >= 0 else None, message, severity == "ERROR"))
    return found
