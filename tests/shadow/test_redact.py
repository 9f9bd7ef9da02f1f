"""Redacted snapshots: no secret survives, and what decides about plans does."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg import sql

from dbopt.postgres.session import connect
from dbopt.shadow.redact import without_secrets
from dbopt.shadow.redact.known import constants
from dbopt.shadow.self_check import SelfCheck, self_check
from dbopt.shadow.snapshot import Snapshot, from_bytes, load, to_bytes
from dbopt.shadow.take import take
from dbopt.shadow.what_if import what_if
from tests import tpch
from tests.servers import Database, Server
from tests.shadow.test_shadow import workload

Dbopt = Callable[..., tuple[int, str, str]]
SECRETS_SQL = (Path(__file__).parent / "secrets.sql").read_text("utf-8")

# As they are written in secrets.sql; a part of six characters is enough to recognise one.
SECRETS = {
    "mail domain": "@secretmail.example",
    "mail": "guinevere@",
    "name": "Guinevere",
    "name in capitals": "GUINEVERE",
    "name of an array": "DizzyG",
    "card": "4929123456789012",
    "card reversed": "2109876543219294",
    "card shortened": "492912345678901",
    "token": "tok_live_Zq81xKw92",
    "word of a document": "zq81xkw92",
    "salary": "73512.41",
    "salary doubled": "147024.82",
    "weight": "81.734512",
    "host": "obscura-h",
    "base": "obscura-b",
    "user": "obscura-u",
    "password": "obscura-w",
    "body": "obscura-y",
    "argument": "obscura-a",
    "comment": "obscura-c",
}
WHOLE = {"moment": "05:06:07.891234", "moment without fraction": "2021-03-04 05:06:07", "device": "08:00:2b:01:02:03"}


@pytest.fixture
def guarded(server: Server, new_database: Callable[..., Database]) -> Database:
    """A database full of secrets on each server of the matrix."""
    return new_database(server, SECRETS_SQL)


def content(snapshot: Snapshot) -> str:
    return gzip.decompress(to_bytes(snapshot)).decode()


def spellings(secret: str) -> set[str]:
    """The secret's parts of six characters, plain, in hexadecimal and as escapes of a string."""
    parts = {secret[at : at + 6] for at in range(len(secret) - 5)}
    return {
        form
        for part in parts
        for form in (part, part.encode().hex(), part.encode().hex().upper(), "".join(f"\\{ord(c):03o}" for c in part))
    }


def test_no_secret_survives(guarded: Database) -> None:
    taken, plain = content(take(guarded.session, redact=True)), content(take(guarded.session))
    survived = {
        name: sorted(form for form in spellings(secret) if form in taken)
        for name, secret in SECRETS.items()
        if any(form in taken for form in spellings(secret))
    }
    assert survived == {}
    assert [name for name, secret in WHOLE.items() if secret in taken] == []
    assert {"Guinevere", "4929123456789012", "73512.41", "Zq81xKw92"} <= set(plain_secrets(plain))


def plain_secrets(text: str) -> list[str]:
    return [secret for secret in ("Guinevere", "4929123456789012", "73512.41", "Zq81xKw92") if secret in text]


def test_without_redacting_there_is_no_password_either(guarded: Database) -> None:
    plain = content(take(guarded.session))
    for secret in ("obscura-w", "obscura-h", "obscura-b", "obscura-u"):
        assert secret not in plain
    assert "obscura-y" in plain


def test_it_says_that_it_is_redacted(guarded: Database) -> None:
    assert take(guarded.session, redact=True).redacted
    assert not take(guarded.session).redacted
    document = json.loads(content(take(guarded.session, redact=True)))
    del document["redacted"], document["role"], document["hidden"]
    old = from_bytes(gzip.compress(json.dumps(document).encode()))
    assert (old.redacted, old.role, old.hidden) == (False, None, ())


def test_the_same_database_gives_the_same_bytes(guarded: Database) -> None:
    assert to_bytes(take(guarded.session, redact=True)) == to_bytes(take(guarded.session, redact=True))


def test_numbers_about_the_values_stay(guarded: Database) -> None:
    """Everything but the arrays of values, and what goes with those that are left out."""
    names = "null_frac|avg_width|n_distinct|correlation|relpages|reltuples|relallvisible"
    plain, taken = take(guarded.session).dump, take(guarded.session, redact=True).dump
    assert re.findall(rf"'(?:{names})', '[^']*'", plain) == re.findall(rf"'(?:{names})', '[^']*'", taken)
    frequencies = set(re.findall(r"'most_common_freqs', '[^']*'", plain))
    assert set(re.findall(r"'most_common_freqs', '[^']*'", taken)) <= frequencies


