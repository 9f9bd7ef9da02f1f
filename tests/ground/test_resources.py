"""SQL files: found by name, in the variant for the server, and each one accepted by every server of the matrix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from psycopg import sql

from dbopt import resources
from dbopt.errors import DboptError
from dbopt.postgres.scripts import render
from tests.servers import Database

ROOT = Path(__file__).parents[2] / "sql"
QUERIES = sorted({str(path.relative_to(ROOT)).split(".")[0] for path in ROOT.rglob("*.sql")})


def test_an_unknown_query_is_the_programs_mistake() -> None:
    with pytest.raises(FileNotFoundError):
        resources.query("demo/no_such_query", 18)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.sql")), ids=lambda path: path.name)
def test_a_query_says_what_it_answers_and_what_it_needs(path: Path) -> None:
    comment = "".join(line for line in path.read_text().splitlines(keepends=True) if line.startswith("--"))
    assert path.read_text().startswith("--")
    assert re.search(r"\bneed|anyone may|privilege|granted|\bpg_(read_all|monitor)", comment, re.IGNORECASE)


@pytest.fixture
def prepared(database: Database) -> Database:
    """A database that has whatever the queries mention."""
    for extension in ("hypopg", "pg_buffercache", "pageinspect"):
        if database.session.fetch(
            sql.SQL("SELECT FROM pg_available_extensions WHERE name = %(name)s"), {"name": extension}
        ):
            database.session.script(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    database.session.script(render("demo/shop.sql"))
    database.session.script("CREATE SCHEMA dbopt;" + render("archive/ledger.sql"))
    for statistics in ("pg_ndistinct", "pg_dependencies", "pg_mcv_list"):  # the shadow's way to store them
        database.session.script(f"CREATE CAST (bytea AS {statistics}) WITHOUT FUNCTION")
    return database


def first_major(name: str) -> int:
    """The oldest server that has a variant of the query: some are for the shadow alone, which is an 18."""
    suffixes = [path.name.split(".")[1:-1] for path in ROOT.glob(f"{name}.*")]
    return min(int(suffix[0]) if suffix else 0 for suffix in suffixes)


def test_every_server_accepts_every_query(prepared: Database) -> None:
    refused = {}
    for name in QUERIES:
        if prepared.session.major < first_major(name):
            with pytest.raises(FileNotFoundError):
                resources.query(name, prepared.session.major)
            continue
        try:
            prepared.session.script(f"PREPARE checked AS {numbered(name, prepared.session.major)}")
            prepared.session.script("DEALLOCATE checked")
        except DboptError as error:
            refused[name] = error.message
    assert refused == {}


def numbered(name: str, major: int) -> str:
    """The query's text with `$n` in place of its named values."""
    text = resources.query(name, major)
    names = sorted(set(re.findall(r"%\((\w+)\)s", text)))
    for number, parameter in enumerate(names, 1):
        text = text.replace(f"%({parameter})s", f"${number}")
    return text.replace("%%", "%")
