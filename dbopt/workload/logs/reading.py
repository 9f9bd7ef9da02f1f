"""Reading logs: blocks of whole entries, by one process or by several, put together in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from types import TracebackType

from dbopt.workload.logs.aggregate import Totals
from dbopt.workload.logs.assemble import Assembler
from dbopt.workload.logs.detect import Format, detect, reader
from dbopt.workload.logs.entries import Account
from dbopt.workload.logs.infer import inferred, instance_of
from dbopt.workload.logs.prefix import unmarked
from dbopt.workload.logs.processes import Filter
from dbopt.workload.logs.sources import Source
from dbopt.workload.logs.stderr import Stderr
from dbopt.workload.logs.wrappers import JSON, Unwrapper
from dbopt.workload.parameter_sets import DEFAULT_LIMIT

BLOCK = 1 << 22
_RECENT = 1 << 16  # bytes that are looked at to see whether a prefix still fits
_MOST_LINES = 400
_LONGEST_ENTRY = 1 << 26  # bytes; a longer one is cut

OnBytes = Callable[[Source], None]


@dataclass
class ReadFile:
    """One file that was read: its format, None where it is none that dbopt knows, and what became of its bytes."""

    name: str
    form: Format | None
    account: Account = field(default_factory=Account)
    trouble: str | None = None
    sample: bytes = b""


@dataclass
class Blocks:
    """Data in as it comes, blocks of whole entries out. `rest` gives the last one."""

    form: Format
    account: Account
    sample: bytes = b""  # where the prefix was found out from; empty where it was given
    unwrapper: Unwrapper | None = None
    _left: bytes = b""
    _wrapped: bytes = b""

    def __post_init__(self) -> None:
        if self.form.wrapper is not None:
            self.unwrapper = Unwrapper(self.form.wrapper, self.form.is_marked, self.account)

    def feed(self, data: bytes, *, least: int = BLOCK) -> bytes:
        """A block, empty while there is not that much."""
        self.account.size += len(data)
        self.account.lines += data.count(b"\n")
        self._left += self._plain(data)
        if len(self._left) < least:
            return b""
        if self.sample and self.form.kind == "stderr":
            self._think_again()
        cut = reader(self.form).cut(self._left)
        if cut == 0 and len(self._left) > _LONGEST_ENTRY:
            cut = self._left.rfind(b"\n") + 1 or len(self._left)
        block, self._left = self._left[:cut], self._left[cut:]
        return block

    def _think_again(self) -> None:
        """Where the lines no longer fit the prefix that the first ones showed, find one for both: a log may begin with
        entries of processes for which it stops at %q.
        """
        lines = [line for line in self._left[-_RECENT:].splitlines()[1:] if instance_of(line) is not None]
        known = Stderr(self.form.prefix, self.form.is_marked)
        fitting = sum(known.matches([line]) for line in lines)
        if fitting >= 0.5 * len(lines):
            return
        wrapper = self.form.wrapper
        before = Unwrapper(wrapper, is_marked=False).unwrapped(self.sample) if wrapper else self.sample
        found = inferred([*before.splitlines()[:_MOST_LINES], *(unmarked(line) for line in lines)])
        if found is not None:
            self.form = replace(self.form, prefix=found)

    def rest(self) -> bytes:
        """What is left at the end of the log."""
        if self.unwrapper is not None:
            wrapped, self._wrapped = self._wrapped, b""
            self._left += (self.unwrapper.unwrapped(wrapped) if wrapped else b"") + self.unwrapper.rest()
        if self.sample and self.form.kind == "stderr":
            self._think_again()
        block, self._left = self._left, b""
        return block

    def _plain(self, data: bytes) -> bytes:
        """Without what other programs wrapped around; the part of a line waits for the rest."""
        if self.unwrapper is None:
            return data
        if self.form.wrapper == JSON:
            return self.unwrapper.unwrapped(data)
        self._wrapped += data
        end = self._wrapped.rfind(b"\n") + 1
        whole, self._wrapped = self._wrapped[:end], self._wrapped[end:]
        return self.unwrapper.unwrapped(whole) if whole else b""


class Reading(AbstractContextManager["Reading"]):
    """Reads sources one after the other. With `jobs` > 1 other processes read the blocks, and the same comes out."""

    def __init__(
        self, whose: Filter, *, prefix: str | None = None, jobs: int = 1, parameters: int = DEFAULT_LIMIT
    ) -> None:
        self.filter = whose
        self.parameters = parameters
        self.prefix = prefix
        self.files: list[ReadFile] = []
        self.assembler = Assembler(whose, Totals(parameters))
        self._running: deque[tuple[ReadFile, Future[Assembler]]] = deque()
        self._jobs = jobs
        self._pool = (
            ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_ignore_interrupts)
            if jobs > 1
            else None
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def read(self, sources: Iterable[Source], on_bytes: OnBytes) -> None:
        """Read all of them. Raises FileError."""
        for source in sources:
            sample = source.sample()
            file = ReadFile(source.name, detect(sample, self.prefix), sample=sample)
            self.files.append(file)
            guessed_from = sample if self.prefix is None else b""
            for block in _blocks(source, file, guessed_from, on_bytes):
                self._submit(file, block)
            file.trouble = source.trouble
        self._collect(0)
        self.assembler.finish()

    def take(self, file: ReadFile, block: bytes) -> None:
        """Read one block, here."""
        assert file.form is not None  # noqa: S101 - only such files have blocks
        self.assembler.account = file.account
        reader(file.form).read(block, self.assembler)

    def _submit(self, file: ReadFile, block: bytes) -> None:
        if self._pool is None:
            self.take(file, block)
            return
        assert file.form is not None  # noqa: S101
        self._running.append((file, self._pool.submit(_read_apart, file.form, self.filter, self.parameters, block)))
        self._collect(self._jobs + 1)

    def _collect(self, most: int) -> None:
        """Put together, in order, what the others have read, until that many blocks are left."""
        while len(self._running) > most:
            file, future = self._running.popleft()
            part = future.result()
            file.account.add(part.account)
            self.assembler.account = file.account
            self.assembler.follow(part)


def _blocks(source: Source, file: ReadFile, sample: bytes, on_bytes: OnBytes) -> Iterator[bytes]:
    if file.form is None:
        for data in source.chunks():
            file.account.size += len(data)
            file.account.lines += data.count(b"\n")
            file.account.skipped += len(data)
            on_bytes(source)
        file.account.gaps = int(file.account.skipped > 0)
        return
    blocks = Blocks(file.form, file.account, sample)
    for data in source.chunks():
        block = blocks.feed(data)
        file.form = blocks.form
        if block:
            yield block
        on_bytes(source)
    rest = blocks.rest()
    file.form = blocks.form
    if rest:
        yield rest


def _read_apart(form: Format, whose: Filter, parameters: int, block: bytes) -> Assembler:
    """One block, by a process that knows nothing of the others."""
    assembler = Assembler(whose, Totals(parameters), knows_beginnings=False)
    reader(form).read(block, assembler)
    return assembler


def _ignore_interrupts() -> None:
    """Ctrl-C is for the one that waits for all of them."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
