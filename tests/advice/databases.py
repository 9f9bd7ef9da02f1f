"""The databases of the corpus, one for each kind of case, with real rows; beside each a shadow of its snapshot, which
is all that an advisor gets to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from psycopg import sql

from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.schema import Catalog
from dbopt.postgres.session import Session
from dbopt.shadow.take import take
from dbopt.shadow.what_if import ShadowWhatIf, what_if
from tests.advice.case import Case, Kind
from tests.benchmarks.servers import embedded_18
from tests.servers import SETTINGS, Server

Names = frozenset[str]

_RELATIONS = SQL("SELECT oid::regclass::text AS name FROM pg_class WHERE relkind IN ('r', 'p', 'm')")


@dataclass(frozen=True)
class Loaded:
    """The database of one kind. `tables` are those of each case, by its title."""

    session: Session
    tables: dict[str, Names]


@dataclass(frozen=True)
class Opened(Loaded):
    """Beside it a shadow, and the catalog that this has."""

    shadow: ShadowWhatIf
    catalog: Catalog


def new_server() -> AbstractContextManager[Server]:
    """The embedded PostgreSQL 18, whose planner is the shadow's, with the settings of the tests."""
    return embedded_18(SETTINGS)


@contextmanager
def loaded(server: Server, kind: Kind) -> Iterator[Loaded]:
    """The database with all tables of this kind of case, vacuumed and analysed."""
    name = _create(server, kind)
    try:
        with server.connect(name) as session:
            session.script(kind.given or "SELECT")
            tables = {case.title: _load(session, case) for case in kind.cases}
            session.script(f"VACUUM (FREEZE, ANALYZE) {', '.join(sorted(frozenset().union(*tables.values())))}")
            yield Loaded(session, tables)
    finally:
        server.drop_database(name)


@contextmanager
def opened(server: Server, kind: Kind) -> Iterator[Opened]:
    """The database and its shadow."""
    with loaded(server, kind) as database, what_if(take(database.session)) as shadow:
        with shadow.shadow.connect() as beside:
            catalog = read_catalog(beside)
        yield Opened(database.session, database.tables, shadow, catalog)


def _create(server: Server, kind: Kind) -> str:
    if not kind.locale:
        return server.create_database()
    name = f"advice_{kind.name}"
    statement = "CREATE DATABASE {} TEMPLATE template0 LOCALE_PROVIDER libc LOCALE {}"
    with server.connect() as session:
        session.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Literal(kind.locale)))
    return name


def _load(session: Session, case: Case) -> Names:
    """Run the case's SQL; returns the names of the tables that it made."""
    before = _relations(session)
    session.script(case.tables)
    return _relations(session) - before


def _relations(session: Session) -> Names:
    return frozenset(row["name"] for row in session.fetch(_RELATIONS))
