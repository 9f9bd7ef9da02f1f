"""Values of every type leave for the archive and come back as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dbopt.archive.columns import READING
from dbopt.archive.restore import Asked, restore
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session
from tests.archive.archiving import archive, contents, count, policies, section
from tests.servers import Database, Server

TYPES = (Path(__file__).parent / "types.sql").read_text("utf-8")
WITH_XML = """
CREATE TABLE documents (id int PRIMARY KEY, at date, body xml, bodies xml[]);
INSERT INTO documents VALUES
(1, '2020-01-01', '<a b="c">text<!-- x --></a>', '{<a/>,"two <b>words</b>"}'), (2, '2020-01-02', NULL, NULL)
"""


@pytest.fixture
def kinds(server: Server, new_database: Callable[[Server, str], Database]) -> Database:
    return new_database(server, TYPES)


def texts(session: Session, table: str) -> list[str]:
    """The rows in settings under which every value has one text."""
    with session.rolled_back():
        session.script("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in READING.items()))
        return contents(session, f"public.{table}")


def test_every_type_comes_back_as_it_was(kinds: Database, tmp_path: Path) -> None:
    before = texts(kinds.session, "kinds")
    asked = section(tmp_path, name="kinds", table="kinds", control="id", keep_hot=0)
    archive(kinds.session, asked)
    assert texts(kinds.session, "kinds") == before[3:]  # the largest number stays
    restore(kinds.session, policies(asked)[0], Asked())
    assert texts(kinds.session, "kinds") == before


def test_every_type_comes_back_into_a_table_beside_it(kinds: Database, tmp_path: Path) -> None:
    before = texts(kinds.session, "kinds")
    asked = section(tmp_path, name="kinds", table="kinds", keep_hot="1 day")
    archive(kinds.session, asked)
    assert count(kinds.session, "kinds") == 1  # of the year 9999
    restore(kinds.session, policies(asked)[0], Asked(into="public.beside"))
    assert texts(kinds.session, "beside") == before[:3]


@pytest.mark.pg("< 16")
def test_xml_comes_back_as_it_was(
    server: Server, new_database: Callable[[Server, str], Database], tmp_path: Path
) -> None:
    database = new_database(server, WITH_XML)
    before = texts(database.session, "documents")
    asked = section(tmp_path, name="documents", table="documents")
    archive(database.session, asked)
    assert count(database.session, "documents") == 0
    restore(database.session, policies(asked)[0], Asked())
    assert texts(database.session, "documents") == before


def test_settings_of_the_database_change_no_value(kinds: Database, tmp_path: Path) -> None:
    before = texts(kinds.session, "kinds")
    for setting in (
        "datestyle = 'SQL, DMY'",
        "intervalstyle = 'iso_8601'",
        "timezone = 'America/St_Johns'",
        "extra_float_digits = -15",
        "bytea_output = 'escape'",
    ):
        kinds.session.execute(SQL(f"ALTER DATABASE {kinds.name} SET {setting}"))
    with kinds.server.connect(kinds.name) as session:
        asked = section(tmp_path, name="kinds", table="kinds")
        archive(session, asked)
        restore(session, policies(asked)[0], Asked())
        assert texts(session, "kinds") == before
