"""Scripts for pg_partman 5.x, which no package registry has for these servers: compared with its documented signature,
by name and, in PostgreSQL, by type.
"""

from __future__ import annotations

import re

import pytest
from psycopg.sql import SQL

from tests.partition.create.scripts import Command, run, script_of
from tests.servers import Database

# create_parent() as doc/pg_partman.md documents it, in the releases 5.0.1 and 5.2.4: argument, type, has a default.
SIGNATURE_5_0 = {
    "p_parent_table": ("text", False),
    "p_control": ("text", False),
    "p_interval": ("text", False),
    "p_type": ("text", True),
    "p_epoch": ("text", True),
    "p_premake": ("int", True),
    "p_start_partition": ("text", True),
    "p_default_table": ("boolean", True),
    "p_automatic_maintenance": ("text", True),
    "p_constraint_cols": ("text[]", True),
    "p_template_table": ("text", True),
    "p_jobmon": ("boolean", True),
    "p_date_trunc_interval": ("text", True),
}
SIGNATURE_5_2 = SIGNATURE_5_0 | {
    "p_control_not_null": ("boolean", True),
    "p_time_encoder": ("text", True),
    "p_time_decoder": ("text", True),
}
TYPES = {"range", "list"}
EPOCHS = {"none", "seconds", "milliseconds", "microseconds", "nanoseconds"}
OLD_INTERVALS = {"yearly", "quarterly", "monthly", "weekly", "daily", "hourly", "half-hour", "quarter-hour"}

Case = tuple[str, str, tuple[str, ...]]

CASES: dict[str, Case] = {
    "a month": ("k timestamptz NOT NULL", "RANGE", ("--interval", "monthly")),
    "a quarter": ("k timestamptz NOT NULL", "RANGE", ("--interval", "quarterly", "--no-default")),
    "dates": ("k date NOT NULL", "RANGE", ("--interval", "1 year", "--premake", "2")),
    "numbers": ("k bigint NOT NULL", "RANGE", ("--interval", "1000", "--template-table", "model")),
    "seconds": ("k bigint NOT NULL", "RANGE", ("--interval", "1 day", "--key", "epoch-s")),
    "milliseconds": ("k bigint NOT NULL", "RANGE", ("--interval", "1 day", "--key", "epoch-ms")),
    "nanoseconds": ("k bigint NOT NULL", "RANGE", ("--interval", "1 day", "--key", "epoch-ns")),
}
NEWER: dict[str, Case] = {
    "microseconds": ("k bigint NOT NULL", "RANGE", ("--interval", "1 day", "--key", "epoch-us")),
    "nullable": ("k timestamptz", "RANGE", ("--interval", "1 day")),
    "uuidv7": ("k uuid NOT NULL", "RANGE", ("--interval", "1 day")),
    "ulid": (
        "k text NOT NULL",
        "RANGE",
        ("--interval", "daily", "--time-encoder", "app.en", "--time-decoder", "app.de"),
    ),
}
LIST: dict[str, Case] = {"a list": ("k int NOT NULL", "LIST", ("--strategy", "list"))}


def scripted(database: Database, dbopt: Command, case: Case, version: str) -> str:
    column, how, options = case
    database.session.script(f"CREATE TABLE t ({column}) PARTITION BY {how} (k); CREATE TABLE model (LIKE t)")
    more = ("--flavour", "pg_partman", "--partman-version", version)
    return script_of(dbopt, database, "t", "--control", "k", *options, *more)


def arguments(script: str) -> dict[str, str]:
    call = re.search(r"create_parent\((.*?)\n\)", script, re.DOTALL)
    assert call is not None
    return dict(re.findall(r"(p_\w+) => (.*?),?$", call[1], re.MULTILINE))


def pretended(signature: dict[str, tuple[str, bool]]) -> str:
    """A function with that signature that does nothing: PostgreSQL finds it, or not."""
    declared = ", ".join(f"{name} {kind}{' DEFAULT NULL' * has}" for name, (kind, has) in signature.items())
    return f"CREATE SCHEMA partman; CREATE FUNCTION partman.create_parent({declared}) RETURNS boolean RETURN true"


