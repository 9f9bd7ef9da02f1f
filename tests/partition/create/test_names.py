"""Names of all sorts."""

from __future__ import annotations

import pytest

from dbopt.postgres.identifiers import quoted
from tests.partition.create.scripts import Command, home, partitions, run, script_of, shape, undo_of
from tests.servers import Database

NAMES = ["x" * 63, "é" * 31, 'say "hi"', "Select", "a b\nc", "tag $dbopt$ body", "it's %s {{ 1 }}", "日本語" * 7]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", ["partitioned", "empty", "new"])
def test_any_name_will_do(name: str, state: str, database: Database, dbopt: Command) -> None:
    session, table, column = database.session, f'"Über all".{quoted(name)}', quoted(name)
    session.script('CREATE SCHEMA "Über all"')
    body = f"({column} bigint, other int)"
    how = f"PARTITION BY RANGE ({column})" if state == "partitioned" else ""
    session.script(f"CREATE TABLE {'model' if state == 'new' else table} {body} {how}")
    before = shape(session)
    more = ("--like", "model") if state == "new" else ()
    script = script_of(dbopt, database, table, "--control", name, "--interval", "10", "--sub", "hash:other:2", *more)
    run(database, script)
    made = partitions(session, table)
    assert len(made) == 5 + 10 + 1
    assert home(session, table, column, "11") in made
    session.script(f"TRUNCATE {table}")
    run(database, undo_of(script))
    assert shape(session) == before


def test_tables_with_the_same_beginning_do_not_collide(database: Database, dbopt: Command) -> None:
    for end in ("one", "two"):
        table = "x" * 60 + end
        database.session.script(f"CREATE TABLE {table} (k bigint) PARTITION BY RANGE (k)")
        run(database, script_of(dbopt, database, table, "--interval", "10", "--premake", "1"))
        assert len(partitions(database.session, table)) == 3
        code, _, err = dbopt("partition", "create", table, "-d", database.dsn, "--premake", "1")
        assert code == 0
        assert "nothing to do" in err


def test_a_name_that_has_been_taken_is_given_another(database: Database, dbopt: Command) -> None:
    database.session.script("CREATE TABLE t (k bigint) PARTITION BY RANGE (k); CREATE TYPE t_p0 AS ENUM ()")
    run(database, script_of(dbopt, database, "t", "--interval", "10", "--premake", "0", "--no-default"))
    assert partitions(database.session, "t")[0].endswith("_p0")
    assert partitions(database.session, "t") != ["t_p0"]


def test_values_that_look_alike_get_names_of_their_own(database: Database, dbopt: Command) -> None:
    database.session.script("CREATE TABLE t (k text) PARTITION BY LIST (k)")
    values = "'a b';'a-b';'a/b'"
    code, _, err = dbopt("partition", "create", "t", "--values", values, "--yes", "-d", database.dsn)
    assert code == 0, err
    assert len(partitions(database.session, "t")) == 4
