"""A real PostgreSQL that writes its log as stderr, csvlog and jsonlog at once."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import psycopg
from psycopg import sql

from tests.benchmarks.servers import debian_15, embedded_18
from tests.servers import Server

# A session that leaves nothing in the log and in pg_stat_statements.
SILENT = (
    "options='-c log_min_duration_statement=-1 -c log_connections=off -c log_disconnections=off "
    "-c log_min_messages=panic -c pg_stat_statements.track=none'"
)
COLLECTED = {
    "logging_collector": "on",
    "log_destination": "stderr,csvlog,jsonlog",
    "log_rotation_size": "0",
    "log_min_messages": "warning",
    "fsync": "off",
    "shared_preload_libraries": "pg_stat_statements,auto_explain",
    "compute_query_id": "on",
}


@dataclass(frozen=True)
class LoggingServer:
    """A server that writes three logs at once: `stderr`, `csv` and `json` of the current name."""

    server: Server
    folder: Path

    def set(self, **settings: str) -> None:
        """Change settings for everyone, silently."""
        with psycopg.connect(f"{self.server.dsn()} {SILENT}", autocommit=True) as session:
            for name, value in settings.items():
                session.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
            session.execute("SELECT pg_reload_conf()")

    def log_as(self, name: str) -> None:
        """Go on in new files of this name. Whatever is still on its way to the old ones gets there first."""
        self._wait(self._alone)
        time.sleep(0.2)
        self.set(log_filename=f"{name}.log")
        self._wait(lambda: all(path.exists() for path in self.files(name)))

    def files(self, name: str) -> tuple[Path, Path, Path]:
        stderr = self.folder / f"{name}.log"
        return stderr, stderr.with_suffix(".csv"), stderr.with_suffix(".json")

    def _alone(self) -> bool:
        with psycopg.connect(f"{self.server.dsn()} {SILENT}") as session:
            row = session.execute("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'client backend'")
            return bool(row.fetchone()[0])  # type: ignore[index]

    @staticmethod
    def _wait(reached: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not reached():
            if time.monotonic() > end:
                raise TimeoutError("the server does not get there")
            time.sleep(0.05)


@contextmanager
def logging_server(settings: Mapping[str, str] = MappingProxyType({}), major: int = 15) -> Iterator[LoggingServer]:
    """PostgreSQL 15 or 18 with its logs collected, on a socket and on TCP."""
    everything = {**COLLECTED, "listen_addresses": "127.0.0.1,::1", "port": str(_free_port()), **settings}
    with (embedded_18 if major == 18 else debian_15)(everything) as server:
        with psycopg.connect(server.dsn()) as session:
            data = session.execute("SHOW data_directory").fetchone()[0]  # type: ignore[index]
        yield LoggingServer(server, Path(data) / "log")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
