"""Sources that are loaded once per run and never changed, and a what-if on the shadow of one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dbopt.postgres.session import Session, connect
from dbopt.shadow.what_if import ShadowWhatIf, what_if
from tests import tpch
from tests.servers import Server

ZOO = (Path(__file__).parent / "zoo.sql").read_text("utf-8")


def _tpch(server: Server) -> str:
    name = server.create_database()
    tpch.load(server.dsn(name), 0.1)
    return server.dsn(name)


@pytest.fixture(scope="session")
def tpch15(pg15: Server) -> str:
    """The conninfo of TPC-H at scale 0.1 on PostgreSQL 15."""
    return _tpch(pg15)


@pytest.fixture(scope="session")
def tpch18(pg18: Server) -> str:
    """The conninfo of TPC-H at scale 0.1 on PostgreSQL 18."""
    return _tpch(pg18)


@pytest.fixture(scope="session", params=[15, 18], ids=["pg15", "pg18"])
def zoo_dsn(request: pytest.FixtureRequest) -> str:
    """The conninfo of a database with all kinds of relations (zoo.sql) on each server of the matrix."""
    server: Server = request.getfixturevalue(f"pg{request.param}")
    dsn = server.dsn(server.create_database(ZOO))
    with connect(dsn) as session:
        session.script("VACUUM")  # index-only scans need the visibility map
    return dsn


@pytest.fixture(scope="session")
def zoo(zoo_dsn: str) -> Iterator[Session]:
    """A session on that database."""
    with connect(zoo_dsn) as session:
        yield session


@pytest.fixture(scope="session")
def asked(zoo: Session) -> Iterator[ShadowWhatIf]:
    """A what-if on the zoo's shadow."""
    with what_if(zoo) as planner:
        yield planner
