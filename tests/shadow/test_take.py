"""Taking a snapshot as an ordinary role, with another role's settings, and of odd databases."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg import sql

from dbopt import resources
from dbopt.errors import CorruptDocument, FeatureMissing, PrivilegeMissing, QueryFailed, UnsupportedDocument
from dbopt.postgres.session import Session, connect
from dbopt.shadow.migration import Migration
from dbopt.shadow.self_check import self_check
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.snapshot import Snapshot, from_bytes, load, to_bytes
from dbopt.shadow.take import take
from dbopt.shadow.what_if import what_if
from dbopt.workload.files import single
from tests import tpch
from tests.servers import Database, Server
from tests.shadow.test_shadow import workload

Dbopt = Callable[..., tuple[int, str, str]]


def run(session: Session, text: str, *names: str) -> None:
    session.execute(sql.SQL(text).format(*map(sql.Identifier, names)))


@pytest.fixture
def new_role(database: Database) -> Iterator[Callable[..., str]]:
    """Make roles that may connect, members of others: `new_role("pg_monitor")`."""
    made: list[str] = []

    def make(*groups: str, suffix: str = "reader") -> str:
        made.append(f"{suffix}_{len(made)}_of_{database.name}")
        run(database.session, "CREATE ROLE {} LOGIN", made[-1])
        for group in groups:
            run(database.session, "GRANT {} TO {}", group, made[-1])
        return made[-1]

    yield make
    for name in made:
        run(database.session, "DROP OWNED BY {0}; DROP ROLE {0}", name)


def digest(snapshot: Snapshot) -> str:
    return hashlib.sha256(to_bytes(snapshot)).hexdigest()


def settings(snapshot: Snapshot) -> dict[str, str]:
    return {setting.name: setting.value for setting in snapshot.settings}


# -- privileges -------------------------------------------------------------------------------------------------------

PAIRS = """
CREATE TABLE pairs AS SELECT n % 50 AS a, n % 50 AS b, n AS c, 'n' || n % 90 AS d FROM generate_series(1, 20000) AS n;
CREATE INDEX pairs_length ON pairs (length(d));
CREATE MATERIALIZED VIEW summed AS SELECT a, count(*) AS n FROM pairs GROUP BY a;
CREATE STATISTICS pairs_all (ndistinct, dependencies, mcv) ON a, b, d FROM pairs;
CREATE STATISTICS pairs_expression ON (c % 7), (a + b) FROM pairs;
ANALYZE
"""


def test_pg_read_all_data_is_enough_for_the_same_snapshot(database: Database, new_role: Callable[..., str]) -> None:
    database.session.script(PAIRS)
    with connect(database.dsn, user=new_role("pg_read_all_data")) as session:
        taken = take(session)
    whole = take(database.session)
    assert digest(taken) == digest(whole)
    assert any(item.most_common for item in taken.extended_statistics)
    assert any(item.expressions for item in taken.extended_statistics)


def test_tpch_of_a_15_plans_the_same_from_a_snapshot_without_superuser(tpch15: str) -> None:
    with connect(tpch15) as session:
        run(session, "CREATE ROLE tpch_reader LOGIN")
        run(session, "GRANT pg_read_all_data TO tpch_reader")
        session.script("CREATE STATISTICS nations (mcv) ON s_nationkey, s_suppkey FROM supplier; ANALYZE supplier")
        try:
            with connect(tpch15, user="tpch_reader") as reader:
                assert digest(take(reader)) == digest(take(session))
                with what_if(reader) as asked:
                    check = self_check(session, asked, tpch.workload())
            assert check.compared == 22
            assert check.median_cost_error < 0.001
        finally:
            session.script("DROP STATISTICS nations")
            run(session, "DROP OWNED BY tpch_reader; DROP ROLE tpch_reader")


def test_pg_monitor_is_not_enough_and_the_error_names_the_grant(
    shop: Database, new_role: Callable[..., str], dbopt: Dbopt, tmp_path: Path
) -> None:
    role = new_role("pg_monitor")
    code, out, err = dbopt("snapshot", "-d", f"{shop.dsn} user={role}", "-o", tmp_path / "x.dbsnap")
    assert (code, out) == (3, "")
    assert f"GRANT pg_read_all_data TO {role};" in err
    assert err.count("\n") == 2
    assert list(tmp_path.iterdir()) == []


def test_what_the_server_says_and_in_which_language_does_not_matter(
    shop: Database, new_role: Callable[..., str], tmp_path: Path
) -> None:
    """pg_dump, which is not even there, is not asked."""
    with connect(shop.dsn, user=new_role("pg_monitor")) as session, pytest.raises(PrivilegeMissing, match="no SELECT"):
        take(session, bin_dir=tmp_path)


def test_another_failure_of_pg_dump_is_passed_on(shop: Database, tmp_path: Path) -> None:
    foreign = tmp_path / "pg_dump"
    foreign.write_text("#!/bin/sh\necho 'pg_dump: Fehler: Anfrage fehlgeschlagen: FEHLER: Zeit' >&2; exit 1\n")
    foreign.chmod(0o755)
    with pytest.raises(QueryFailed, match="Zeit"):
        take(shop.session, bin_dir=tmp_path)


def test_tables_whose_statistics_row_security_hides_are_named_and_refused(
    database: Database, new_role: Callable[..., str], dbopt: Dbopt, tmp_path: Path
) -> None:
    database.session.script(
        "CREATE TABLE open (a integer); CREATE TABLE shut (a integer);"
        "INSERT INTO shut SELECT generate_series(1, 999); ALTER TABLE shut ENABLE ROW LEVEL SECURITY; ANALYZE"
    )
    file = tmp_path / "x.dbsnap"
    code, _, err = dbopt("snapshot", "-d", f"{database.dsn} user={new_role('pg_read_all_data')}", "-o", file)
    assert code == 0
    assert "public.shut" in err
    assert load(file).hidden == (("public", "shut"),)
    with what_if(load(file)) as asked:
        assert asked.estimate(workload("SELECT * FROM open").statements[0]).cost >= 0
        with pytest.raises(QueryFailed, match="row security"):
            asked.estimate(workload("SELECT * FROM shut").statements[0])
    assert take(database.session).hidden == ()


@pytest.mark.parametrize("source", ["", "_data"])
@pytest.mark.parametrize("name", ["extended_statistics", "expression_statistics"])
def test_a_catalog_without_inherited_statistics_has_others(
    pg18: Server, new_database: Callable[..., Database], name: str, source: str
) -> None:
    """As before 15: the same catalog, asked for a column that it does not have."""
    session = new_database(pg18, PAIRS).session
    session.script(
        "CREATE TABLE parted (a integer, b integer) PARTITION BY LIST (a);"
        "CREATE TABLE part PARTITION OF parted DEFAULT;"
        "CREATE STATISTICS parted_both ON a, b, (a + b) FROM parted; INSERT INTO parted SELECT n % 9, n % 9"
        " FROM generate_series(1, 999) AS n; ANALYZE parted"
    )
    text = resources.query(f"shadow/{name}{source}", 18)
    older = re.sub(r"(SELECT|false AS) (?:stxd)?inherit(?:ed)?\b", r"\1 unknown_there", text)
    now, then = session.fetch(sql.SQL(text)), session.fetch(sql.SQL(older))
    assert {row["inherited"] for row in now} == {False, True}
    assert [row | {"inherited": False} for row in now if row["name"] != "parted_both"] == [
        row for row in then if row["name"] != "parted_both"
    ]
    assert len(then) == len(now)


# -- settings of roles ------------------------------------------------------------------------------------------------


def test_a_roles_settings_are_those_of_its_sessions(database: Database, new_role: Callable[..., str]) -> None:
    app, other = new_role(suffix='An "app'), new_role(suffix="other")
    session = database.session
    session.script("CREATE SCHEMA first; CREATE SCHEMA second; CREATE SCHEMA closed")
    run(session, "CREATE SCHEMA {}", app)
    run(session, "GRANT USAGE ON SCHEMA first, second, {0} TO {0}", app)
    run(session, "ALTER DATABASE {} SET work_mem = '11MB'", database.name)
    run(session, "ALTER DATABASE {} SET random_page_cost = 1.5", database.name)
    run(session, "ALTER ROLE {} SET work_mem = '22MB'", app)
    run(session, "ALTER ROLE {} SET enable_hashjoin = off", app)
    run(session, "ALTER ROLE {} IN DATABASE {} SET work_mem = '33MB'", app, database.name)
    run(session, 'ALTER ROLE {} SET search_path = second, "$user", closed, first, nowhere', app)
    run(session, "ALTER ROLE {} SET seq_page_cost = 7", other)
    run(session, "ALTER ROLE {} SET statement_timeout = '1h'", app)
    with connect(database.dsn) as fresh:
        taken = take(fresh, role=app)
    with connect(database.dsn, user=app) as own:
        asking = sql.SQL("SELECT name, setting FROM pg_settings")
        true = {row["name"]: row["setting"] for row in own.fetch(asking)}
        path = own.fetch(sql.SQL("SELECT current_schemas(false)::text[] AS path"))[0]["path"]
    assert settings(taken) == {name: true[name] for name in settings(taken)}
    assert (true["work_mem"], true["random_page_cost"], true["enable_hashjoin"]) == (str(33 * 1024), "1.5", "off")
    assert taken.search_path == tuple(path) == ("second", app, "first")
    assert taken.role == app


def test_what_the_connecting_role_has_for_itself_does_not_count(
    database: Database, new_role: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, reader = new_role(), new_role("pg_read_all_data")
    run(database.session, "ALTER ROLE {} SET cpu_tuple_cost = 5", app)
    run(database.session, "ALTER ROLE {} SET cpu_tuple_cost = 6", reader)
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=1GB")
    with connect(database.dsn, user=reader) as session:
        session.script("SET random_page_cost = 9")
        taken = settings(take(session, role=app))
        own = settings(take(session))
    assert (taken["cpu_tuple_cost"], taken["random_page_cost"], taken["work_mem"]) == ("5", "4", "4096")
    assert (own["cpu_tuple_cost"], own["random_page_cost"], own["work_mem"]) == ("6", "9", str(2**20))


def test_a_setting_that_cannot_be_seen_is_an_error_not_a_guess(
    database: Database, new_role: Callable[..., str]
) -> None:
    app, reader = new_role(), new_role("pg_read_all_data")
    run(database.session, "ALTER ROLE {} SET cpu_tuple_cost = 6", reader)
    with connect(database.dsn, user=reader) as session, pytest.raises(FeatureMissing) as failure:
        take(session, role=app)
    assert "cpu_tuple_cost" in failure.value.message
    assert f"ALTER ROLE {reader} RESET cpu_tuple_cost" in (failure.value.hint or "")


def test_a_superuser_sees_beneath_its_own_settings(database: Database, new_role: Callable[..., str]) -> None:
    app, reader = new_role(), new_role("pg_read_all_data")
    run(database.session, "ALTER ROLE {} SUPERUSER", reader)
    run(database.session, "ALTER ROLE {} SET cpu_tuple_cost = 6", reader)
    with connect(database.dsn, user=reader) as session:
        assert settings(take(session, role=app))["cpu_tuple_cost"] == "0.01"


def test_an_unknown_role_is_one_clear_error(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    code, out, err = dbopt("snapshot", "-d", shop.dsn, "--role", "nobody here", "-o", tmp_path / "x.dbsnap")
    assert (code, out) == (3, "")
    assert 'there is no role "nobody here"' in err
    assert "hint:" in err
    assert list(tmp_path.iterdir()) == []


def test_the_shadow_plans_with_the_roles_settings(
    shop: Database, new_role: Callable[..., str], dbopt: Dbopt, tmp_path: Path
) -> None:
    app, file = new_role(), tmp_path / "x.dbsnap"
    run(shop.session, "ALTER ROLE {} SET enable_seqscan = off", app)
    assert dbopt("snapshot", "-d", shop.dsn, "--role", app, "-o", file)[0] == 0
    with what_if(load(file)) as asked, asked.shadow.connect() as session:
        assert session.fetch(sql.SQL("SHOW enable_seqscan"))[0]["enable_seqscan"] == "off"


# -- the file ---------------------------------------------------------------------------------------------------------


def test_two_snapshots_of_an_unchanged_database_are_the_same_file(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    shop.session.script(PAIRS)
    for name in ("one", "two"):
        assert dbopt("snapshot", "-d", shop.dsn, "-o", tmp_path / name)[0] == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert "pg_dump version" not in load(tmp_path / "one").dump


def test_keys_that_a_later_dbopt_adds_are_overlooked(shop: Database) -> None:
    taken = take(shop.session)
    document = json.loads(gzip.decompress(to_bytes(taken))) | {"moon": "full"}
    document["relations"][0]["moon"] = "new"
    assert from_bytes(gzip.compress(json.dumps(document).encode())) == taken


def test_a_later_format_is_refused_with_a_hint(shop: Database) -> None:
    document = json.loads(gzip.decompress(to_bytes(take(shop.session)))) | {"schema": "dbopt.snapshot/2"}
    with pytest.raises(UnsupportedDocument, match=r"dbopt\.snapshot/2") as failure:
        from_bytes(gzip.compress(json.dumps(document).encode()))
    assert "version 2" in (failure.value.hint or "")


@pytest.mark.parametrize("keep", [11, 200, -9, -1])
def test_a_part_of_a_file_is_refused_with_a_hint(shop: Database, keep: int) -> None:
    with pytest.raises(CorruptDocument) as failure:
        from_bytes(to_bytes(take(shop.session))[:keep])
    assert "dbopt snapshot" in (failure.value.hint or "")


def test_a_changed_byte_is_noticed(shop: Database) -> None:
    content = bytearray(to_bytes(take(shop.session)))
    content[len(content) // 2] ^= 0xFF
    with pytest.raises(CorruptDocument):
        from_bytes(bytes(content))


# -- text in no encoding ----------------------------------------------------------------------------------------------


def test_values_in_no_encoding_are_reported(server: Server, dbopt: Dbopt, tmp_path: Path) -> None:
    with server.connect() as session:
        session.script("CREATE DATABASE in_ascii TEMPLATE template0 ENCODING SQL_ASCII LOCALE 'C'")
    try:
        with connect(server.dsn("in_ascii")) as session:
            session.script("CREATE TABLE t AS SELECT E'b\\xE4r' AS a FROM generate_series(1, 100); ANALYZE t")
        code, out, err = dbopt("snapshot", "-d", server.dsn("in_ascii"), "-o", tmp_path / "x.dbsnap")
        assert (code, out) == (3, "")
        assert "not valid UTF-8" in err
        assert list(tmp_path.iterdir()) == []
    finally:
        server.drop_database("in_ascii")


POLICIES = """
    CREATE TABLE documents (tenant integer, body text);
    INSERT INTO documents SELECT n % 50, 'x' FROM generate_series(1, 5000) AS n;
    CREATE INDEX documents_tenant ON documents (tenant);
    ALTER TABLE documents ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON documents USING (tenant = current_setting('app.tenant')::integer);
    CREATE TABLE plain (a integer);
    ANALYZE;