def test_its_shadow_is_complete_and_plans_alike(guarded: Database) -> None:
    questions = workload(
        "SELECT * FROM people WHERE id < 40",
        "SELECT * FROM people WHERE name = $1 AND code = $2",
        "SELECT * FROM people WHERE born BETWEEN '2021-03-10' AND '2021-03-20'",
        "SELECT * FROM people WHERE active AND mood = 'sad'",
        "SELECT * FROM people JOIN visits ON who = name WHERE day < '2021-04-01'",
        "SELECT code, count(*) FROM people GROUP BY code",
        "SELECT name, code, count(*) FROM people GROUP BY 1, 2",
        "SELECT * FROM contacts ORDER BY n LIMIT 5",
        "SELECT * FROM people WHERE salary > 30000",
        "SELECT * FROM people WHERE reverse(card) = $1",
        "SELECT * FROM people WHERE email IS NULL OR weight < 60",
    )
    with what_if(take(guarded.session)) as true, what_if(take(guarded.session, redact=True)) as redacted:
        assert redacted.shadow.unrestored == {}
        for statement in questions.statements:
            one, other = true.estimate(statement), redacted.estimate(statement)
            assert other.cost == pytest.approx(one.cost, rel=0.15), statement.sql


def test_values_that_the_workload_spells_keep_their_frequency(guarded: Database) -> None:
    questions = workload(
        "SELECT * FROM people WHERE name = 'Guinevere'",
        "SELECT * FROM people WHERE card LIKE '4929%'",
        "SELECT * FROM people WHERE name LIKE '%never%'",
        "SELECT * FROM people WHERE name = 'Guinevere' AND code = 'QX'",
    )
    known = constants(questions)
    taken = take(guarded.session, redact=True, known=known)
    assert "4929123456" not in content(taken)
    with what_if(take(guarded.session)) as true, what_if(taken) as redacted:
        for statement in questions.statements:
            rows = [one.estimate(statement).plan.root.plan_rows for one in (true, redacted)]
            assert rows[1] == pytest.approx(rows[0], rel=0.1), statement.sql


def test_functions_keep_what_the_planner_asks(guarded: Database) -> None:
    taken = take(guarded.session, redact=True)
    with what_if(taken) as asked, asked.shadow.administer() as session:
        asking = sql.SQL(
            "SELECT proname::text AS name, provolatile::text AS v, proisstrict AS s, procost::int AS c,"
            " prorows::int AS r, prosrc AS body FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname IN"
            " ('called', 'many', 'inlined') ORDER BY 1"
        )
        called, inlined, many = session.fetch(asking)
        assert (called["v"], called["s"], called["c"]) == ("s", True, 77)
        assert many["r"] == 7
        assert "left out of the snapshot" in called["body"]
        assert "lower($1)" in inlined["body"]


def test_planning_hints_of_foreign_servers_stay(guarded: Database) -> None:
    guarded.session.script("ALTER SERVER far OPTIONS (ADD fdw_startup_cost '123', ADD use_remote_estimate 'true')")
    dump = take(guarded.session).dump
    assert "fdw_startup_cost '123'" in dump
    assert "use_remote_estimate" not in dump
    assert "table_name 'there'" in dump


PASSWORDS = """
CREATE VIEW strings AS SELECT 'password=obscura-1 sslmode=require'::text AS a,
    ' password='::text || 'obscura-2'::text AS b, 'Driver=x;PWD=obscura-3'::text AS c,
    E'passwd=\\'obscura 4\\' host=h' AS d, concat('sslpassword=', quote_literal('obscura-5')) AS e,
    $$http://me:obscura-6@far$$::text AS f;
CREATE FUNCTION one() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    pwd constant varchar(20) := 'obscura-7'; -- the password = obscura-8
    db_password text;
BEGIN
    db_password = 'obscura-9';
    EXECUTE 'ALTER ROLE x PASSWORD ''obscura-10''; SELECT dblink(''host=h password=obscura-11'')';
    ALTER ROLE x ENCRYPTED PASSWORD 'obscura-12';
    RETURN dblink($q$password='obscura-13'$q$, password => 'obscura-14') || format('password=%s', pwd);
END $$;
CREATE FUNCTION two(password text DEFAULT 'obscura-15') RETURNS TABLE (x text, passwd text) LANGUAGE sql
SET my.password = 'obscura-16' SET search_path = 'public' AS $$ SELECT 'password=''obscura-17''', 'kept-1' $$;
CREATE FOREIGN TABLE owned (a integer OPTIONS (column_name 'b')) SERVER far OPTIONS (table_name 'kept-2');
CREATE TABLE kept (password text DEFAULT 'kept-3' CHECK (password <> 'kept-4'), pwd text);
CREATE INDEX ON kept (pwd) WHERE password LIKE '%password=%' OR password = 'kept-5';
"""


def test_passwords_that_can_be_recognised_are_in_no_snapshot(guarded: Database) -> None:
    guarded.session.script(PASSWORDS)
    taken = take(guarded.session)
    assert re.findall("obscura.[0-9]+", taken.dump) == []
    assert set(re.findall("kept-[0-9]", taken.dump)) == {f"kept-{number}" for number in range(1, 6)}
    for stays in ("'%password=%'", "format('password=%s', pwd)", "SET search_path TO 'public'"):
        assert stays in taken.dump
    with what_if(taken) as asked:
        assert asked.shadow.unrestored == {}


