"""The words that a server in another language writes into its log. Pure.

languages.json holds them by their English name, the English word first: the severities, the labels of the lines that
follow a message, the parts of `duration: ... ms  statement: ...`, and whole messages as in printf. They are those of
PostgreSQL's message catalogs.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

SEVERITIES = ("DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "ERROR", "FATAL", "PANIC")
LABELS = ("DETAIL", "HINT", "QUERY", "CONTEXT", "STATEMENT", "LOCATION", "BACKTRACE")
_ENCODINGS = ("utf-8", "latin-1")
_FORMAT = re.compile(r"%(?:\d+\$)?(?P<kind>l?[dsu]|03d|5\$03d)")


@cache
def words(name: str) -> tuple[bytes, ...]:
    """All words of that meaning, the English one first, in the encodings that logs are written in."""
    found = _catalog()[name]
    return tuple(dict.fromkeys(word.encode(code) for code in _ENCODINGS for word in found if _fits(word, code)))


def alternatives(name: str) -> bytes:
    """A regular expression for any of them; longer ones go first."""
    return b"|".join(re.escape(word) for word in sorted(words(name), key=lambda word: (-len(word), word)))


@cache
def severities() -> dict[bytes, str]:
    """The English name of each severity as it stands before the colon. `DEBUG` has levels in the log."""
    known = {word: name for name in SEVERITIES for word in words(name)}
    return known | {b"DEBUG%d" % level: "DEBUG" for level in range(1, 6)}


@cache
def labels() -> dict[bytes, str]:
    """The English name of each label, its colon left out, though not a space before it."""
    return {word.removesuffix(b":"): name for name in LABELS for word in words(name)}


@cache
def messages(name: str) -> re.Pattern[bytes]:
    """What recognises a message in any language at its start; its numbers and texts are the groups, in any order."""
    return re.compile(b"|".join(_pattern(word) for word in words(name)))


def _pattern(message: bytes) -> bytes:
    """A printf format as a regular expression that captures nothing but whole numbers."""
    parts = []
    position = 0
    text = message.decode("latin-1")
    for match in _FORMAT.finditer(text):
        parts.append(re.escape(text[position : match.start()]))
        parts.append(r".*?" if match["kind"] == "s" else r"[0-9]+")
        position = match.end()
    parts.append(re.escape(text[position:]))
    return "".join(parts).encode("latin-1")


def _fits(word: str, encoding: str) -> bool:
    try:
        word.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@cache
def _catalog() -> dict[str, tuple[str, ...]]:
    text = (files("dbopt.workload.logs") / "languages.json").read_text("utf-8")
    return {name: tuple(found) for name, found in json.loads(text).items()}
