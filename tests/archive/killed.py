"""A run of the archiver in a process of its own, which something happens to at a step: `python -m tests.archive.killed
DSN FOLDER WAY --act kill --step written --nth 2`. What happens, ACTS names.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from dbopt.archive import work
from dbopt.errors import DboptError
from dbopt.postgres.session import connect
from tests.archive.world import archived

ROOT = Path(__file__).parents[2]


def killed(dsn: str, folder: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def terminated(dsn: str, folder: Path) -> None:
    """An administrator ends the sessions of the run."""
    _elsewhere(
        dsn,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'dbopt' AND datname = current_database() AND state LIKE 'idle in%'",
    )


def stalled(dsn: str, folder: Path) -> None:
    """From now on commits wait for a standby that is not there; UNSTALL ends it."""
    _elsewhere(dsn, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    _elsewhere(dsn, "SELECT pg_reload_conf(), pg_sleep(0.3)")


UNSTALL = "ALTER SYSTEM RESET synchronous_standby_names"


def cut(dsn: str, folder: Path) -> None:
    """The newest file loses its end."""
    newest = _newest(folder)
    os.truncate(newest, newest.stat().st_size // 2)


def flipped(dsn: str, folder: Path) -> None:
    """A bit of the newest file changes."""
    newest = _newest(folder)
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)


def vanished(dsn: str, folder: Path) -> None:
    """The newest file goes."""
    _newest(folder).unlink()


ACTS: dict[str, Callable[[str, Path], None]] = {
    one.__name__: one for one in (killed, terminated, stalled, cut, flipped, vanished)
}


def _newest(folder: Path) -> Path:
    return max(folder.rglob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)


def _elsewhere(dsn: str, statement: str) -> None:
    with connect(dsn, application_name="somebody") as session:
        session.script(statement)


class Happening:
    """Told the steps of a run: does what was asked for at the n-th of a name. With `busy`, the oldest partition changes
    each time that it is exported as a whole.
    """

    def __init__(self, dsn: str, folder: Path, act: str = "", step: str = "", nth: int = 1, *, busy: bool = False):
        self._dsn, self._folder, self._act, self._step, self._nth, self._busy = dsn, folder, act, step, nth, busy
        self._seen: Counter[str] = Counter()
        self._is_watched = False

    def __call__(self, step: str) -> None:
        self._seen[step] += 1
        self._is_watched |= step == work.WATCHED
        if self._busy and step == work.CHECKED and self._is_watched:
            self._is_watched = False
            _elsewhere(
                self._dsn, "UPDATE ev SET amount = amount + 1 WHERE id = (SELECT id FROM ev ORDER BY at LIMIT 1)"
            )
        if self._act and step == self._step and self._seen[step] == self._nth:
            ACTS[self._act](self._dsn, self._folder)


def started(
    dsn: str, folder: Path, way: str, act: str = "", step: str = "", nth: int = 1, file_bytes: int = 0
) -> subprocess.Popen[str]:
    """The process. Where `file_bytes` says so, none of its files can become larger."""
    command = [sys.executable, "-m", "tests.archive.killed", dsn, str(folder), way]
    command += [f"--act={act}", f"--step={step}", f"--nth={nth}", f"--file-bytes={file_bytes}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code, negative for a signal, and what it said."""
    output = process.communicate(timeout=120)[0]
    return process.returncode, output


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("dsn", "folder", "way"):
        parser.add_argument(name)
    for name in ("--act", "--step"):
        parser.add_argument(name, default="")
    parser.add_argument("--nth", type=int, default=1)
    parser.add_argument("--file-bytes", type=int, default=0)
    given = parser.parse_args()
    if given.file_bytes:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then writing fails
        resource.setrlimit(resource.RLIMIT_FSIZE, (given.file_bytes, given.file_bytes))
    folder = Path(given.folder)
    step = Happening(given.dsn, folder, given.act, given.step, given.nth, busy=given.way == "busy")
    try:
        with connect(given.dsn) as session:
            archived(session, folder, given.way, step)
    except DboptError as error:
        print(f"dbopt: error: {error.message}")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
