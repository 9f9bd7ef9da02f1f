"""What the entries of one process mean together: a text and its time on different lines, a plan and its execution, a
temporary file and the statement that wrote it. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from dbopt.workload.logs import plans
from dbopt.workload.logs.aggregate import LoggedPlan, Sums, Totals
from dbopt.workload.logs.entries import UNSURE, Account, Entry
from dbopt.workload.logs.messages import Kind, is_cancelled, is_deadlock, is_end_of_worker, is_of_worker, meaning
from dbopt.workload.logs.parameters import is_cut
from dbopt.workload.logs.prepared import prepared
from dbopt.workload.logs.processes import FAILURES, Filter, Planned, Process, as_executed
from dbopt.workload.logs.shapes import ids_of
from dbopt.workload.logs.times import began_before
from dbopt.workload.parameter_sets import drawn

_MOST_PLANNED = 200  # plans of a process that wait for the time of an execution
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
            self._called(process, entry, amount, text, entry.time)
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
                self.account.unsure += entry.process.startswith(UNSURE)
                self._planned(process, entry, time_us, text)

    def _take_event(self, process: Process, entry: Entry, kind: str, amount: int) -> None:
        match kind:
            case Kind.DURATION:
                self.account.unsure += entry.process.startswith(UNSURE)
                self._timed(process, entry, amount)
            case Kind.TEMPORARY_FILE:
                self._wrote_file(process, entry, amount)
            case Kind.WAITING:
                self._waits(process, entry, amount)
            case Kind.ACQUIRED:
                self._acquired(process, entry, amount)
            case Kind.OTHER if version := _VERSION.match(entry.message):
                self.totals.version = version[1]

    def _called(self, process: Process, entry: Entry, time_us: int, text: bytes, ended: bytes | None = None) -> None:
        """An execution with its text and its time. `ended` is when it ended; without it, what is pending is its own."""
        if entry.detail:
            text, entry = as_executed(text, entry)
        if process.awaiting is not None and process.awaiting_text != text:
            self.close(process)
        process.awaiting = None
        if ended is not None:
            self._settle_before(process, ended, time_us)
        process.executed = process.last = text
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

    def _settle_before(self, process: Process, ended: bytes, time_us: int) -> None:
        """What is pending and not of an execution that ended now."""
        if process.planned:
            own, process.planned = process.ran_before(ended, time_us), []
            for one in own:
                self._count(process, one.entry, one)
        if process.temp_files and not process.may_own_files(ended, time_us):
            self._give_files(process)

    def _announced(self, process: Process, entry: Entry, text: bytes) -> None:
        """A text whose time, if any, comes later."""
        self.close(process)
        process.forget()
        process.executed = None
        if entry.detail:
            text, entry = as_executed(text, entry)
        process.awaiting, process.awaiting_text, process.last = entry, text, text

    def _timed(self, process: Process, entry: Entry, time_us: int) -> None:
        """The time of the text that came before; a time of nothing that is known counts nowhere."""
        announced = process.awaiting
        if announced is None:
            self._count_planned(process)
            return
        if entry.process.startswith(UNSURE) and began_before(announced.time, entry.time, time_us):
            return  # it is that of another session
        process.awaiting, process.planned = None, []
        self._called(process, announced, time_us, process.awaiting_text)

    def close(self, process: Process) -> None:
        """What is pending of a process that says nothing more, or begins anew."""
        self._count_planned(process)
        self._untimed(process)
        self._give_files(process)

    def _untimed(self, process: Process) -> None:
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
        of a statement inside a function is no execution by a client: its context tells, and where the log has none,
        that it ran while another did.
        """
        text, parameters = plans.query_of(logged)
        if not text:
            return
        text = prepared(text)
        self._keep_plan(text, time_us, plans.plan_of(logged))
        if plans.is_nested(entry.context):
            return
        if text == process.executed:
            process.executed = None
            return
        if process.awaiting is None and process.planned:
            process.planned = process.ran_outside(entry.time, time_us)
        process.planned.append(Planned(replace(entry, message=b"", detail=parameters), time_us, text))
        if len(process.planned) > _MOST_PLANNED:
            oldest = process.planned.pop(0)
            self._count(process, oldest.entry, oldest)

    def _count_planned(self, process: Process) -> None:
        """A plan without a line for its execution is one: auto_explain is all that logs. While a text waits for its
        time, only its own plan is, and gives it.
        """
        planned, process.planned = process.planned, []
        awaiting = process.awaiting
        for one in planned if awaiting is None else [one for one in planned if one.text == process.awaiting_text][-1:]:
            self._count(process, awaiting or one.entry, one)

    def _count(self, process: Process, entry: Entry, planned: Planned) -> None:
        executed = process.executed
        self._called(process, entry, planned.time_us, planned.text)
        process.executed = executed

    def _keep_plan(self, text: bytes, time_us: int, plan: bytes) -> None:
        ids = ids_of(text)
        if len(ids) == 1:
            self.totals.of(ids[0]).planned(LoggedPlan(time_us, plan))

    # -- what else happens to a statement -----------------------------------------------------------------------------

    def _wrote_file(self, process: Process, entry: Entry, size: int) -> None:
        if not entry.statement:
            self.account.unsure += entry.process.startswith(UNSURE)
            process.temp_files += 1
            process.temp_bytes += size
            process.temp_time = entry.time
        elif sums := self._of_statement(entry):
            sums.temp_files += 1
            sums.temp_bytes += size

    def _give_files(self, process: Process) -> None:
        """Files that were removed behind the last execution are its own."""
        if process.temp_files and process.last:
            sums = self.totals.of(ids_of(process.last)[0])
            sums.temp_files += process.temp_files
            sums.temp_bytes += process.temp_bytes
        process.temp_files = process.temp_bytes = 0

    def _waits(self, process: Process, entry: Entry, time_us: int) -> None:
        process.waiting_us = time_us
        if sums := self._of_statement(entry):
            sums.lock_waits += 1
            sums.lock_wait_us += time_us

    def _acquired(self, process: Process, entry: Entry, time_us: int) -> None:
        """The whole wait; part of it was counted when the process still waited."""
        if sums := self._of_statement(entry):
            sums.lock_wait_us += time_us - process.waiting_us
        process.waiting_us = 0

    def _of_statement(self, entry: Entry) -> Sums | None:
        """Of the statement that the entry names, of several in one text the first: the log does not tell which."""
        if not entry.statement:
            return None
        sums = self.totals.of(ids_of(entry.statement)[0])
        sums.show(-1, entry.statement)
        return sums

    def _failed(self, process: Process, entry: Entry) -> None:
        self.account.kinds[Kind.ERROR] += 1
        if not self.filter.passes(entry) or is_end_of_worker(entry.message):
            return
        if process.awaiting_text == entry.statement or not entry.statement:
            process.awaiting = None  # it is what failed
        process.planned = [one for one in process.planned if one.text != entry.statement]
        self.close(process)
        process.executed, process.last = None, b""
        process.forget()
        sums = self._of_statement(entry)
        if sums is None:
            self.totals.unattributed_errors += 1
            return
        if is_of_worker(entry.context):
            return  # counted when the worker said it
        if is_cancelled(entry.message, entry.sqlstate):
            sums.cancelled += 1
        else:
            sums.errors += 1
            sums.failed(entry.sqlstate, entry.message)
        sums.deadlocks += is_deadlock(entry.message, entry.sqlstate)


def _share(time_us: int, parts: int, number: int) -> int:
    """An even part of a time; the first ones take what is left over."""
    return time_us // parts + (number < time_us % parts)
