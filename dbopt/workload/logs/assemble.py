"""The entries of all processes, of a log that is read in blocks, perhaps by several processes at once. Pure.

In the middle of a log it is not known what a server process did before: its entries up to the first one that settles
its state are handed to whoever knows (`Assembler.pending`), so that blocks put together in order give what the whole
log gives. Only the processes that wrote last are remembered, for a log may have millions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dbopt.workload.logs.entries import UNSURE, Entry
from dbopt.workload.logs.interpret import Interpreter
from dbopt.workload.logs.messages import Kind
from dbopt.workload.logs.processes import END, Label, Process, held_bytes, is_mere_duration, settle, settles

MOST_PROCESSES = 10_000  # as many are remembered at least, and as many again until the next block
MOST_BYTES = 1 << 27  # of the texts that these hold


@dataclass(slots=True)
class Assembler(Interpreter):
    """Entries in, sums by statement out. `knows_beginnings` is for the one who reads a log from its start."""

    knows_beginnings: bool = True
    processes: dict[bytes, Process] = field(default_factory=dict)
    _former: dict[bytes, Process] = field(default_factory=dict)  # not heard of for a while

    def open(self, entry: Entry) -> None:
        """An entry to which further lines may belong."""
        process = self._process(entry)
        if process.open is not None:
            self._take(process, process.open)
        process.open = entry

    def label(self, key: bytes, label: str, text: bytes) -> None:
        """A line that belongs to the last entry of that process."""
        process = self.processes.get(key) or self._returning(key)
        if process is None:
            process = self.processes[key] = Process(self.knows_beginnings)
        if process.open is not None:
            process.open.attach(label, text)
        elif not process.is_known and process.pending[-1:] != [END]:
            process.pending.append((label, text))

    def passed(self, key: bytes) -> None:
        """An entry that says nothing, but ends the one before it."""
        process = self.processes.get(key) or self._returning(key)
        if process is None:
            if self.knows_beginnings:
                return
            process = self.processes[key] = Process(is_known=False)
        if process.open is not None:
            self._take(process, process.open)
            process.open = None
        if not process.is_known and process.pending[-1:] != [END]:
            process.pending.append(END)

    def complete(self, entry: Entry) -> None:
        """An entry with all its lines."""
        process = self._process(entry)
        if process.open is not None:
            self._take(process, process.open)
            process.open = None
        self._take(process, entry)

    def follow(self, later: Assembler) -> None:
        """Go on where this one stands with a later block of the log."""
        self.totals.add(later.totals)
        for key, process in later.processes.items():
            known = self.processes.get(key) or self._returning(key)
            if known is None and process.says_nothing:
                continue
            mine = known or Process(is_known=True)
            for item in process.pending:
                self._resume(mine, item)
            if process.is_known:
                if not process.pending:
                    self._finish(mine)
                elif mine.open is not None:
                    self._take(mine, mine.open)
                process.pending = []
                mine = process
            elif process.open is not None:
                self._resume(mine, process.open)
            self.processes[key] = mine

    def forget(self) -> None:
        """Between two blocks: where there are too many processes, those not heard of for longest have ended."""
        if len(self.processes) > MOST_PROCESSES or sum(map(held_bytes, self.processes.values())) > MOST_BYTES:
            self._end(self._former)
            self.processes, self._former = {}, self.processes

    @property
    def remembered(self) -> int:
        """Processes."""
        return len(self.processes) + len(self._former)

    def finish(self) -> None:
        """The end of the log."""
        self._end(self._former)
        self._end(self.processes)

    def _end(self, processes: dict[bytes, Process]) -> None:
        for process in processes.values():
            self._finish(process)
        processes.clear()

    def _returning(self, key: bytes) -> Process | None:
        """A process that was not heard of for a while."""
        process = self._former.pop(key, None) if self._former else None
        if process is not None:
            self.processes[key] = process
        return process

    def _resume(self, process: Process, item: Entry | Label) -> None:
        if isinstance(item, Entry):
            if process.open is not None:
                self._take(process, process.open)
            process.open = item
        elif process.open is not None and item == END:
            self._take(process, process.open)
            process.open = None
        elif process.open is not None:
            process.open.attach(*item)

    def _process(self, entry: Entry) -> Process:
        process = self.processes.get(entry.process) or self._returning(entry.process)
        if process is None:
            process = self.processes[entry.process] = Process(self.knows_beginnings or entry.is_first)
        return process

    def _take(self, process: Process, entry: Entry) -> None:
        if process.is_known:
            self.take(process, entry)
        else:
            self._postpone(process, entry)

    def _postpone(self, process: Process, entry: Entry) -> None:
        """Leave it to who knows what the process did before, unless it says nothing after the entry before it."""
        before = next((item for item in reversed(process.pending) if item != END), None)
        is_second = before is not None and is_mere_duration(before) and is_mere_duration(entry)
        if is_second and not entry.process.startswith(UNSURE):
            self.account.kinds[Kind.DURATION] += 1
            return
        process.pending.append(entry)
        if settles(entry):
            process.is_known = True
            settle(process, entry)

    def _finish(self, process: Process) -> None:
        if process.open is not None:
            entry, process.open = process.open, None
            self._take(process, entry)
        if process.is_known:
            self.close(process)
