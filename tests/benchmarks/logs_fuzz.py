"""Damaged logs and planted secrets, LOGS_FUZZ (10,000) of each: crashes, bytes unaccounted for, secrets that survive.

What tests/workload/logs/test_damaged.py and test_planted.py try some hundreds of. Half of the inputs for each process.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tabulate import tabulate

from tests.workload.logs import fuzz

INPUTS = int(os.environ.get("LOGS_FUZZ", "10000"))
CHUNK = 100


def run() -> None:
    rows = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for name, one in (
            ("damaged logs: wrong readings", _damaged),
            ("planted secrets: logs with a survivor", _leaks),
        ):
            seeds = range(1000, 1000 + max(1, INPUTS // CHUNK))
            wrong = [each for found in pool.map(one, seeds) for each in found]
            rows.append([name, f"{len(seeds) * CHUNK:,}", f"{len(wrong):,}", wrong[0] if wrong else ""])
    print(tabulate(rows, ("fuzzed", "inputs", "wrong", "the first"), disable_numparse=True))


def _damaged(seed: int) -> list[str]:
    return _each(seed, fuzz.wrong_with_damaged)


def _leaks(seed: int) -> list[str]:
    return _each(seed, lambda draw, folder: " ".join(fuzz.leaks(draw, folder)[:1]))


def _each(seed: int, one: Callable[[random.Random, Path], str]) -> list[str]:
    """The complaints, each with how to see it again."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        found = [one(draw, Path(folder)) for _ in range(CHUNK)]
    return [f"seed {seed}, input {number}: {wrong}" for number, wrong in enumerate(found) if wrong]
