"""Where the embedded server's clusters go and how they are made: initdb makes one once, the others are its copies,
which costs a tenth of the time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import IO

from dbopt.errors import EmbeddedServerError
from dbopt.postgres.programs import (
    as_server_user,
    cache_directory,
    clean_environment,
    enterable,
    give_to_server_user,
    last_messages,
)

PREFIX = "dbopt-pg-"
_MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes it private
_SYSTEMD = Path("/run/systemd/system")
_LEAST_FREE_BYTES = 4 * 2**30  # of memory, for a cluster to go there
_LONGEST_SOCKET_PATH = 100
_FORGOTTEN_AFTER_S = 30 * 24 * 3600
_INITDB = (
    *("-A", "trust", "-N", "--no-data-checksums", "--wal-segsize=1", "--encoding=UTF8", "--no-instructions"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)

# -- the place --------------------------------------------------------------------------------------------------------


def new_directory(*, small: bool) -> Path:
    """A private directory for a cluster and its socket. A `small` cluster goes into memory where there is plenty."""
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir=_MEMORY if small and _memory_is_fit() else _temporary()))


def directories() -> list[Path]:
    """The directories of all clusters, of whoever."""
    return [found for place in {_MEMORY, _temporary()} for found in place.glob(f"{PREFIX}*")]


def is_in_memory(directory: Path) -> bool:
    return directory.parent == _MEMORY


def _memory_is_fit() -> bool:
    """Not where TMPDIR says otherwise, and not where systemd removes a user's files in memory at the last logout while
    `nohup` keeps the program alive; of system users, such as root's server runs as, it leaves them.
    """
    if "TMPDIR" in os.environ or (os.getuid() != 0 and _SYSTEMD.exists()):
        return False
    return os.access(_MEMORY, os.W_OK) and enterable(_MEMORY) and shutil.disk_usage(_MEMORY).free >= _LEAST_FREE_BYTES


def _temporary() -> Path:
    """The temporary directory, or /tmp where that is too deep for a socket or not to be entered."""
    wanted = Path(tempfile.gettempdir())
    socket_path = wanted / f"{PREFIX}12345678" / ".s.PGSQL.5432"
    return wanted if len(str(socket_path)) < _LONGEST_SOCKET_PATH and enterable(wanted) else Path("/tmp")  # noqa: S108


# -- the files --------------------------------------------------------------------------------------------------------


def make(programs: Path, data: Path, superuser: str) -> None:
    """Make the files of a cluster that was never started. Raises EmbeddedServerError."""
    template = _template(programs, superuser)
    if template is not None and _unpack(template, data):
        return
    _initdb(programs, data, superuser)
    if template is not None:
        _pack(data, template)


def forget_template(programs: Path, superuser: str) -> None:
    """After a start that failed: should the template be to blame, the next start must not meet it again."""
    template = _template(programs, superuser)
    if template is not None:
        _remove(template)


def _template(programs: Path, superuser: str) -> Path | None:
    """An archive of a cluster, by what it depends on; None where those programs are not to be read, and initdb will
    say so, and where there is no place for a cache.
    """
    try:
        states = [(programs / name).stat() for name in ("initdb", "postgres")]
        folder = cache_directory()
    except (OSError, RuntimeError):
        return None
    facts = [*map(str, (programs, *_INITDB, superuser)), *(f"{s.st_size} {s.st_mtime_ns} {s.st_ino}" for s in states)]
    return folder / f"cluster-{sha256(chr(0).join(facts).encode()).hexdigest()[:16]}.tar"


def _unpack(template: Path, data: Path) -> bool:
    """Whether there is one and it could be unpacked; if not, nothing of it is left."""
    try:
        archive = template.open("rb")
    except OSError:
        return False
    data.mkdir(mode=0o700)
    give_to_server_user(data)
    with archive:
        if _untar(archive, data):
            with suppress(OSError):  # another user's, or just removed: it is not the less good for that
                os.utime(template)
            return True
    _remove(template)
    shutil.rmtree(data)
    return False


def _untar(archive: IO[bytes], data: Path) -> bool:
    try:
        done = subprocess.run(
            ["tar", "-x", "-p", "-f", "-", "-C", data],
            stdin=archive,
            capture_output=True,
            cwd="/",
            env=clean_environment(),
            **as_server_user(),
        )
    except OSError:  # no tar here
        return False
    return done.returncode == 0


def _remove(template: Path) -> None:
    with suppress(OSError):
        template.unlink()


def _pack(data: Path, template: Path) -> None:
    """Keep the cluster for the next start, if that can be done, whole or not at all; old ones go."""
    try:
        template.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=template.parent, prefix=".cluster-")
    except OSError:
        return
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as archive:
            subprocess.run(
                ["tar", "-c", "-f", "-", "-C", data, "."], stdout=archive, stderr=subprocess.DEVNULL, check=True
            )
            os.fsync(archive.fileno())
        scratch.rename(template)
        _remove_old(template)
    except (OSError, subprocess.CalledProcessError):
        _remove(scratch)


def _remove_old(template: Path) -> None:
    for path in (*template.parent.glob("cluster-*.tar"), *template.parent.glob(".cluster-*")):
        if path != template and time.time() - path.stat().st_mtime > _FORGOTTEN_AFTER_S:
            _remove(path)


def _initdb(programs: Path, data: Path, superuser: str) -> None:
    try:
        done = subprocess.run(
            [programs / "initdb", "-D", data, *_INITDB, "-U", superuser],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=clean_environment(),
            **as_server_user(),
        )
    except OSError as error:
        raise not_to_be_run(programs / "initdb", error) from None
    if done.returncode:
        raise EmbeddedServerError(f"initdb failed: {last_messages(done.stderr)}", hint=space_hint(data.parent))


# -- what to say ------------------------------------------------------------------------------------------------------


def not_to_be_run(program: Path, error: OSError) -> EmbeddedServerError:
    return EmbeddedServerError(
        f"cannot run {program}: {error.strerror}",
        hint="--pg-bin must name the bin directory of a PostgreSQL 18, readable by everybody",
    )


def space_hint(directory: Path) -> str:
    free_mb = shutil.disk_usage(directory).free // 2**20
    return f"{free_mb} MB are free in {directory.parent}; TMPDIR chooses another place, --pg-bin another PostgreSQL 18"
