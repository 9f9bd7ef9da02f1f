"""`dbopt tune` on the demo's shop and on TPC-H: what is kept must help, and a killed run must end like any other.

Of each index that was kept, a judge of its own asks whether it helps: the statements whose plans read it are measured
in turns with it and without it (hidden by pg_index.indisvalid), and their sums of medians compared. Then everything is
undone and tuned again, with the command killed (SIGKILL) after a random time and started again, until it ends by
itself: the indexes that are there afterwards must be those of the run that was not killed. TUNE_KILLED such runs;
TPC-H's scale is TUNE_SCALE; TUNE_PLACES chooses.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from tabulate import tabulate

from dbopt import documents
from dbopt.demo import application, shop
from dbopt.postgres import embedded
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import connect
from dbopt.timing.measure import measure
from dbopt.timing.model import Timings
from dbopt.workload.model import Workload
from tests import tpch
from tests.benchmarks.servers import debian_15

SCALE = float(os.environ.get("TUNE_SCALE", "0.1"))
KILLED = int(os.environ.get("TUNE_KILLED", "10"))
PLACES = os.environ.get("TUNE_PLACES", "demo,tpch").split(",")
ROUNDS = 5
TITLES = ("database", "index", "state", "saves, by tune (ms)", "readers without (ms)", "with", "ratio", "reason")


@dataclass(frozen=True)
class Place:
    """A database with a workload, in a folder."""

    label: str
    dsn: str
    folder: Path

    @property
    def workload(self) -> Workload:
        return documents.read(Workload, str(self.folder / "w.json"))

    def dbopt(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "DBOPT_DSN": self.dsn}
        command = [sys.executable, "-m", "dbopt", *arguments]
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def indexes(self) -> list[str]:
        with connect(self.dsn) as session:
            rows = session.fetch(
                SQL(
                    "SELECT indexdef || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END AS sql FROM pg_indexes p"
                    " JOIN pg_index i ON i.indexrelid = format('%I.%I', schemaname, indexname)::regclass"
                    " WHERE schemaname = 'public' ORDER BY 1"
                )
            )
        return [row["sql"] for row in rows]


def run() -> None:
    for place in PLACES:
        with {"demo": _demo, "tpch": _tpch}[place]() as made:
            before = made.indexes()
            rows, seconds = _judged(made)
            print(
                tabulate(rows, TITLES, disable_numparse=True, colalign=("left", "left", "left", *["right"] * 4, "left"))
            )
            after = made.indexes()
            print(f"{made.label}: tuned in {seconds:.0f} s", flush=True)
            print(f"{made.label}: {_killed(made, before, after, seconds)}\n", flush=True)


@contextmanager
def _demo() -> Iterator[Place]:
    rows = shop.size(0.3)
    settings = {"shared_preload_libraries": "pg_stat_statements", "jit": "off", "autovacuum": "off"}
    with embedded.start(settings=settings) as server, tempfile.TemporaryDirectory() as folder:
        with server.connect() as session:
            session.script("CREATE DATABASE shop")
        dsn = server.dsn("shop")
        with connect(dsn) as session:
            shop.load(session, rows)
        with ExitStack() as stack:
            application.run([stack.enter_context(connect(dsn)) for _ in range(4)], rows, 12)
        with connect(dsn) as session:
            session.script("VACUUM ANALYZE")  # what plans rest on is the same in every run
        made = Place("demo", dsn, Path(folder))
        assert made.dbopt("capture", "statements", "--min-mean-ms", "1", "-o", "w.json").wait() == 0
        yield made


@contextmanager
def _tpch() -> Iterator[Place]:
    with debian_15() as server, tempfile.TemporaryDirectory() as folder:
        dsn = server.dsn(server.create_database())
        tpch.load(dsn, SCALE)
        with connect(dsn) as session:
            session.script("VACUUM ANALYZE")
        (Path(folder) / "w.json").write_text(documents.dump(tpch.workload()))
        yield Place(f"TPC-H {SCALE:g}", dsn, Path(folder))


def _judged(place: Place) -> tuple[list[list[object]], float]:
    started = perf_counter()
    assert place.dbopt("tune", "w.json", "--yes", "--format", "json", "-o", "tuned.json").wait() in (0, 1)
    seconds = perf_counter() - started
    tuned = json.loads((place.folder / "tuned.json").read_text())
    return [[place.label, *_row(place, one)] for one in tuned["indexes"]], seconds


def _row(place: Place, one: dict[str, object]) -> list[object]:
    saved = one["saved_ms"]
    said = [one["index"], one["state"], "" if saved is None else f"{saved:,.1f}"]
    if one["state"] != "kept" or one["action"] != "create":
        return [*said, "", "", "", one["reason"]]
    without, with_it = _readers(place, str(one["index"]), one["statements"])
    return [*said, f"{without:,.1f}", f"{with_it:,.1f}", f"{with_it / without:.2f}" if without else "", one["reason"]]


def _readers(place: Place, index: str, ids: object) -> tuple[float, float]:
    """What the statements that read an index take together without it and with it, in ms."""
    assert isinstance(ids, Sequence)
    workload = place.workload
    readers = replace(workload, statements=tuple(one for one in workload.statements if one.id in ids))
    rounds: dict[bool, list[Timings]] = {False: [], True: []}
    for number in range(2 * ROUNDS):
        shown = bool(number % 2)
        _show(place, index, shown)
        with connect(place.dsn) as session:
            rounds[shown].append(measure(session, readers, runs=1, warmup=1))
    return _sum(rounds[False], readers), _sum(rounds[True], readers)


def _show(place: Place, index: str, shown: bool) -> None:
    with connect(place.dsn) as session:
        session.execute(
            SQL("UPDATE pg_index SET indisvalid = %(shown)s WHERE indexrelid = %(index)s::regclass"),
            {"shown": shown, "index": index},
        )


def _sum(rounds: Sequence[Timings], readers: Workload) -> float:
    """Sum of the fastest runs, times calls: what load on the machine moves least."""
    weights = [one.weight for one in readers.statements]
    runs = zip(*([one.median_ms or 0.0 for one in timings.statements] for timings in rounds), strict=True)
    return float(sum(weight * min(times) for weight, times in zip(weights, runs, strict=True)))


def _killed(place: Place, before: list[str], after: list[str], seconds: float) -> str:
    """How many of the killed runs ended like the one that was not, and how often they were killed."""
    chance, same, kills = random.Random(1), 0, 0
    assert _undone(place) == before
    for _ in range(KILLED):
        while (process := place.dbopt("tune", "w.json", "--yes")).poll() is None:
            try:
                process.wait(chance.uniform(0.3, 0.6 * seconds))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
                continue
            break
        found = place.indexes()
        same += found == after
        if found != after:
            print("other:", *sorted({*found} ^ {*after}), sep="\n  ")
        assert _undone(place) == before
    return f"{same} of {KILLED} runs, killed {kills} times in all, ended with the same indexes"


def _undone(place: Place) -> list[str]:
    for path in sorted(place.folder.glob("dbopt-undo-*.json"), reverse=True):
        assert place.dbopt("undo", path.name, "--yes").wait() == 0
        path.unlink()
    return place.indexes()
