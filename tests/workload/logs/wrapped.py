"""The lines of a log as syslog, clouds and containers pass them on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

_ENTRY = re.compile(rb"\A.*?\[(\d+)\]")


def entries(text: bytes) -> list[list[bytes]]:
    """The lines of each entry; those of its DETAIL are another."""
    found: list[list[bytes]] = []
    for line in text.splitlines():
        if line.startswith(b"\t"):
            found[-1].append(line)
        else:
            found.append([line])
    return found


def pid(entry: list[bytes]) -> bytes:
    match = _ENTRY.match(entry[0])
    assert match is not None
    return match[1]


def _numbered(text: bytes, head: Callable[[bytes], bytes]) -> bytes:
    """Each line with the head and `[n-m]`; lines of more than 100 bytes are cut at a blank as syslog.c does."""
    lines = []
    for number, entry in enumerate(entries(text), 1):
        chunks = [part for line in entry for part in _cut(line)]
        for chunk, part in enumerate(chunks, 1):
            escaped = part.replace(b"\t", b"#011")
            lines.append(head(pid(entry)) + b"[%d-%d] " % (number, chunk) + escaped + b"\n")
    return b"".join(lines)


def _cut(line: bytes) -> list[bytes]:
    parts = []
    while len(line) > 100 and b" " in line[1:100].lstrip():
        end = line.rindex(b" ", 1, 100)
        parts.append(line[:end])
        line = line[end:]
    return [*parts, line]


def syslog(text: bytes) -> bytes:
    return _numbered(text, lambda pid: b"Nov 26 15:15:05 db-1 postgres[%s]: " % pid)


def syslog_iso(text: bytes) -> bytes:
    return _numbered(text, lambda pid: b"2026-11-26T15:15:05.123456+00:00 db-1 postgres[%s]: " % pid)


def syslog_5424(text: bytes) -> bytes:
    return _numbered(text, lambda pid: b"<134>1 2026-11-26T15:15:05.123456Z db-1 postgres %s - - " % pid)


def heroku(text: bytes) -> bytes:
    return _numbered(text, lambda _: b"2026-11-26T15:15:05.123456+00:00 app[postgres.7818]: [DATABASE] ")


def _each_line(text: bytes, head: bytes) -> bytes:
    return b"".join(head + line + b"\n" for line in text.splitlines())


def journal(text: bytes) -> bytes:
    return _each_line(text, b"Nov 26 15:15:05 db-1 postgres[1]: ")


def cri(text: bytes) -> bytes:
    return _each_line(text, b"2026-11-26T15:15:05.123456789Z stderr F ")


def compose(text: bytes) -> bytes:
    return _each_line(text, b"db-1  | ")


def cloudwatch(text: bytes) -> bytes:
    """Each entry has a time; its further lines stand as they are."""
    return b"".join(b"2026-11-26T15:15:05.123Z " + b"\n".join(entry) + b"\n" for entry in entries(text))


def _events(text: bytes, key: str, **others: object) -> list[dict[str, object]]:
    return [{**others, key: b"\n".join(entry).decode()} for entry in entries(text)]


def cloudwatch_json(text: bytes) -> bytes:
    """aws logs filter-log-events."""
    return json.dumps({"events": _events(text, "message", timestamp=1790000000123)}, indent=4).encode()


def cloud_sql_json(text: bytes) -> bytes:
    events = _events(text, "textPayload", insertId="s=1", severity="INFO", timestamp="2026-11-26T15:15:05.123Z")
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def docker(text: bytes) -> bytes:
    lines = (json.dumps({"log": line.decode() + "\n", "stream": "stderr"}) for line in text.splitlines())
    return "".join(line + "\n" for line in lines).encode()


ALL = (
    syslog, syslog_iso, syslog_5424, heroku, journal, cri, compose, cloudwatch, cloudwatch_json, cloud_sql_json, docker,
)  # fmt: skip
