"""Logs of one real run in three formats: right to the call, and how fast and large beside pgBadger.

pgbench (simple, extended, prepared) and TPC-H run on one PostgreSQL 15 until each log has LOGS_MB megabytes (100).
Every statement's calls are compared with pg_stat_statements, pgbench's transactions with its own count, durations with
the sums that Python's csv module finds in the csvlog (a logged duration holds more than execution: only the ratio to
pg_stat_statements is shown). Then each format is read in turns by dbopt (one process, and as it is by default) and by
pgBadger (one process, its recommended prefix given): executions in the log per second of user and system time. Last,
each log LOGS_TIMES (10) times over, in one file: how much more memory that takes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tabulate import tabulate

from dbopt.workload.fingerprint import fingerprint
from tests.benchmarks import measured
from tests.benchmarks.logs_traffic import PREFIX, Logs, written
from tests.benchmarks.measured import Cost
from tests.workload.logs import oracle

MEGABYTES = float(os.environ.get("LOGS_MB", "100"))
TIMES = int(os.environ.get("LOGS_TIMES", "10"))
ROUNDS = int(os.environ.get("LOGS_ROUNDS", "1"))
PGBADGER_FORMATS = {"stderr": "stderr", "csvlog": "csv", "jsonlog": "jsonlog"}


@dataclass(frozen=True)
class Reading:
    """One reading of one log. `counted` is what the program says it found, executions."""

    tool: str
    cost: Cost
    counted: int


def run() -> None:
    if shutil.which("pgbadger") is None:
        raise SystemExit("pgbadger is not installed: sh tests/install_servers.sh pgbadger")
    with tempfile.TemporaryDirectory(prefix="dbopt-logs-") as name:
        folder = Path(name)
        logs = written(folder, MEGABYTES)
        truth = oracle.read(logs.files["csvlog"])
        rows: list[list[str]] = []
        documents: dict[str, Any] = {}
        for form, path in logs.files.items():
            rows += _compared(folder, form, path, truth.executions)
            documents[form] = _document(folder)
            rows += _many(folder, form, path, truth.executions)
        print(tabulate(rows, TITLES, disable_numparse=True, colalign=("left", "right", "left", *["right"] * 6)))
        print()
        for line in _right(logs, documents):
            print(line)


TITLES = ("log", "MB", "read by", "executions", "CPU s", "wall s", "executions per CPU s", "x pgBadger", "peak MB")


def _compared(folder: Path, form: str, path: Path, executions: int) -> Iterator[list[str]]:
    """The rows of one format: dbopt before and after pgBadger in every round; the best of each."""
    readings: list[Reading] = []
    for _ in range(ROUNDS):
        readings += [
            _dbopt(folder, [path], "--jobs", "1"),
            _dbopt(folder, [path]),
            _pgbadger(folder, form, path),
            _dbopt(folder, [path], "--jobs", "1"),
            _dbopt(folder, [path]),
        ]
    best: dict[str, Reading] = {}
    for one in sorted(readings, key=lambda reading: reading.cost.cpu_s):
        best.setdefault(one.tool, one)
    peer = executions / best["pgBadger 12.0"].cost.cpu_s
    for tool in sorted(best):
        yield _row(form, path.stat().st_size, best[tool], executions, peer)


def _row(form: str, size: int, reading: Reading, executions: int, peer: float | None) -> list[str]:
    cost = reading.cost
    rate = executions / cost.cpu_s
    return [
        form,
        f"{size / 1e6:.0f}",
        reading.tool,
        f"{reading.counted:,}",
        f"{cost.cpu_s:.1f}",
        f"{cost.wall_s:.1f}",
        f"{rate:,.0f}",
        f"{rate / peer:.2f}" if peer else "",
        f"{cost.peak_bytes / 1e6:.0f}",
    ]


def _many(folder: Path, form: str, path: Path, executions: int) -> Iterator[list[str]]:
    """The same log many times over, in one file that lasts as long as these readings."""
    long = folder / f"long{path.suffix}"
    try:
        with long.open("wb") as file:
            for _ in range(TIMES):
                with path.open("rb") as one:
                    shutil.copyfileobj(one, file, 1 << 20)
        for options in ((), ("--jobs", "1")):
            once, many = _dbopt(folder, [path], *options), _dbopt(folder, [long], *options)
            row = _row(f"{form} x {TIMES}", long.stat().st_size, many, executions * TIMES, None)
            yield [*row[:-1], f"{row[-1]} ({many.cost.peak_bytes / once.cost.peak_bytes:.2f}x)"]
    finally:
        long.unlink()


def _dbopt(folder: Path, paths: Sequence[Path], *options: str) -> Reading:
    out = folder / "workload.json"
    program = Path(sys.executable).with_name("dbopt")
    cost = measured.run([program, "capture", "logs", *paths, *options, "--quiet", "-o", out])
    if cost.code:
        raise SystemExit(f"dbopt ended with {cost.code}")
    counted = int(_document(folder)["log"]["executions"])
    return Reading(f"dbopt {' '.join(options) or 'by default'}", cost, counted)


def _pgbadger(folder: Path, form: str, path: Path) -> Reading:
    out = folder / "badger.json"
    options = ["-q", "-j", "1", "-f", PGBADGER_FORMATS[form], "-p", PREFIX, "-x", "json", "-o", str(out)]
    cost = measured.run(["pgbadger", *options, path])
    if cost.code:
        raise SystemExit(f"pgbadger ended with {cost.code}")
    found = json.loads(out.read_text("utf-8", "replace"))
    return Reading("pgBadger 12.0", cost, int(found["overall_stat"]["queries_number"]))


def _document(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "workload.json").read_text("utf-8"))
    return document


def _right(logs: Logs, documents: dict[str, Any]) -> Iterator[str]:
    """What the workloads say, beside what the server, pgbench and the csv module counted."""
    times = _times(logs)
    for form, document in documents.items():
        found = {one["id"]: one for one in document["statements"] if one["kind"] != "utility"}
        same = sum(key in found and found[key]["calls"] == calls for key, calls in logs.calls.items())
        total = sum(one["total_ms"] for one in found.values())
        farthest = max(abs(one["total_ms"] - times[key]) for key, one in found.items())
        [history] = [one["calls"] for one in found.values() if one["tables"] == ["pgbench_history"]]
        yield (
            f"{form}: calls equal pg_stat_statements for {same} of {len(logs.calls)} statements "
            f"({sum(one['calls'] for one in found.values()):,} of {sum(logs.calls.values()):,} calls, "
            f"{len(found.keys() - logs.calls.keys())} statements that it does not know); of one statement at most "
            f"{farthest:.3f} ms from the csv module's sum, {total:,.3f} ms in all, which is "
            f"{total / sum(logs.executed_ms.values()):.3f} times what pg_stat_statements has as executed; "
            f"{history:,} transactions that write (pgbench: {logs.writing:,})"
        )
    yield f"pgbench: {logs.transactions:,} transactions processed, {logs.transactions_logged:,} in its own log"


def _times(logs: Logs) -> dict[str, float]:
    """Milliseconds by fingerprint, by the csv module."""
    once = cache(fingerprint)
    times: defaultdict[str, float] = defaultdict(float)
    for text, duration in oracle.texts(logs.files["csvlog"]):
        times[once(text)] += duration
    return times
