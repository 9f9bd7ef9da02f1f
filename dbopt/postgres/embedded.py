"""A private PostgreSQL 18 in a temporary directory: for the shadow, the demo and the tests.

It listens on a Unix socket in a directory of mode 0700 and nowhere else. A guard process waits on a pipe that only
the owner holds open: when the owner ends in whatever way, kill -9 included, the guard stops the server and removes
the directory. What an owner and its guard killed together leave behind is swept by the next start.
"""

from __future__ import annotations

import fcntl
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from psycopg.conninfo import make_conninfo

from dbopt.errors import EmbeddedServerError
from dbopt.postgres import cluster
from dbopt.postgres.programs import (
    as_server_user,
    clean_environment,
    give_to_server_user,
    last_messages,
    readable_programs,
    server_uid,
)
from dbopt.postgres.session import Session, connect

SUPERUSER = "postgres"
_LOCK = "owner.lock"
_LARGEST_MESSAGES = 64 * 2**20  # of a program, in bytes
_SETTLED_SECONDS = 60  # a directory younger than this may still be on its way to its lock

# Nothing here survives a crash, and nothing has to: the data can always be made again.
_THROWAWAY_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "128MB",
    "log_min_messages": "fatal",
}

# Waits until the owner is gone, then stops the server and removes what is left.
_GUARD = 'trap "" INT TERM HUP; read _; "$1" stop -D "$2" -m immediate -s >/dev/null 2>&1; rm -rf "$3"'


@dataclass
class EmbeddedServer:
    """A running embedded server; a context manager. `directory` holds its data and its socket."""

    directory: Path
    bin_dir: Path
    data: Path
    superuser: str
    _lock: IO[bytes]
    _guard: subprocess.Popen[bytes]
    _stopped: bool = field(default=False)

    def dsn(self, database: str = "postgres", *, user: str | None = None, options: str | None = None) -> str:
        """`options` are those of libpq: settings that hold from the start, whatever the database or role has."""
        given = {} if options is None else {"options": options}
        return make_conninfo(host=str(self.directory), dbname=database, user=user or self.superuser, port=5432, **given)

    def connect(self, database: str = "postgres", *, user: str | None = None, options: str | None = None) -> Session:
        return connect(self.dsn(database, user=user, options=options))

    def run_script(
        self, dsn: str, text: str, *arguments: str, timeout_s: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run SQL in psql, which obeys no backslash command within it and shows no results. The script begins on line
        2 of psql's input. Its messages are kept in a file beside the server's, as they may be endless.

        Raises EmbeddedServerError where there is no psql, and subprocess.TimeoutExpired.
        """
        token = secrets.token_hex(16)
        script = f"\\restrict {token}\n{text}\n\\unrestrict {token}\n"
        with tempfile.NamedTemporaryFile(dir=self.directory) as messages:
            done = self._run(
                "psql",
                ("-X", "-q", *arguments, "-o", "/dev/null", "-f", "-", dsn),
                input=script.encode("utf-8"),
                timeout=timeout_s,
                stdout=subprocess.DEVNULL,
                stderr=messages,
            )
            messages.seek(0)
            stderr = messages.read(_LARGEST_MESSAGES).decode("utf-8", "replace")
        return subprocess.CompletedProcess(done.args, done.returncode, "", stderr)

    def _run(self, tool: str, arguments: tuple[str, ...], **options: Any) -> subprocess.CompletedProcess[Any]:
        try:
            return subprocess.run(
                [self.bin_dir / tool, *arguments], env=clean_environment(), **options, **as_server_user()
            )
        except OSError as error:
            raise cluster.not_to_be_run(self.bin_dir / tool, error) from None

    def make_directory(self, name: str) -> Path:
        """A directory for files that go with the server."""
        made = self.directory / name
        made.mkdir()
        give_to_server_user(made)
        return made

    def stop(self) -> None:
        """Stop the server and remove its directory. Calling it again does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self._guard.communicate()  # closes the pipe, which is the sign to stop
        self._lock.close()

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(
    *,
    bin_dir: Path | None = None,
    settings: Mapping[str, str] | None = None,
    small: bool = False,
    superuser: str = SUPERUSER,
) -> EmbeddedServer:
    """Make a cluster and start it (0.2 to 4 s). `bin_dir` names the programs of a full PostgreSQL 18 to use instead of
    the packaged ones; `settings` go on top of those for throw-away data; a `small` cluster may be kept in memory.
    Raises EmbeddedServerError.
    """
    sweep()
    programs = bin_dir or readable_programs()
    directory = cluster.new_directory(small=small)
    lock = (directory / _LOCK).open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    give_to_server_user(directory / _LOCK)
    give_to_server_user(directory)
    data = directory / "data"
    guard = subprocess.Popen(
        ["sh", "-c", _GUARD, "dbopt-guard", programs / "pg_ctl", data, directory],
        stdin=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
        env=clean_environment(),
        **as_server_user(),
    )
    server = EmbeddedServer(directory, programs, data, superuser, lock, guard)
    try:
        cluster.make(programs, data, superuser)
        _pg_ctl_start(server, {**_THROWAWAY_SETTINGS, **(settings or {})})
    except BaseException:
        server.stop()
        raise
    return server


def sweep() -> list[Path]:
    """Remove the directories of runs that were killed together with their guard; returns them."""
    removed = []
    for directory in cluster.directories():
        if _is_abandoned(directory):
            data = directory / "data"
            if (data / "postmaster.pid").exists():
                subprocess.run(
                    [readable_programs() / "pg_ctl", "stop", "-D", data, "-m", "immediate", "-s"],
                    capture_output=True,
                    cwd="/",
                    env=clean_environment(),
                    **as_server_user(),
                )
            shutil.rmtree(directory, ignore_errors=True)
            removed.append(directory)
    return removed


def _is_abandoned(directory: Path) -> bool:
    try:
        status = directory.lstat()
        if status.st_uid != server_uid() or time.time() - status.st_mtime < _SETTLED_SECONDS:
            return False
        with (directory / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except FileNotFoundError:
        return directory.exists()
    except OSError:
        return False


def _pg_ctl_start(server: EmbeddedServer, settings: Mapping[str, str]) -> None:
    lines = {**settings, "unix_socket_directories": str(server.directory), "unix_socket_permissions": "0700"}
    configuration = "".join("{} = '{}'\n".format(name, value.replace("'", "''")) for name, value in lines.items())
    (server.data / "postgresql.auto.conf").write_text(configuration)
    log = server.directory / "server.log"
    done = subprocess.run(
        [server.bin_dir / "pg_ctl", "start", "-w", "-s", "-D", server.data, "-l", log],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
        **as_server_user(),
    )
    if done.returncode:
        cluster.forget_template(server.bin_dir, server.superuser)
        reason = last_messages(log.read_text(errors="replace")) if log.exists() else "no log was written"
        raise EmbeddedServerError(
            f"the embedded PostgreSQL did not start: {reason}", hint=cluster.space_hint(server.directory)
        )
