"""What tests look at after a log was read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbopt.workload.logs.assemble import Assembler
from dbopt.workload.logs.detect import Format, detect, reader
from dbopt.workload.logs.entries import Account
from dbopt.workload.logs.processes import Filter
from dbopt.workload.logs.reading import Reading
from dbopt.workload.logs.sources import found, in_order


def read(
    text: bytes, folder: Path, *, prefix: str | None = None, jobs: int = 1, whose: Filter | None = None
) -> Reading:
    """A log as the command reads it, from a file."""
    file = folder / "read.log"
    file.write_bytes(text)
    with Reading(whose or Filter(), prefix=prefix, jobs=jobs) as reading:
        reading.read(in_order(found([str(file)])), lambda _: None)
    return reading


def assembled(text: bytes, form: Format | None = None) -> Assembler:
    """A log read as one block."""
    form = form or detect(text)
    assert form is not None
    assembler = Assembler()
    reader(form).read(text, assembler)
    assembler.finish()
    return assembler


def sums(assembler: Assembler, *, drawn: bool = True) -> dict[str, Any]:
    """All that is known by statement, to be compared; without what was drawn where the time is written otherwise."""
    return {
        key: (
            *(one.calls, one.timed, one.total_us, one.errors, one.cancelled, one.deadlocks, one.temp_files),
            *(one.temp_bytes, one.lock_waits, one.lock_wait_us, one.truncated, one.plan),
            *(one.samples.longest, one.samples.slowest, one.example, one.samples.chosen if drawn else ()),
        )
        for key, one in assembler.totals.statements.items()
        if one != type(one)()
    }


def is_whole(account: Account) -> bool:
    """Whether every byte is accounted for."""
    return account.recognised + account.continued + account.skipped == account.size