"""


def test_a_role_that_policies_hold_for_gets_no_plan_without_them(
    server: Server, new_database: Callable[..., Database]
) -> None:
    database = new_database(server, POLICIES)
    app = f"app_{database.name}"
    run(database.session, "CREATE ROLE {}", app)
    try:
        taken = take(database.session, role=app)
        with what_if(taken) as asked:
            with pytest.raises(QueryFailed, match=f"does not apply row security, which holds for {app}"):
                asked.estimate(single("SELECT * FROM documents").statements[0])
            asked.estimate(single("SELECT * FROM plain").statements[0])
    finally:
        run(database.session, "DROP ROLE {}", app)


def test_row_security_is_remarked(pg18: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(pg18, POLICIES)
    with Shadow.open(take(database.session)) as shadow:
        (remark,) = shadow.remarks
        assert remark.startswith("row security is not applied")
        assert remark.endswith("public.documents")
    up = Migration("up.sql", "ALTER TABLE plain ENABLE ROW LEVEL SECURITY")
    with Shadow.open(take(database.session), migration=up) as shadow:
        assert any("public.plain" in remark for remark in shadow.remarks)


def test_each_parameter_set_is_asked_what_it_touches(pg18: Server, new_database: Callable[..., Database]) -> None:
    """With other values it may be another partition, one that is not to be trusted."""
    database = new_database(
        pg18,
        "CREATE TABLE p (a integer) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);"
        "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20); ANALYZE",
    )
    taken = replace(take(database.session), hidden=(("public", "p2"),))
    statement = single("SELECT * FROM p WHERE a = $1").statements[0]
    with what_if(taken) as asked:
        asked.check(replace(statement, parameters=(("5",),)))
        with pytest.raises(QueryFailed, match=r"public\.p2 is not complete"):
            asked.check(replace(statement, parameters=(("5",), ("15",))))
        with pytest.raises(QueryFailed, match=r"public\.p2 is not complete"):
            asked.check(replace(statement, parameters=(("15",),)))


def test_a_command_that_holds_a_query_is_planned(pg18: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(pg18, POLICIES)
    with what_if(take(database.session)) as asked:
        assert asked.estimate(single("CREATE TABLE x AS SELECT * FROM documents").statements[0]).cost > 0


@pytest.mark.parametrize("allowed", [True, False])
def test_ranges_whose_statistics_a_role_may_not_read_are_remarked(
    pg15: Server, new_database: Callable[..., Database], allowed: bool
) -> None:
    database = new_database(
        pg15,
        "CREATE TABLE stays (during int4range); ALTER TABLE stays ALTER during SET STATISTICS 20;"
        "INSERT INTO stays SELECT int4range(n, n + n % 9 + 1) FROM generate_series(1, 3000) AS n; ANALYZE",
    )
    reader = f"reader_of_{database.name}"
    run(database.session, "CREATE ROLE {} LOGIN", reader)
    run(database.session, "GRANT pg_read_all_data TO {}" if allowed else "GRANT SELECT ON stays TO {}", reader)
    try:
        with database.session.another(user=reader) as session, Shadow.open(take(session)) as shadow:
            assert any("public.stays.during" in remark for remark in shadow.remarks) is not allowed
    finally:
        run(database.session, "DROP OWNED BY {0}; DROP ROLE {0}", reader)
