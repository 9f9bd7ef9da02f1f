"""Write prefixes/*.log and prefixes/expected.json anew, by a real PostgreSQL 15 with each setting of settings.py:

    python -m tests.workload.logs.write_samples [NAME...]

Each sample is the stderr log of one visit (visit.py); what must be read from it is what the csvlog of the same visit
says. `formats.csv` and `formats.json` are the other two logs of the one named `default`, with plans of auto_explain.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.benchmarks.servers import debian_15
from tests.servers import Server
from tests.workload.logs import oracle, visit
from tests.workload.logs.settings import PREFIXES, zone

SAMPLES = Path(__file__).parent / "prefixes"
COLLECTED = {
    "logging_collector": "on",
    "log_destination": "stderr,csvlog,jsonlog",
    "log_rotation_size": "0",
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
        with psycopg.connect(f"{self.server.dsn()} {visit.SILENT}", autocommit=True) as session:
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
        with psycopg.connect(f"{self.server.dsn()} {visit.SILENT}") as session:
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
def logging_server(port: int, settings: dict[str, str]) -> Iterator[LoggingServer]:
    """PostgreSQL 15 with its logs collected, on a socket and on TCP."""
    with debian_15({**COLLECTED, "listen_addresses": "127.0.0.1,::1", "port": str(port), **settings}) as server:
        with psycopg.connect(server.dsn()) as session:
            data = session.execute("SHOW data_directory").fetchone()[0]  # type: ignore[index]
        yield LoggingServer(server, Path(data) / "log")


def main(wanted: list[str]) -> None:
    SAMPLES.mkdir(exist_ok=True)
    expected_file = SAMPLES / "expected.json"
    expected = json.loads(expected_file.read_text("utf-8")) if wanted else {}
    with logging_server(54329, {}) as logging:
        visit.prepare(logging.server)
        logging.set(**visit.SETTINGS)
        for name, prefix in PREFIXES.items():
            if wanted and name not in wanted:
                continue
            logging.set(log_line_prefix=prefix, log_timezone=zone(name))
            time.sleep(0.3)
            logging.log_as(name)
            visit.visit(logging.server)
            logging.log_as("between")
            stderr, csv, json_file = logging.files(name)
            shutil.copyfile(stderr, SAMPLES / stderr.name)
            expected[name] = {"prefix": prefix, **oracle.read(csv).document()}
            if name == "default":
                shutil.copyfile(csv, SAMPLES / "formats.csv")
                shutil.copyfile(json_file, SAMPLES / "formats.json")
    expected_file.write_text(json.dumps(expected, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
