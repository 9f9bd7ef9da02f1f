"""What a command costs: CPU time and memory of its whole tree of processes."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLED_EVERY_S = 0.1


@dataclass(frozen=True)
class Cost:
    """`cpu_s` is user and system time of the command and all it waited for. `peak_bytes` is the most memory of its
    processes together (proportional set size, so that shared pages count once), sampled.
    """

    code: int
    cpu_s: float
    wall_s: float
    peak_bytes: int


def run(command: Sequence[str | Path]) -> Cost:
    """Run it to its end; its output goes nowhere."""
    start = time.monotonic()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        sampler = _Sampler(process.pid)
        sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        sampler.done.set()
        sampler.join()
    alone = usage.ru_maxrss * 1024  # exact, of the largest process of them
    return Cost(
        process.returncode, usage.ru_utime + usage.ru_stime, time.monotonic() - start, max(sampler.peak_bytes, alone)
    )


class _Sampler(threading.Thread):
    """Looks every so often how much memory the processes of a session hold."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.session = session
        self.peak_bytes = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(SAMPLED_EVERY_S):
            self.peak_bytes = max(self.peak_bytes, sum(map(_memory_bytes, _of_session(self.session))))


def _of_session(session: int) -> Iterator[Path]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(after_name[3]) == session:
            yield folder


def _memory_bytes(folder: Path) -> int:
    try:
        lines = (folder / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
