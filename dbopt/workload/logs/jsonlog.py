"""jsonlog (PostgreSQL 15 and later): one object per line. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from dbopt.workload.logs.assemble import Assembler
from dbopt.workload.logs.entries import Entry
from dbopt.workload.logs.languages import severities

_PREPARATION = re.compile(rb'"message":"duration: \d+\.\d+ ms  (?:bind|parse) ')
# up to the severity, which stands before all that may be long
_BEGINNING = re.compile(
    rb'\{ ?"timestamp": ?"[^"]*", ?'
    rb'(?:"(?!error_severity")\w+": ?(?:"(?:[^"\\]|\\.)*+"|-?\d+), ?)*+"error_severity": ?"[^"]*", ?"',
    re.DOTALL,
)


class Jsonlog:
    """The reader of lines in this format."""

    def read(self, block: bytes, into: Assembler) -> None:
        """Read a block of whole lines; what is no entry is skipped."""
        account, complete, seen = into.account, into.complete, into.totals.seen
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        before = account.skipped
        gap: list[bytes] = []
        entries = preparations = 0
        for line in lines:
            if _PREPARATION.search(line) is not None and line.endswith((b"}", b"}\r")):
                preparations += 1
                entry = None
            else:
                entry = _entry(line)
                if entry is None:
                    gap.append(line)
                    continue
            if gap:
                account.skip(b"\n".join([*gap, b""]))
                gap.clear()
            if entry is not None:
                entries += 1
                seen(entry.time)
                complete(entry)
        if gap:
            account.skip(b"\n".join([*gap, b""] if block.endswith(b"\n") else gap))
        account.recognised += len(block) - (account.skipped - before)
        account.entries += entries + preparations
        if preparations:
            account.kinds["parse or bind"] += preparations

    def cut(self, data: bytes) -> int:
        """Behind the last whole line."""
        return data.rfind(b"\n") + 1


def is_object(line: bytes) -> bool:
    """Whether the line is an entry in this format, or the beginning of one."""
    return _entry(line) is not None or _BEGINNING.match(line) is not None


def _entry(line: bytes) -> Entry | None:
    found = _object(line)
    if found is None or "error_severity" not in found:
        return None
    get = found.get
    return Entry(
        _bytes(get("session_id") or get("pid")),
        severities().get(_bytes(get("error_severity")), "LOG"),
        _bytes(get("message")),
        _bytes(get("timestamp")),
        _bytes(get("user")),
        _bytes(get("dbname")),
        _bytes(get("state_code")),
        _bytes(get("detail")),
        _bytes(get("statement")),
        _bytes(get("context")),
        get("line_num") == 1,
    )


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except UnicodeDecodeError:
        try:
            found = json.loads(line.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            return None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _bytes(value: Any) -> bytes:
    if value is None:
        return b""
    return (value if isinstance(value, str) else str(value)).encode("utf-8", "surrogateescape")
