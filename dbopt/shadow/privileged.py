"""What of a dump only a superuser can make, reduced to names that dbopt composes its own statements of. Pure.

Left to fail are things that are dangerous in a stranger's hands: functions in C, base types, operator classes, access
methods, casts between built-in types that call a function.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r'"(?:[^"\n]|"")+"|[a-z_][a-z0-9_$]*'
_EXTENSION = re.compile(
    rf"^CREATE EXTENSION IF NOT EXISTS (?P<name>{_NAME})(?: WITH SCHEMA (?P<schema>{_NAME}))?;$", re.MULTILINE
)
_SERVER = re.compile(
    rf"^CREATE SERVER (?P<name>{_NAME})(?: TYPE '[^'\n]*')?(?: VERSION '[^'\n]*')?"
    rf" FOREIGN DATA WRAPPER (?P<wrapper>{_NAME})"
    r"(?: OPTIONS \((?P<options>[^;]{0,4000}?)\))? ?;$",
    re.MULTILINE,
)
_OPTION = re.compile(r"(?<![\w'])(?P<name>[a-z_]+) '(?P<value>[\w., ]*)'(?=,|\s*\Z)")
_CAST = re.compile(
    r"^CREATE CAST \((?P<source>[a-z0-9_ \[\]]{1,70}) AS (?P<target>[a-z0-9_ \[\]]{1,70})\) WITH INOUT"
    r"(?P<context>| AS ASSIGNMENT| AS IMPLICIT);$",
    re.MULTILINE,
)
# What the planner asks of a foreign server; nothing that says where it is.
_PLANNING_OPTIONS = frozenset(
    {
        "async_capable",
        "batch_size",
        "extensions",
        "fdw_startup_cost",
        "fdw_tuple_cost",
        "fetch_size",
        "truncatable",
        "updatable",
    }
)


@dataclass(frozen=True)
class Extension:
    name: str
    schema: str | None


@dataclass(frozen=True)
class ForeignServer:
    """`options` are those that change plans."""

    name: str
    wrapper: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cast:
    """A cast by the types' text form. `context` is empty, or says where it is applied by itself."""

    source: str
    target: str
    context: str


def extensions(dump: str) -> list[Extension]:
    return [
        Extension(_plain(found["name"]), _plain(found["schema"]) if found["schema"] else None)
        for found in _EXTENSION.finditer(dump)
    ]


def foreign_servers(dump: str) -> list[ForeignServer]:
    return [
        ForeignServer(_plain(found["name"]), _plain(found["wrapper"]), _options(found["options"] or ""))
        for found in _SERVER.finditer(dump)
    ]


def casts(dump: str) -> list[Cast]:
    return [Cast(found["source"], found["target"], found["context"]) for found in _CAST.finditer(dump)]


def without_servers(dump: str) -> str:
    """The dump, line for line, without the statements that make foreign servers: they say where to connect to."""
    return _SERVER.sub(lambda found: "\n" * found[0].count("\n"), dump)


def without_cast(dump: str, cast: Cast) -> str:
    """The dump, line for line, without the statement that makes the cast."""
    return dump.replace(f"\nCREATE CAST ({cast.source} AS {cast.target}) WITH INOUT{cast.context};\n", "\n\n")


def _options(text: str) -> tuple[tuple[str, str], ...]:
    found = [(option["name"], option["value"]) for option in _OPTION.finditer(text)]
    return tuple((name, value) for name, value in found if name in _PLANNING_OPTIONS)


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
