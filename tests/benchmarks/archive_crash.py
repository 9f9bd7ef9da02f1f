"""`dbopt archive run`, killed wherever it hurts, ARCHIVE_SEEDS (50) times at each point: are the rows all there, once?

PostgreSQL 15 with fsync on. A table in each of the ways of tests/archive/world.py, changed by two writers all the time;
a run is killed at a point (a step of a batch or partition, the first time or later, or a random time), then runs go to
the end. Or the server is stopped at once (`pg_ctl stop -m immediate`) and started again; or the destination fails. Then
the rows of the table and those in files of finished batches are compared with the writers' audit trail as multisets;
files that the ledger does not know, unfinished batches and runs, triggers and notes that are left count as wrong, too.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from dbopt.archive.work import COMMITTED, STEPS, WATCHED
from dbopt.errors import DboptError, ServerError
from dbopt.postgres.session import connect
from tests.archive.killed import Happening, ended, started
from tests.archive.world import WAYS, Writers, archived, make_table, writers, wrong
from tests.benchmarks.servers import SETTINGS, debian_15, restarted
from tests.servers import Server

SEEDS = int(os.environ.get("ARCHIVE_SEEDS", "50"))
ROWS = int(os.environ.get("ARCHIVE_ROWS", "1200"))
LATER = 3
TITLES = ("kind", "way", "points", "seeds", "kills", "failed runs", "exact")


@dataclass
class World:
    """A fresh table, its files, and what happened so far."""

    server: Server
    dsn: str
    folder: Path
    way: str
    chance: random.Random
    writing: Writers | None = None
    kills: int = 0
    failed: int = 0

    def run_killed(self, step: str, nth: int) -> None:
        code, _ = ended(started(self.dsn, self.folder, self.way, "killed", step, nth))
        self.kills += code < 0

    def run_failing(self, act: str, step: str, nth: int) -> None:
        code, _ = ended(started(self.dsn, self.folder, self.way, act, step, nth))
        self.failed += code == 3

    def run_to_the_end(self) -> None:
        """As cron would do: what fails is tried again."""
        for _ in range(10):
            with suppress(DboptError), connect(self.dsn) as session:
                archived(session, self.folder, self.way, Happening(self.dsn, self.folder, busy=self.way == "busy"))
                return
        raise SystemExit(f"a run of {self.way} never came to its end")


Act = Callable[[World], None]


def run() -> None:
    rows = []
    with debian_15({**SETTINGS, "fsync": "on", "shared_buffers": "128MB"}) as server:
        for kind, way, points in _kinds():
            rows.append(_measured(server, kind, way, points))
            print("  ".join(str(one) for one in rows[-1]), flush=True)
    print()
    print(tabulate(rows, TITLES, intfmt=","), flush=True)


def _kinds() -> Iterator[tuple[str, str, list[Act]]]:
    for way in WAYS:
        steps = [step for step in STEPS if step != WATCHED or way in ("detach", "busy")]
        yield "killed at a step", way, [_at(step, nth) for step in steps for nth in (1, LATER)]
        yield "killed three times", way, [_thrice]
        yield "killed at a random time", way, [_at_random]
        yield "server stopped", way, [_server_stopped]
        yield "session terminated", way, [_failing("terminated", step) for step in steps if step != COMMITTED]
        yield "file damaged", way, [_failing(act, "written") for act in ("cut", "flipped", "vanished")]
        yield "disk full", way, [_disk_full]


def _measured(server: Server, kind: str, way: str, points: list[Act]) -> list[object]:
    exact = kills = failed = 0
    for seed in range(SEEDS):
        for number, point in enumerate(points):
            with _world(server, way, f"{kind} {way} {number} {seed}") as world:
                with writers(world.dsn, seed):
                    point(world)
                    world.run_to_the_end()
                exact += _is_exact(world, kind)
                kills, failed = kills + world.kills, failed + world.failed
    return [kind, way, len(points), SEEDS, kills, failed, f"{exact} of {SEEDS * len(points)}"]


def _is_exact(world: World, kind: str) -> bool:
    with connect(world.dsn) as session:
        found = wrong(session, world.folder)
    for line in found[:5]:
        print(f"{kind}, {world.way}: {line}", flush=True)
    return not found


@contextmanager
def _world(server: Server, way: str, seed: str) -> Iterator[World]:
    name, folder = server.create_database(), Path(tempfile.mkdtemp(prefix="dbopt-archive-"))
    try:
        with server.connect(name) as session:
            make_table(session, way, ROWS)
        yield World(server, server.dsn(name), folder, way, random.Random(seed))
    finally:
        shutil.rmtree(folder)
        server.drop_database(name)


def _at(step: str, nth: int) -> Act:
    return lambda world: world.run_killed(step, nth)


def _thrice(world: World) -> None:
    for _ in range(3):
        world.run_killed(world.chance.choice(STEPS), world.chance.randint(1, 3))


def _at_random(world: World) -> None:
    process = started(world.dsn, world.folder, world.way)
    _wait_for_a_batch(world, process)
    time.sleep(world.chance.random())
    process.kill()
    world.kills += ended(process)[0] < 0


def _server_stopped(world: World) -> None:
    process = started(world.dsn, world.folder, world.way)
    _wait_for_a_batch(world, process)
    time.sleep(world.chance.random())
    restarted(world.server)
    world.failed += ended(process)[0] == 3


def _wait_for_a_batch(world: World, process: subprocess.Popen[str]) -> None:
    """Python takes its time to begin."""
    with connect(world.dsn) as session:
        while process.poll() is None:
            with suppress(ServerError):
                if session.fetch_workload("SELECT id FROM dbopt.archive_batch LIMIT 1"):
                    return
            time.sleep(0.01)


def _failing(act: str, step: str) -> Act:
    return lambda world: world.run_failing(act, step, world.chance.randint(1, 3))


def _disk_full(world: World) -> None:
    """A file may have no more than some KB, as if the disk were full then."""
    process = started(world.dsn, world.folder, world.way, file_bytes=world.chance.randint(1, 6) * 1024)
    world.failed += ended(process)[0] == 3
