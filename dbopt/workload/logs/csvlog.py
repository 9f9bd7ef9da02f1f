"""csvlog: one record per entry, of 23 fields (PostgreSQL 12), 24 (13), 26 (14 to 18) or more. Pure."""

from __future__ import annotations

import re

from dbopt.workload.logs.assemble import Assembler
from dbopt.workload.logs.entries import Entry
from dbopt.workload.logs.languages import severities

_TEXT = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\n]*)'
_TIME = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [^,\n]{1,12})?"
_FIELDS = (
    rb"^(?P<time>" + _TIME + rb")",
    rb"(?P<user>" + _TEXT + rb")",
    rb"(?P<database>" + _TEXT + rb")",
    rb"(?P<pid>\d*)",
    _TEXT,  # connection_from
    rb"(?P<session>[^,\n]*)",
    rb"(?P<line>\d*)",
    _TEXT,  # command_tag
    rb"[^,\n]*",  # session_start_time
    _TEXT,  # virtual_transaction_id
    rb"\d*",  # transaction_id
    rb"(?P<severity>" + _TEXT + rb")",
    rb"(?P<sqlstate>[^,\n]*)",
    rb"(?P<message>" + _TEXT + rb")",
    rb"(?P<detail>" + _TEXT + rb")",
    _TEXT,  # hint
    _TEXT,  # internal_query
    rb"\d*",  # internal_query_pos
    rb"(?P<context>" + _TEXT + rb")",
    rb"(?P<statement>" + _TEXT + rb")",
    rb"\d*",  # query_pos
    _TEXT,  # location
    _TEXT,  # application_name
)
# backend_type, leader_pid, query_id, and what later versions may add
_RECORD = re.compile(b",".join(_FIELDS) + rb"(?:," + _TEXT + rb")*\r?(?:\n|\Z)", re.MULTILINE)
_START = re.compile(b",".join(_FIELDS[:7]), re.MULTILINE)
_GROUPS = tuple(
    _RECORD.groupindex[name]
    for name in (
        *("time", "user", "database", "pid", "session", "line", "severity", "sqlstate"),
        *("message", "detail", "context", "statement"),
    )
)
_PREPARATION = re.compile(rb'"duration: \d+\.\d+ ms  (?:bind|parse) ')


class Csvlog:
    """The reader of records in this format."""

    def read(self, block: bytes, into: Assembler) -> None:
        """Read a block of whole records; what is none is skipped."""
        account, seen, complete = into.account, into.totals.seen, into.complete
        known = severities()
        position = entries = recognised = preparations = 0
        for match in _RECORD.finditer(block):
            start, end = match.span()
            if start != position:
                account.skip(block[position:start])
            position = end
            recognised += end - start
            entries += 1
            found = match.group(*_GROUPS)
            if _PREPARATION.match(found[8]):
                preparations += 1
                continue
            time, user, database, pid, session, line, severity, sqlstate, message, detail, context, statement = found
            seen(time)
            complete(
                Entry(
                    session or pid,
                    known.get(_plain(severity), "LOG"),
                    _plain(message),
                    time,
                    _plain(user),
                    _plain(database),
                    sqlstate,
                    _plain(detail),
                    _plain(statement),
                    _plain(context),
                    line == b"1",
                )
            )
        account.skip(block[position:])
        account.recognised += recognised
        account.entries += entries
        if preparations:
            account.kinds["parse or bind"] += preparations

    def cut(self, data: bytes) -> int:
        """Where the last record starts; 0 where there is but one."""
        end = len(data)
        while end > 0:
            start = data.rfind(b"\n", 0, end) + 1
            if start > 0 and _START.match(data, start):
                return start
            end = start - 1
        return 0


def is_record(line: bytes) -> bool:
    """Whether a record starts with this line."""
    return _START.match(line) is not None


def _plain(text: bytes) -> bytes:
    if text[:1] != b'"':
        return text
    inner = text[1:-1]
    return inner.replace(b'""', b'"') if b'"' in inner else inner