@pytest.mark.parametrize("name", [*CASES, *NEWER, *LIST])
def test_every_argument_is_documented(name: str, database: Database, dbopt: Command) -> None:
    script = scripted(database, dbopt, (CASES | NEWER | LIST)[name], "5.2")
    given = arguments(script)
    assert set(given) <= set(SIGNATURE_5_2)
    assert {one for one, (_, has_default) in SIGNATURE_5_2.items() if not has_default} <= set(given)
    assert given["p_type"].strip("'") in TYPES
    assert given.get("p_epoch", "'none'").strip("'") in EPOCHS
    assert given["p_interval"].strip("'") not in OLD_INTERVALS
    database.session.script(pretended(SIGNATURE_5_2))
    run(database, script)


@pytest.mark.parametrize("name", CASES)
def test_versions_before_5_2_are_asked_for_what_they_know(name: str, database: Database, dbopt: Command) -> None:
    script = scripted(database, dbopt, CASES[name], "5.0")
    assert set(arguments(script)) <= set(SIGNATURE_5_0)
    database.session.script(pretended(SIGNATURE_5_0))
    run(database, script)


@pytest.mark.parametrize("name", NEWER)
def test_what_came_with_5_2_is_refused_before(name: str, database: Database, dbopt: Command) -> None:
    column, how, options = NEWER[name]
    database.session.script(f"CREATE TABLE t ({column}) PARTITION BY {how} (k)")
    more = ("--flavour", "pg_partman", "--partman-version", "5.1", "--dry-run", "-d", database.dsn)
    code, _, err = dbopt("partition", "create", "t", *options, *more)
    assert code == 3
    assert "pg_partman 5.1 cannot keep" in err


def test_the_start_is_a_bound_in_utc(database: Database, dbopt: Command) -> None:
    case: Case = ("k timestamptz NOT NULL", "RANGE", ("--interval", "3 months", "--start", "2024-05-05"))
    given = arguments(scripted(database, dbopt, case, "5.x"))
    assert given["p_start_partition"] == "'2024-04-01 00:00:00+00'"
    assert given["p_interval"] == "'3 months'"


def test_encoders_of_uuids_are_pg_partmans_own(database: Database, dbopt: Command) -> None:
    given = arguments(scripted(database, dbopt, NEWER["uuidv7"], "5.x"))
    assert given["p_time_encoder"] == "'partman.uuid7_time_encoder'"
    assert given["p_time_decoder"] == "'partman.uuid7_time_decoder'"


def test_a_ulid_needs_functions(database: Database, dbopt: Command) -> None:
    database.session.script("CREATE TABLE t (k text NOT NULL) PARTITION BY RANGE (k)")
    more = ("--flavour", "pg_partman", "--partman-version", "5.x", "--dry-run", "-d", database.dsn)
    code, _, err = dbopt("partition", "create", "t", "--interval", "1 day", *more)
    assert code == 2
    assert "--time-encoder" in err


def test_hashes_and_lists_of_texts_are_refused(database: Database, dbopt: Command) -> None:
    database.session.script(
        "CREATE TABLE h (k text) PARTITION BY HASH (k); CREATE TABLE l (k text) PARTITION BY LIST (k)"
    )
    more = ("--flavour", "pg_partman", "--partman-version", "5.x", "--dry-run", "-d", database.dsn)
    for table, options in (("h", ("--modulus", "4")), ("l", ("--strategy", "list"))):
        code, _, err = dbopt("partition", "create", table, *options, *more)
        assert code == 3
        assert "--flavour native can" in err


def test_a_take_over_keeps_partitions_and_makes_no_second_default(database: Database, dbopt: Command) -> None:
    session = database.session
    session.script("CREATE TABLE t (k timestamptz NOT NULL) PARTITION BY RANGE (k)")
    run(database, script_of(dbopt, database, "t", "--interval", "1 month", "--start", "2024-02-10"))
    more = ("--flavour", "pg_partman", "--partman-version", "5.x", "--take-over")
    script = script_of(dbopt, database, "t", *more)
    given = arguments(script)
    assert given["p_start_partition"] == "'2024-02-01 00:00:00+00'"
    assert given["p_default_table"] == "false"
    assert "RENAME" not in script
    session.script(pretended(SIGNATURE_5_2))
    run(database, script)
    assert session.fetch(SQL("SELECT count(*) AS n FROM pg_inherits"))[0]["n"] > 30
