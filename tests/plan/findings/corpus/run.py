"""A case on a real server, by the code that `dbopt explain` runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import sql

from dbopt.plan.explain import Explained, explain_workload
from dbopt.plan.findings import observe
from dbopt.plan.findings.model import Finding
from dbopt.postgres.session import Session
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.script import split
from tests.plan.findings.corpus.cases import HERE, Case
from tests.servers import Server

_numbers = itertools.count(1)


@dataclass
class Databases:
    """Copies of the database that every case begins with."""

    server: Server
    _original: str = ""

    @contextmanager
    def given(self, case: Case) -> Iterator[Session]:
        """A session on a copy, after the case's own SQL and with its settings; on the original itself for a case that
        changes nothing.
        """
        if not self._original:
            self._original = self.server.create_database((HERE / "base.sql").read_text("utf-8"))
            with self.server.connect(self._original) as session:
                session.script("VACUUM (ANALYZE)")
        if not case.given and not case.expects:
            with self.server.connect(self._original) as session:
                yield _with_settings(session, case)
            return
        name = f"findings_{next(_numbers)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with self.server.connect() as session:
            session.execute(statement.format(sql.Identifier(name), sql.Identifier(self._original)))
        try:
            with self.server.connect(name) as session:
                run(session, case.given)
            with self.server.connect(name) as session:
                yield _with_settings(session, case)
        finally:
            self.server.drop_database(name)


def _with_settings(session: Session, case: Case) -> Session:
    for setting, value in case.settings.items():
        session.script(f"SET {setting} = {value}")
    return session


def run(session: Session, script: str) -> None:
    """SQL, command by command, since VACUUM stands outside of transactions. The server counts at once what was done, as
    it does where more than a second lies between the commands; and VACUUM takes no row for visible whose commit is not
    on disk yet.
    """
    session.script("SET synchronous_commit = on")
    for piece in split(script).pieces:
        session.script(piece.text)
        session.script("SELECT pg_stat_force_next_flush()")


def explained(session: Session, case: Case, text: str | None = None) -> Explained:
    """The statement of a case, or another text in its place, as `dbopt explain` has it."""
    workload = workload_of(case, text)
    plans = explain_workload(session, workload, analyze=not case.planned, allow_dml=True)
    with_findings, remarks = observe.with_findings(session, workload, plans, 60_000)
    (one,) = with_findings.statements
    assert one.error is None, one.error
    assert remarks == ()
    return one


def workload_of(case: Case, text: str | None = None) -> Workload:
    written = text or case.statement
    statement = Statement(
        id=fingerprint(written), name=None, sql=written, kind=kind_of(written), parameters=case.parameters
    )
    return Workload(Source("sql", None, None, None), (statement,))


def rules(found: Sequence[Finding]) -> tuple[str, ...]:
    """The rules that found something, each once, in alphabetical order."""
    return tuple(sorted({finding.rule for finding in found}))
