"""The two databases of the corpus, on a server: each made once, then copied for every case that changes it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from psycopg import sql

from dbopt.demo import shop
from dbopt.postgres.session import connect
from dbopt.workload.script import split
from tests import tpch
from tests.benchmarks.servers import debian_15, embedded_18
from tests.corpus.cases import HERE, Case
from tests.servers import SETTINGS, Server

DEMO_SCALE = float(os.environ.get("CORPUS_DEMO_SCALE", "0.2"))
TPCH_SCALE = float(os.environ.get("CORPUS_TPCH_SCALE", "0.05"))

_numbers = itertools.count(1)


@dataclass
class Databases:
    """The databases on one server."""

    server: Server
    _made: dict[str, str] = field(default_factory=dict)

    def original(self, database: str) -> str:
        """The conninfo of the database as every case finds it; nothing may change it."""
        if database not in self._made:
            name = self.server.create_database()
            self._made[database] = name
            _LOADERS[database](self.server, name)
            run(self.server.dsn(name), (HERE / f"{database}.sql").read_text("utf-8"))
        return self.server.dsn(self._made[database])

    @contextmanager
    def given(self, case: Case) -> Iterator[str]:
        """The conninfo of the database as it is before the case's change: a copy where the case changes it."""
        original = self.original(case.database)
        if not case.changes_database:
            yield original
            return
        name = f"corpus_{next(_numbers)}"
        self._copy(self._made[case.database], name)
        try:
            run(self.server.dsn(name), case.given)
            yield self.server.dsn(name)
        finally:
            self.server.drop_database(name)

    def drop(self) -> None:
        for name in self._made.values():
            self.server.drop_database(name)
        self._made.clear()

    def _copy(self, template: str, name: str) -> None:
        """File by file, which a database of this size takes less time for than through the log."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with self.server.connect() as session:
            session.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def server_with_data() -> AbstractContextManager[Server]:
    """The embedded PostgreSQL 18 or, by CORPUS_SERVER=15, Debian's, with the settings of the tests: work_mem as it
    comes, 4 MB.
    """
    return (debian_15 if os.environ.get("CORPUS_SERVER") == "15" else embedded_18)(SETTINGS)


def run(dsn: str, script: str) -> None:
    """Run a case's SQL, command by command, since VACUUM and ALTER DATABASE stand outside transactions. `DATABASE` in
    it is the database's own name, which differs from run to run.
    """
    with connect(dsn) as session:
        for piece in split(script).pieces:
            session.script(piece.text.replace("DATABASE corpus", f"DATABASE {session.database}"))


def _load_demo(server: Server, name: str) -> None:
    with server.connect(name) as session:
        shop.load(session, shop.size(DEMO_SCALE))


def _load_tpch(server: Server, name: str) -> None:
    tpch.load(server.dsn(name), TPCH_SCALE)


_LOADERS = {"demo": _load_demo, "tpch": _load_tpch}
