"""Noise: processes that keep every core busy, and one that comes and goes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Each ends by itself when whoever started it is gone.
_BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(100_000))"
_BURSTS = """
import os, random, time
parent, draw = os.getppid(), random.Random(1)
while os.getppid() == parent:
    end = time.monotonic() + draw.expovariate(2)
    while time.monotonic() < end: sum(range(10_000))
    time.sleep(draw.expovariate(2))
"""


@contextmanager
def busy_machine() -> Iterator[None]:
    """One busy process for each core, and one in bursts of half a second."""
    programs = [_BUSY] * (os.cpu_count() or 1) + [_BURSTS]
    processes = [subprocess.Popen([sys.executable, "-c", program]) for program in programs]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
