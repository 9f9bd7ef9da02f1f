"""Ten runs of `dbopt suggest` on one snapshot, in ten processes with ten hash seeds: how many answers there are.

Once with 100 made-up statements over 300 tables, once with TPC-H. One SHA-256 means that every byte of the JSON is the
same.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tabulate import tabulate

from dbopt import documents
from dbopt.postgres.session import connect
from dbopt.shadow import snapshot
from dbopt.shadow.take import take
from dbopt.workload.model import Workload
from tests import tpch
from tests.benchmarks import advisor_growth
from tests.benchmarks.servers import embedded_18

RUNS = 10
STATEMENTS = 100
SCALE = 0.05
TITLES = ("workload", "statements", "runs", "different answers", "bytes", "SHA-256 of the most frequent")


def run() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        advisor_growth.save_snapshot(folder / "made-up.dbsnap")
        _save_tpch(folder / "tpch.dbsnap")
        rows = [
            _row("made up", advisor_growth.made_up(STATEMENTS), folder / "made-up.dbsnap", "20MB"),
            _row(f"TPC-H scale {SCALE:g}", tpch.workload(), folder / "tpch.dbsnap", "100MB"),
        ]
    print(tabulate(rows, TITLES))


def _save_tpch(path: Path) -> None:
    with embedded_18() as server:
        dsn = server.dsn(server.create_database())
        tpch.load(dsn, SCALE)
        with connect(dsn) as session:
            snapshot.save(take(session), path)


def _row(label: str, workload: Workload, taken: Path, budget: str) -> list[str | int]:
    asked = taken.with_suffix(".json")
    documents.write_atomically(asked, documents.dump(workload))
    answers = [_answer(asked, taken, budget, seed) for seed in range(RUNS)]
    found = Counter(hashlib.sha256(answer).hexdigest() for answer in answers)
    return [label, len(workload.statements), RUNS, len(found), len(answers[0]), found.most_common(1)[0][0]]


def _answer(workload: Path, taken: Path, budget: str, seed: int) -> bytes:
    program = Path(sys.executable).with_name("dbopt")
    command: list[str | Path] = [program, "suggest", workload, "--snapshot", taken, "--budget", budget]
    command += ["--format", "json", "--quiet"]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    return subprocess.run(command, check=True, capture_output=True, env=environment).stdout
