"""What the entries of one process mean together: a text and its time on different lines, a plan and its execution, a
temporary file and the statement that wrote it. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dbopt.workload.logs import plans
from dbopt.workload.logs.aggregate import LoggedPlan, Sums, Totals
from dbopt.workload.logs.entries import Account, Entry
from dbopt.workload.logs.messages import Kind, is_cancelled, is_deadlock, meaning
from dbopt.workload.logs.parameters import is_cut
from dbopt.workload.logs.processes import FAILURES, Filter, Process, as_executed
from dbopt.workload.logs.shapes import ids_of
from dbopt.workload.parameter_sets import drawn

_VERSION = re.compile(rb"starting PostgreSQL (\d[^\s,]*)")


@dataclass(slots=True)
class Interpreter:
    """Entries of processes in, sums by statement out."""

    filter: Filter = field(default_factory=Filter)
    totals: Totals = field(default_factory=Totals)
    account: Account = field(default_factory=Account)

    def take(self, process: Process, entry: Entry) -> None:
        """An entry of a process of which it is known what it did before."""
        if entry.severity in FAILURES:
            self._failed(process, entry)
            return
        kind, amount, text = meaning(entry.message)
        self.account.kinds[kind] += 1
        if not self.filter.passes(entry):
            self.totals.filtered[entry.database] += 1
            return
        if kind == Kind.CALL:  # first, for most are
            self._called(process, entry, amount, text)
        elif text:
            self._take_text(process, entry, kind, amount, text)
        else:
            self._take_event(process, entry, kind, amount)

    def _take_text(self, process: Process, entry: Entry, kind: str, time_us: int, text: bytes) -> None:
        match kind:
            case Kind.FETCH:
                self._fetched(time_us, text)
            case Kind.STATEMENT:
                self._announced(process, entry, text)
            case Kind.PLAN:
                self._planned(process, entry, time_us, text)

    def _take_event(self, process: Process, entry: Entry, kind: str, amount: int) -> None:
        match kind:
            case Kind.DURATION:
                self._timed(process, amount)
            case Kind.TEMPORARY_FILE:
                self._wrote_file(process, entry, amount)
            case Kind.WAITING:
                self._waits(process, entry, amount)
            case Kind.ACQUIRED:
                self._acquired(process, entry, amount)
            case Kind.OTHER if version := _VERSION.match(entry.message):
                self.totals.version = version[1]

    def _called(self, process: Process, entry: Entry, time_us: int, text: bytes) -> None:
        """An execution with its text and its time."""
        if entry.detail:
            text, entry = as_executed(text, entry)
        if process.awaiting is not None and process.awaiting_text != text:
            self.untimed(process)
        process.awaiting = None
        process.executed = text
        if process.planned is not None:
            self._match_plan(process, text)
        ids = ids_of(text)
        self.totals.executions += 1
        self.totals.databases[entry.database] += 1
        truncated = bool(entry.detail) and is_cut(entry.detail)
        draw = drawn(entry.detail or text, entry.time, time_us)
        for number, fingerprint in enumerate(ids):
            share = time_us if len(ids) == 1 else _share(time_us, len(ids), number)
            sums = self.totals.statements.get(fingerprint)
            if sums is None:
                sums = self.totals.of(fingerprint)
            sums.calls += 1
            sums.timed += 1
            sums.total_us += share
            if truncated:
                sums.truncated += 1
                sums.show(share, text)
            elif draw <= sums.samples.worst or share >= sums.samples.longest:
                sums.sample(share, text, entry.detail, draw)
            if process.temp_files and number == 0:
                sums.temp_files += process.temp_files
                sums.temp_bytes += process.temp_bytes
        process.forget()

    def _fetched(self, time_us: int, text: bytes) -> None:
        """More time of an execution that was counted before."""
        for number, fingerprint in enumerate(ids := ids_of(text)):
            sums = self.totals.of(fingerprint)
            sums.total_us += _share(time_us, len(ids), number)

    def _announced(self, process: Process, entry: Entry, text: bytes) -> None:
        """A text whose time, if any, comes later."""
        self.count_planned(process)
        self.untimed(process)
        process.forget()
        process.executed = None
        if entry.detail:
            text, entry = as_executed(text, entry)
        process.awaiting, process.awaiting_text = entry, text

    def _timed(self, process: Process, time_us: int) -> None:
        """The time of the text that came before; a time of nothing that is known counts nowhere."""
        announced = process.awaiting
        if announced is not None:
            process.awaiting = None
            self._called(process, announced, time_us, process.awaiting_text)
        self.count_planned(process)
        process.forget()

    def untimed(self, process: Process) -> None:
        """The text that waits for its time does not get one."""
        entry, text = process.awaiting, process.awaiting_text
        process.awaiting = None
        if entry is None:
            return
        self.totals.executions += 1
        truncated = is_cut(entry.detail)
        draw = drawn(entry.detail or text, entry.time)
        for fingerprint in ids_of(text):
            sums = self.totals.of(fingerprint)
            sums.calls += 1
            if truncated:
                sums.truncated += 1
                sums.show(0, text)
            elif draw <= sums.samples.worst:
                sums.sample(None, text, entry.detail, draw)

    # -- plans --------------------------------------------------------------------------------------------------------

    def _planned(self, process: Process, entry: Entry, time_us: int, logged: bytes) -> None:
        """auto_explain's plan: before the execution's time, or behind it where a client uses the extended protocol. One
        of a statement inside a function, which has a context, is no execution by a client.
        """
        text, plan = plans.query_of(logged), plans.plan_of(logged)
        if not text:
            return
        if entry.context or text == process.executed:
            self._keep_plan(text, time_us, plan)
            if text == process.executed:
                process.executed = None
            return
        if process.planned is not None:
            self.count_planned(process)
        process.planned = (entry, time_us, text, plan)

    def _match_plan(self, process: Process, text: bytes) -> None:
        if process.planned is None:
            return
        _, time_us, planned_text, plan = process.planned
        if planned_text == text:
            self._keep_plan(text, time_us, plan)
            process.planned = None
        else:
            self.count_planned(process)

    def count_planned(self, process: Process) -> None:
        """A plan without a line for its execution is one: auto_explain is all that logs."""
        if process.planned is None:
            return
        entry, time_us, text, plan = process.planned
        process.planned = None
        kept = process.executed
        self._called(process, entry, time_us, text)
        process.executed = kept
        self._keep_plan(text, time_us, plan)

    def _keep_plan(self, text: bytes, time_us: int, plan: bytes) -> None:
        ids = ids_of(text)
        if len(ids) == 1:
            self.totals.of(ids[0]).planned(LoggedPlan(time_us, plan))

    # -- what else happens to a statement -----------------------------------------------------------------------------

    def _wrote_file(self, process: Process, entry: Entry, size: int) -> None:
        if not entry.statement:
            process.temp_files += 1
            process.temp_bytes += size
            return
        for sums in self._of_statement(entry)[:1]:
            sums.temp_files += 1
            sums.temp_bytes += size

    def _waits(self, process: Process, entry: Entry, time_us: int) -> None:
        process.waiting_us = time_us
        for sums in self._of_statement(entry)[:1]:
            sums.lock_waits += 1
            sums.lock_wait_us += time_us

    def _acquired(self, process: Process, entry: Entry, time_us: int) -> None:
        """The whole wait; part of it was counted when the process still waited."""
        for sums in self._of_statement(entry)[:1]:
            sums.lock_wait_us += time_us - process.waiting_us
        process.waiting_us = 0

    def _of_statement(self, entry: Entry) -> list[Sums]:
        return [self.totals.of(fingerprint) for fingerprint in ids_of(entry.statement)] if entry.statement else []

    def _failed(self, process: Process, entry: Entry) -> None:
        self.account.kinds[Kind.ERROR] += 1
        if not self.filter.passes(entry):
            return
        if process.awaiting_text == entry.statement or not entry.statement:
            process.awaiting = None  # it is what failed
        self.count_planned(process)
        self.untimed(process)
        process.executed = None
        process.forget()
        if not entry.statement:
            self.totals.unattributed_errors += 1
            return
        cancelled = is_cancelled(entry.message, entry.sqlstate)
        for sums in self._of_statement(entry)[:1]:
            sums.cancelled += cancelled
            sums.errors += not cancelled
            sums.deadlocks += is_deadlock(entry.message, entry.sqlstate)
            if not cancelled:
                sums.failed(entry.sqlstate, entry.message)
            sums.show(-1, entry.statement)


def _share(time_us: int, parts: int, number: int) -> int:
    """An even part of a time; the first ones take what is left over."""
    return time_us // parts + (number < time_us % parts)
