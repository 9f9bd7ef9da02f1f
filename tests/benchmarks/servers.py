"""The servers that benchmarks run on, with the settings that the peers were measured with."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dbopt.postgres import embedded
from tests.servers import DEBIAN_PG_CTL, PG_CTL, Server

SETTINGS = {
    "work_mem": "64MB",
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "autovacuum": "off",
    "fsync": "off",
    "max_wal_size": "4GB",
    "shared_preload_libraries": "pg_stat_statements",
}


@contextmanager
def embedded_18(settings: Mapping[str, str] = SETTINGS) -> Iterator[Server]:
    """The embedded PostgreSQL 18."""
    with _stopped_on_sigterm(), embedded.start(settings=settings) as server:
        yield Server(18, f"host={server.directory} port={settings.get('port', '5432')} user={embedded.SUPERUSER}")


@contextmanager
def debian_15(settings: Mapping[str, str] = SETTINGS) -> Iterator[Server]:
    """Debian's PostgreSQL 15 in a temporary directory, on a socket there; also on TCP where the settings say so."""
    if not DEBIAN_PG_CTL.exists():
        raise SystemExit("PostgreSQL 15 is not installed: sh tests/install_servers.sh")
    directory = Path(tempfile.mkdtemp(prefix="dbopt-bench-"))
    if os.getuid() == 0:
        shutil.chown(directory, "postgres", "postgres")
    data = directory / "data"
    everything = {"listen_addresses": "''", **settings, "unix_socket_directories": directory}
    options = " ".join(f"-c {name}={value}" for name, value in everything.items())
    with _stopped_on_sigterm():
        try:
            _pg_ctl("init", "-s", "-D", data, "-o", "-A trust -U postgres -E UTF8 --locale=C.UTF-8")
            try:
                _pg_ctl("start", "-s", "-w", "-D", data, "-l", directory / "log", "-o", options)
                yield Server(15, f"host={directory} port={settings.get('port', '5432')} user=postgres")
            finally:
                _pg_ctl("stop", "-s", "-D", data, "-m", "immediate")
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def restarted(server: Server) -> None:
    """Stop a server of `debian_15` as a crash would, and start it again, with the options it had."""
    with server.connect() as session:
        data = session.fetch_workload("SELECT current_setting('data_directory') AS data")[0]["data"]
    _pg_ctl("restart", "-s", "-w", "-D", data, "-m", "immediate", "-l", Path(data).parent / "log")


@contextmanager
def _stopped_on_sigterm() -> Iterator[None]:
    """While this lasts, SIGTERM leaves by way of SystemExit, so that the servers are stopped: it would end the process
    on the spot.
    """
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def _pg_ctl(*arguments: str | Path) -> None:
    subprocess.run([PG_CTL, *arguments], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
