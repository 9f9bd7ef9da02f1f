"""What a server process said so far, as far as it matters for what it says next. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dbopt.workload.logs.entries import Entry
from dbopt.workload.logs.messages import Kind, meaning, prepare_label
from dbopt.workload.logs.prepared import executed
from dbopt.workload.logs.times import apart

Label = tuple[str, bytes]
"""A line that belongs to the entry before it, and its text."""
END: Label = ("", b"")
"""The end of the entry before, instead of a line that belongs to it."""
FAILURES = frozenset(("ERROR", "FATAL", "PANIC"))
_SETTLING = frozenset((Kind.CALL, Kind.STATEMENT))


@dataclass(frozen=True)
class Filter:
    """Whose statements count; empty: everybody's."""

    databases: frozenset[bytes] = frozenset()
    users: frozenset[bytes] = frozenset()

    def passes(self, entry: Entry) -> bool:
        in_database = not self.databases or entry.database in self.databases
        return in_database and (not self.users or entry.user in self.users)


@dataclass(frozen=True, slots=True)
class Planned:
    """An execution that auto_explain tells of. `entry` says when and where, and nothing more."""

    entry: Entry
    time_us: int
    text: bytes


@dataclass(slots=True)
class Process:
    """What a server process said so far.

    `open` is its last entry, to which lines may still belong. `awaiting` is a statement of which no time is known yet;
    `planned` are plans whose executions were not seen; `executed` is the text of the last execution that has no plan,
    `last` that of the last one. `temp_time` is when the last temporary file was written of which the log does not tell
    the statement.
    """

    is_known: bool
    pending: list[Entry | Label] = field(default_factory=list)
    open: Entry | None = None
    awaiting: Entry | None = None
    awaiting_text: bytes = b""
    planned: list[Planned] = field(default_factory=list)
    executed: bytes | None = None
    last: bytes = b""
    temp_files: int = 0
    temp_bytes: int = 0
    temp_time: bytes = b""
    waiting_us: int = 0

    def forget(self) -> None:
        """What happened before a statement that ended, or one that begins, is not the next one's."""
        self.temp_files = self.temp_bytes = self.waiting_us = 0

    def may_own_files(self, ended: bytes, time_us: int) -> bool:
        """Whether the temporary files are those of an execution that ended now: the log tells the statement of a file
        that is removed while one runs, unless it is told not to; behind an execution, there is none to tell.
        """
        if not self.last:
            return True
        since = apart(self.temp_time, ended)
        return since is not None and since.is_surely_within(time_us)

    def ran_before(self, ended: bytes, time_us: int) -> list[Planned]:
        """The plans that are executions of their own when one has ended: the others are its own plan, and those of
        statements that ran inside it, in its functions. In doubt they ran inside.
        """
        times = ((one, apart(one.entry.time, ended)) for one in self.planned)
        return [one for one, since in times if since is not None and not since.may_be_within(time_us)]

    def ran_outside(self, ended: bytes, time_us: int) -> list[Planned]:
        """The plans but those that surely ran inside an execution of which the plan is logged now."""
        kept = len(self.planned)
        while kept:
            since = apart(self.planned[kept - 1].entry.time, ended)
            if since is None or not since.is_surely_within(time_us):
                break
            kept -= 1
        return self.planned[:kept]

    @property
    def says_nothing(self) -> bool:
        """Whether nothing in the middle of a log tells of it but entries that only end others."""
        return not self.is_known and self.open is None and all(item == END for item in self.pending)


def held_bytes(process: Process) -> int:
    """Of the texts that are kept of a process; those of a part of a log excepted."""
    held = len(process.awaiting_text) + len(process.last) + sum(len(one.text) for one in process.planned)
    for entry in (process.open, process.awaiting, *(one.entry for one in process.planned)):
        if entry is not None:
            held += len(entry.message) + len(entry.detail) + len(entry.statement) + len(entry.context)
    return held


def settles(entry: Entry) -> bool:
    """Whether what a process did before matters no more after this entry."""
    return entry.severity in FAILURES or meaning(entry.message)[0] in _SETTLING


def is_mere_duration(item: Entry | Label) -> bool:
    return isinstance(item, Entry) and item.severity == "LOG" and meaning(item.message)[0] == Kind.DURATION


def settle(process: Process, entry: Entry) -> None:
    """The state of a process after such an entry, which is counted elsewhere."""
    if entry.severity in FAILURES:
        return
    kind, _, text = meaning(entry.message)
    if entry.detail:
        text, entry = as_executed(text, entry)
    process.last = text
    if kind == Kind.STATEMENT:
        process.awaiting, process.awaiting_text = entry, text
    else:
        process.executed = text


def as_executed(text: bytes, entry: Entry) -> tuple[bytes, Entry]:
    """The prepared statement in place of the EXECUTE that ran it."""
    label = prepare_label().match(entry.detail)
    if label is None:
        return text, entry
    text, detail = executed(text, entry.detail[label.end() :])
    return text, replace(entry, detail=detail)