@pytest.mark.parametrize(
    "body",
    [
        "connect('host=h password=obscura')",
        'connect("host=h password=obscura")  # don\'t',
        'connect(host, password="obscura")',
        "connect({'password': 'obscura'})",
        '$dbh->connect(pwd => q, Password => "obscura")',
        "url = 'postgres://me:obscura@h/x'",
    ],
)
def test_passwords_in_other_languages_are_recognised(body: str) -> None:
    statement = f"CREATE FUNCTION public.f() RETURNS text\n    LANGUAGE plpython3u\n    AS $${body}$$;"
    without = without_secrets(statement)
    assert "obscura" not in without
    assert without.replace("redacted", "obscura") == statement


def test_options_of_foreign_tables_go(guarded: Database) -> None:
    guarded.session.script(PASSWORDS)
    dump = take(guarded.session, redact=True).dump
    assert "CREATE FOREIGN TABLE public.owned" in dump
    for option in ("column_name", "table_name", "kept-2"):
        assert option not in dump
    statement = (
        "CREATE FOREIGN TABLE public.t (\n    a integer\n)\nSERVER s\nOPTIONS (\n    \"user\" 'me',\n    x 'y'\n);"
    )
    assert "'me'" not in without_secrets(statement)
    assert "x 'y'" in without_secrets(statement)


def test_values_in_statistics_are_not_looked_into(database: Database) -> None:
    database.session.script(
        "CREATE TABLE seen AS SELECT '/x?host=h&password=' || n % 5 AS url FROM generate_series(1, 500) AS n; ANALYZE"
    )
    with what_if(take(database.session)) as asked:
        assert asked.shadow.unrestored == {}
        plan = asked.estimate(workload("SELECT * FROM seen WHERE url = '/x?host=h&password=3'").statements[0]).plan
        assert plan.root.plan_rows == 100


@pytest.mark.parametrize("setting", ["on", "off"])
def test_quotes_and_backslashes_come_through(database: Database, setting: str) -> None:
    database.session.script(
        """CREATE TABLE odd AS
           SELECT (ARRAY['it''s', 'a\\b', 'say "x"', '{1,2}', E'line\\n-- Name: x', 'NULL', ''])[1 + n % 7] AS a,
                  ARRAY['it''s', 'a\\b', E'tab\\t', NULL, '"'] AS b FROM generate_series(1, 700) AS n; ANALYZE odd"""
    )
    name = sql.Identifier(database.name)
    database.session.execute(
        sql.SQL("ALTER DATABASE {} SET standard_conforming_strings = {}").format(name, sql.SQL(setting))
    )
    with connect(database.dsn) as session:
        taken = take(session, redact=True)
        for secret in ("it''s", "a\\b", "say ", "{1,2}", "line"):
            assert secret not in taken.dump[taken.dump.index("STATISTICS DATA") :]
        with what_if(take(session)) as true, what_if(taken) as redacted:
            assert redacted.shadow.unrestored == {}
            question = workload("SELECT a, count(*) FROM odd GROUP BY a").statements[0]
            assert redacted.estimate(question).cost == true.estimate(question).cost


# -- how far plans move -----------------------------------------------------------------------------------------------


def compared(dsn: str, *, spelled: bool) -> SelfCheck:
    questions = tpch.workload()
    with connect(dsn) as session:
        taken = take(session, redact=True, known=constants(questions if spelled else workload()))
        with what_if(taken) as asked:
            return self_check(session, asked, questions)


def test_tpch_plans_alike_where_its_constants_are_known(tpch18: str) -> None:
    check = compared(tpch18, spelled=True)
    assert check.compared == 22
    assert check.same_shapes >= 21
    assert check.median_cost_error < 0.01


def test_most_of_tpch_plans_alike_where_nothing_is_known(tpch18: str) -> None:
    check = compared(tpch18, spelled=False)
    assert check.compared == 22
    assert check.same_shapes >= 13
    assert check.median_cost_error < 0.05


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_redacts_and_says_so(guarded: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "people.dbsnap"
    code, out, err = dbopt("snapshot", "-d", guarded.dsn, "--redact", "-o", file)
    assert (code, out) == (0, "")
    assert "are replaced" in err
    assert load(file).redacted
    assert "Guinevere" not in content(load(file))


def test_the_command_keeps_what_a_workload_spells(guarded: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    (tmp_path / "queries.sql").write_text("SELECT * FROM people WHERE name = 'Guinevere';\n")
    file = tmp_path / "people.dbsnap"
    code, _, err = dbopt("snapshot", "-d", guarded.dsn, "--redact", "--known", tmp_path / "queries.sql", "-o", file)
    assert code == 0, err
    assert "Guinevere" in content(load(file))
    assert "4929123456789012" not in content(load(file))


def test_known_constants_without_redacting_are_a_mistake(dbopt: Dbopt, tmp_path: Path) -> None:
    code, _, err = dbopt("snapshot", "--known", tmp_path / "queries.sql", "-o", tmp_path / "x.dbsnap")
    assert code == 2
    assert "--redact" in err
