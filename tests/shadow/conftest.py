"""TPC-H at scale 0.1 on both servers, loaded once per run and never changed."""

from __future__ import annotations

import pytest

from tests import tpch
from tests.servers import Server


def _loaded(server: Server) -> str:
    name = server.create_database()
    tpch.load(server.dsn(name), 0.1)
    return server.dsn(name)


@pytest.fixture(scope="session")
def tpch15(pg15: Server) -> str:
    """The conninfo of TPC-H on PostgreSQL 15."""
    return _loaded(pg15)


@pytest.fixture(scope="session")
def tpch18(pg18: Server) -> str:
    """The conninfo of TPC-H on PostgreSQL 18."""
    return _loaded(pg18)
