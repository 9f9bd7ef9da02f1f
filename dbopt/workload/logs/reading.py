"""Reading logs: blocks of whole entries, by one process or by several, put together in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing import get_context
from types import TracebackType

from dbopt.workload.logs.aggregate import Totals
from dbopt.workload.logs.assemble import Assembler
from dbopt.workload.logs.blocks import Block, Blocks
from dbopt.workload.logs.detect import Format, detect, reader
from dbopt.workload.logs.entries import Account
from dbopt.workload.logs.processes import Filter
from dbopt.workload.logs.sources import Source
from dbopt.workload.parameter_sets import DEFAULT_LIMIT

KEPT = 1 << 14  # bytes of a sample; there may be thousands of files

OnBytes = Callable[[Source], None]


@dataclass
class ReadFile:
    """One file that was read: its format, None where it is none that dbopt knows, and what became of its bytes.
    `sample` is how it begins, `other_names` are further paths to it.
    """

    name: str
    form: Format | None
    account: Account = field(default_factory=Account)
    trouble: str | None = None
    sample: bytes = b""
    other_names: tuple[str, ...] = ()


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
            self.read_one(source, on_bytes)
        self._collect(0)
        self.assembler.finish()

    def read_one(self, source: Source, on_bytes: OnBytes) -> None:
        """Read one of several. Raises FileError."""
        sample = source.sample()
        file = ReadFile(source.name, detect(sample, self.prefix), sample=sample[:KEPT])
        file.other_names = tuple(source.other_names)
        self.files.append(file)
        for block in _blocks(source, file, sample, on_bytes):
            self._submit(file, block)
        file.trouble = source.trouble

    def take(self, file: ReadFile, block: Block) -> None:
        """Read one block, here."""
        self.assembler.account = file.account
        reader(block.form).read(block.data, self.assembler)
        self.assembler.forget()

    def _submit(self, file: ReadFile, block: Block) -> None:
        if self._pool is None:
            self.take(file, block)
            return
        self._running.append((file, self._pool.submit(_read_apart, self.filter, self.parameters, block)))
        self._collect(self._jobs + 1)

    def _collect(self, most: int) -> None:
        """Put together, in order, what the others have read, until that many blocks are left."""
        while len(self._running) > most:
            file, future = self._running.popleft()
            part = future.result()
            file.account.add(part.account)
            self.assembler.account = file.account
            self.assembler.follow(part)
            self.assembler.forget()


def _blocks(source: Source, file: ReadFile, sample: bytes, on_bytes: OnBytes) -> Iterator[Block]:
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
        if block is not None:
            yield block
        on_bytes(source)
    rest = blocks.rest()
    file.form = blocks.form
    if rest is not None:
        yield rest


def _read_apart(whose: Filter, parameters: int, block: Block) -> Assembler:
    """One block, by a process that knows nothing of the others."""
    assembler = Assembler(whose, Totals(parameters), knows_beginnings=False)
    reader(block.form).read(block.data, assembler)
    return assembler


def _ignore_interrupts() -> None:
    """Ctrl-C is for the one that waits for all of them."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
