"""CPU time of `dbopt --help`, user and system together: median of 10 runs (to stay under 200 ms)."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

RUNS = 10


def run() -> None:
    program = Path(sys.executable).with_name("dbopt")
    for arguments in (["--help"], ["--version"], ["suggest", "--help"]):
        times = sorted(_cpu_ms([str(program), *arguments]) for _ in range(RUNS))
        print(f"dbopt {' '.join(arguments):<14} {median(times):6.0f} ms (least {times[0]:.0f}, most {times[-1]:.0f})")


def _cpu_ms(command: list[str]) -> float:
    before = _children_ms()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _children_ms() - before


def _children_ms() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (usage.ru_utime + usage.ru_stime)
