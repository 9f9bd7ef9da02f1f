"""Log entries as PostgreSQL writes them, in each format: for logs that no server can be asked to write on demand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

DAY, START = "2026-03-01", "2026-03-01 10:00:00 UTC"


@dataclass(frozen=True)
class Entry:
    """What the server has to say. `query` is the internal one, of a function; `statement` what the client sent."""

    message: str
    severity: str = "LOG"
    state: str = "00000"
    detail: str = ""
    hint: str = ""
    query: str = ""
    context: str = ""
    statement: str = ""
    pid: int = 4711
    user: str = "app"
    database: str = "shop"


def stderr(entries: Sequence[Entry]) -> bytes:
    """With the prefix `%m [%p] %q%u@%d `; lines after the first of a field begin with a tab."""
    lines = []
    for number, one in enumerate(entries):
        prefix = f"{_time(number)} [{one.pid}] {one.user}@{one.database} "
        fields = {
            one.severity: one.message,
            "DETAIL": one.detail,
            "HINT": one.hint,
            "QUERY": one.query,
            "CONTEXT": one.context,
            "STATEMENT": one.statement,
        }
        for name, text in fields.items():
            if text:
                lines.append(f"{prefix}{name}:  " + text.replace("\n", "\n\t"))
    return "".join(f"{line}\n" for line in lines).encode()


def csvlog(entries: Sequence[Entry]) -> bytes:
    """The 26 columns of PostgreSQL 14 and later, texts quoted and others not, as it does."""
    lines = []
    for number, one in enumerate(entries):
        who = (_quoted(one.user), _quoted(one.database), str(one.pid), '"[local]"', _session(one), str(number + 1))
        texts = map(_quoted, (one.message, one.detail, one.hint, one.query))
        after = (_quoted(one.context), _quoted(one.statement), "", "", '"app"', '"client backend"', "", "0")
        columns = (_time(number), *who, '"SELECT"', START, "3/7", "0", one.severity, one.state, *texts, "", *after)
        lines.append(",".join(columns))
    return "".join(f"{line}\n" for line in lines).encode()


def jsonlog(entries: Sequence[Entry]) -> bytes:
    """One object per line; empty fields are left out."""
    lines = []
    for number, one in enumerate(entries):
        members = {
            "timestamp": _time(number),
            "user": one.user,
            "dbname": one.database,
            "pid": one.pid,
            "remote_host": "[local]",
            "session_id": _session(one),
            "line_num": number + 1,
            "ps": "SELECT",
            "session_start": START,
            "vxid": "3/7",
            "txid": 0,
            "error_severity": one.severity,
            "state_code": one.state,
            "message": one.message,
            "detail": one.detail,
            "hint": one.hint,
            "internal_query": one.query,
            "context": one.context,
            "statement": one.statement,
            "application_name": "app",
            "backend_type": "client backend",
            "query_id": 0,
        }
        lines.append(json.dumps({key: value for key, value in members.items() if value != ""}, ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines).encode()


FORMATS: dict[str, Callable[[Sequence[Entry]], bytes]] = {"log": stderr, "csv": csvlog, "json": jsonlog}


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if text else ""


def _session(one: Entry) -> str:
    return f"69a40000.{one.pid:x}"


def _time(number: int) -> str:
    minutes, milliseconds = divmod(number * 7, 60_000)
    return f"{DAY} 10:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03} UTC"
