"""A standby of Debian's PostgreSQL 15."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers import DEBIAN_PG_CTL, Server


@contextmanager
def standby(primary: Server) -> Iterator[str]:
    """A streaming replica of the server, on a Unix socket; yields its conninfo."""
    user = "postgres" if os.getuid() == 0 else None

    def run(program: str, *arguments: str) -> None:
        command = [str(DEBIAN_PG_CTL.parent / program), "-D", f"{folder}/data", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", user=user)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if user is not None:
            shutil.chown(folder, user)
        run("pg_basebackup", "-d", primary.conninfo, "-R", "-c", "fast", "--no-sync")
        options = f"-p 5432 -c unix_socket_directories={folder} -c listen_addresses=''"
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"host={folder} port=5432 user=postgres"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
