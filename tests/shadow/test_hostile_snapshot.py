"""A snapshot from anywhere: nothing in it runs a program, reads a file or reaches beyond its own database."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg import sql

from dbopt.errors import CorruptDocument, DboptError, EmbeddedServerError
from dbopt.postgres.session import Row, Session
from dbopt.shadow import validate
from dbopt.shadow.limits import Limits
from dbopt.shadow.migration import Migration
from dbopt.shadow.roles import ORDINARY, SUPERUSER
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.snapshot import (
    CommonCombination,
    ExtendedStatistics,
    ExtensionFunction,
    Relation,
    Snapshot,
    from_bytes,
    to_bytes,
)
from dbopt.shadow.what_if import what_if
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Statement

HEAD = "SET statement_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\n"
TABLE = "CREATE TABLE public.t (a integer, b text);\n"
PROGRAM = "COPY (SELECT 1) TO PROGRAM ''touch {}''"


def entry(name: str, kind: str, text: str) -> str:
    return f"--\n-- Name: {name}; Type: {kind}; Schema: public; Owner: -\n--\n\n{text}\n\n"


def hostile(text: str = "", *, relations: tuple[Relation, ...] = (), **rest: object) -> Snapshot:
    dump = HEAD + entry("t", "TABLE", TABLE) + entry("hostile", "FUNCTION", text)
    plain = Snapshot(
        server_version="18.0",
        database="shop",
        encoding="UTF8",
        locale_provider="c",
        collate="C",
        ctype="C",
        search_path=("public",),
        settings=(),
        relations=(Relation("public", "t", "r", 100), *relations),
        extended_statistics=(),
        extension_functions=(),
        dump=dump,
    )
    return replace(plain, **rest)  # type: ignore[arg-type]


def asking(text: str) -> Statement:
    return Statement("0" * 16, None, text, kind_of(text))


def rows(session: Session, text: str) -> list[Row]:
    return session.fetch(sql.SQL(text))


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory where the server's user may write."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


@pytest.fixture
def proof(open_directory: Path) -> Iterator[Path]:
    """A file that a program of the attacker's would make."""
    yield open_directory / "proof"
    assert not (open_directory / "proof").exists()


def evil_function(proof: Path, *, returns: str = "integer", value: str = "1") -> str:
    """A function that claims to be IMMUTABLE and tries all it can think of. It counts in a sequence that all was
    refused; what was not is an error.
    """
    attempts = (
        PROGRAM.format(proof),
        "SELECT pg_catalog.pg_read_file(''/etc/passwd'')",
        "SELECT pg_catalog.lo_import(''/etc/passwd'')",
        "SET ROLE dbopt_superuser",
        "SET SESSION AUTHORIZATION dbopt_superuser",
        "UPDATE pg_catalog.pg_authid SET rolsuper = true",
        "UPDATE pg_catalog.pg_proc SET proname = proname",
        "CREATE FUNCTION pg_catalog.planted() RETURNS integer LANGUAGE sql AS ''SELECT 1''",
    )
    tried = "\n".join(
        f"BEGIN EXECUTE '{text}'; RAISE 'reached: %', '{text}'; EXCEPTION WHEN insufficient_privilege OR"
        " invalid_transaction_state OR feature_not_supported THEN NULL; END;"
        for text in attempts
    )
    return (
        "CREATE FUNCTION public.tries() RETURNS void LANGUAGE plpgsql AS $$ BEGIN\n"
        f"RESET SESSION AUTHORIZATION; RESET ROLE;\n{tried}\nPERFORM pg_catalog.nextval('public.times'); END $$;\n"
        f"CREATE FUNCTION public.evil(integer) RETURNS {returns} LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN\n"
        f"PERFORM public.tries(); RETURN {value}; END $$;\n"
    )


EVIL = "CREATE SEQUENCE public.times;\n"


def times(shadow: Shadow) -> int:
    """How often the evil function came to its end, so that every one of its attempts was refused."""
    with shadow.supervise() as session:
        counted = rows(session, "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS n FROM public.times")
    return int(counted[0]["n"])


def test_a_superuser_could_do_it(open_directory: Path) -> None:
    """What all of this is about, and that the tests would see it."""
    with Shadow.open(hostile()) as shadow, shadow.supervise() as session:
        session.script(f"COPY (SELECT 1) TO PROGRAM 'touch {open_directory / 'proof'}'")
    assert (open_directory / "proof").exists()


# -- while it is restored ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "COPY (SELECT 1) TO PROGRAM 'touch {proof}';",
        "COPY public.t FROM PROGRAM 'touch {proof}';",
        "COPY (SELECT 1) TO '{proof}';",
        "DO $$ BEGIN COPY (SELECT 1) TO PROGRAM 'touch {proof}'; END $$;",
        "RESET SESSION AUTHORIZATION; RESET ROLE; SET ROLE dbopt_superuser;\n"
        "COPY (SELECT 1) TO PROGRAM 'touch {proof}';",
        "SET SESSION AUTHORIZATION dbopt_superuser;\nCOPY (SELECT 1) TO PROGRAM 'touch {proof}';",
        "\\! touch {proof}",
        "\\o {proof}\nSELECT 1;",
        "\\unrestrict guessed\n\\! touch {proof}",
        "SELECT pg_catalog.lo_export(0, '{proof}');",
        "CREATE EXTENSION file_fdw; CREATE SERVER s FOREIGN DATA WRAPPER file_fdw;\n"
        "CREATE FOREIGN TABLE public.f (a text) SERVER s OPTIONS (program 'touch {proof}'); SELECT * FROM public.f;",
        "CREATE EXTENSION IF NOT EXISTS file_fdw;\nCREATE SERVER s FOREIGN DATA WRAPPER file_fdw;\n"
        "CREATE FOREIGN TABLE public.f (a text) SERVER s OPTIONS (program 'touch {proof}'); SELECT * FROM public.f;",
        "CREATE FUNCTION public.trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n"
        "COPY (SELECT 1) TO PROGRAM 'touch {proof}'; RETURN NEW; END $$;\n"
        "CREATE TRIGGER x BEFORE INSERT ON public.t EXECUTE FUNCTION public.trigger();\n"
        "INSERT INTO public.t VALUES (1);",
        "CREATE FUNCTION public.c(text) RETURNS integer LANGUAGE c AS 'libc.so.6', 'system';\n"
        "SELECT public.c('touch {proof}');",
        "CREATE FUNCTION public.definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN\n"
        "COPY (SELECT 1) TO PROGRAM 'touch {proof}'; END $$;\nSELECT public.definer();",
        "ALTER ROLE dbopt_ordinary SUPERUSER;\nGRANT pg_execute_server_program TO dbopt_ordinary;\n"
        "COPY (SELECT 1) TO PROGRAM 'touch {proof}';",
        "CREATE EXTENSION IF NOT EXISTS dblink WITH SCHEMA public;\n"
        "SELECT public.dblink_exec('user=dbopt_superuser dbname=shadow password=x host=' || split_part(current_setting("
        "'unix_socket_directories'), ',', 1), 'COPY (SELECT 1) TO PROGRAM ''touch {proof}''');",
    ],
)
def test_no_statement_of_a_dump_runs_a_program(proof: Path, text: str) -> None:
    with Shadow.open(hostile(text.replace("{proof}", str(proof)))) as shadow, shadow.connect() as session:
        assert rows(session, "SELECT a FROM t") == []


@pytest.mark.parametrize("role", [SUPERUSER, "postgres", "pg_execute_server_program"])
@pytest.mark.parametrize(
    "mention",
    [
        "GRANT SELECT ON t TO {}",
        "ALTER TABLE t OWNER TO {}",
        "GRANT {} TO CURRENT_USER",
        "NULL; END $x$; CREATE ROLE {}; DO $x$ BEGIN NULL",
    ],
)
def test_no_migration_becomes_a_superuser(proof: Path, role: str, mention: str) -> None:
    """The role of a migration may act as those that the migration mentions: never as one that was there before."""
    text = (
        (
            f"DO $x$ BEGIN {mention.format(role, role)}; EXCEPTION WHEN OTHERS THEN NULL; END $x$;\n"
            "DO $x$ BEGIN PERFORM set_config('role', '{role}', true);"
            " COPY (SELECT 1) TO PROGRAM 'touch {proof}';"
            " EXCEPTION WHEN OTHERS THEN NULL; END $x$;"
        )
        .replace("{role}", role)
        .replace("{proof}", str(proof))
    )
    with Shadow.open(hostile(""), migration=Migration("up.sql", text)) as shadow, shadow.supervise() as session:
        members = "SELECT count(*) AS found FROM pg_roles WHERE rolsuper AND pg_has_role('dbopt_ordinary', oid, 'SET')"
        assert rows(session, members) == [{"found": 0}]


def test_a_migration_cannot_have_what_the_shadow_is_made_of() -> None:
    text = (
        'DROP EXTENSION plpgsql CASCADE; ALTER EXTENSION "pg_buffercache" UPDATE;\n'
        "DO $x$ BEGIN DROP EXTENSION pg_buffercache; EXCEPTION WHEN insufficient_privilege THEN NULL; END $x$;\n"
        "DO $x$ BEGIN DROP EXTENSION plpgsql CASCADE; EXCEPTION WHEN insufficient_privilege THEN NULL; END $x$;"
    )
    with Shadow.open(hostile(""), migration=Migration("up.sql", text)) as shadow, shadow.supervise() as session:
        there = "SELECT count(*) AS found FROM pg_extension WHERE extname IN ('plpgsql', 'pg_buffercache')"
        assert rows(session, there) == [{"found": 2}]


def test_the_owner_of_an_extension_reaches_no_more() -> None:
    attempts = (
        "ALTER EXTENSION dblink DROP FUNCTION dblink_connect_u(text)",
        "CREATE OR REPLACE FUNCTION dblink_connect_u(text) RETURNS text LANGUAGE sql AS 'SELECT 1'",
        "GRANT EXECUTE ON FUNCTION dblink_connect_u(text) TO dbopt_ordinary",
        "CREATE SERVER s FOREIGN DATA WRAPPER file_fdw",
        "ALTER FOREIGN DATA WRAPPER file_fdw OPTIONS (ADD a 'b')",
        "ALTER EXTENSION dblink SET SCHEMA s",
    )
    text = (
        "CREATE SCHEMA s; BEGIN; SAVEPOINT here; DROP EXTENSION dblink, file_fdw; ROLLBACK TO here; COMMIT;\n"
    ) + "".join(
        f"DO $x$ BEGIN {attempt}; RAISE 'reached'; EXCEPTION WHEN insufficient_privilege THEN NULL; END $x$;\n"
        for attempt in attempts
    )
    there = "".join(f"CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA public;\n" for name in ("dblink", "file_fdw"))
    with Shadow.open(hostile(there), migration=Migration("up.sql", text)) as shadow, shadow.supervise() as session:
        called = "SELECT has_function_privilege('dbopt_ordinary', 'public.dblink_connect_u(text)', 'EXECUTE') AS found"
        assert rows(session, called) == [{"found": False}]


def test_the_server_knows_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_CI_SECRET", "abc123")
    with Shadow.open(hostile("")) as shadow:
        pid = int((shadow.server.data / "postmaster.pid").read_text().split()[0])
        assert b"abc123" not in Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.parametrize(
    ("text", "check", "expected"),
    [
        (
            "CREATE TABLE public.stolen AS SELECT pg_catalog.pg_read_file('/etc/passwd');",
            "SELECT to_regclass('public.stolen')::text AS found",
            None,
        ),
        (
            "ALTER SYSTEM SET archive_command = 'true';\nALTER DATABASE shadow SET work_mem = '1MB';",
            "SELECT count(*) AS found FROM pg_db_role_setting",
            0,
        ),
        (
            "CREATE FUNCTION public.e() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;\n"
            "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.e();",
            "SELECT count(*) AS found FROM pg_event_trigger",
            0,
        ),
        (
            "SET allow_system_table_mods = on;\nUPDATE pg_catalog.pg_authid SET rolsuper = true;\n"
            "INSERT INTO pg_catalog.pg_auth_members SELECT * FROM pg_catalog.pg_auth_members;",
            f"SELECT count(*) AS found FROM pg_authid WHERE rolsuper AND rolname = '{ORDINARY}'",
            0,
        ),
        (
            "CREATE TABLE pg_catalog.planted (a integer);\n"
            "CREATE FUNCTION pg_catalog.planted() RETURNS integer LANGUAGE sql AS 'SELECT 1';\n"
            "CREATE OR REPLACE FUNCTION pg_catalog.dbopt_set_live(oid[], oid[]) RETURNS void LANGUAGE sql AS '';",
            "SELECT count(*) AS found FROM pg_proc WHERE proname = 'planted' OR proname ~ '^dbopt' AND prosrc = ''",
            0,
        ),
        ("ALTER TABLE pg_catalog.pg_class ADD COLUMN x integer;", "SELECT count(*) AS found FROM pg_attribute"
         " WHERE attrelid = 'pg_class'::regclass AND attname = 'x'", 0),
        ("CREATE ROLE another SUPERUSER;\nCREATE ROLE plain;", "SELECT count(*) AS found FROM pg_roles"
         " WHERE rolname IN ('another', 'plain')", 0),
    ],
    ids=["file", "settings", "event trigger", "catalog", "names in pg_catalog", "catalog column", "roles"],
)  # fmt: skip
def test_what_needs_a_superuser_is_not_done(text: str, check: str, expected: object) -> None:
    with Shadow.open(hostile(text)) as shadow, shadow.supervise() as session:
        assert rows(session, check) == [{"found": expected}]


def test_what_is_left_out_for_that_is_said() -> None:
    text = "CREATE FUNCTION public.c(text) RETURNS integer LANGUAGE c AS '$libdir/plpgsql', 'x';"
    with Shadow.open(hostile(text)) as shadow:
        assert any("function hostile" in remark for remark in shadow.remarks)


def test_a_stand_in_is_not_made_as_superuser(proof: Path) -> None:
    copy = f"COPY (SELECT 1) TO PROGRAM 'touch {proof}'"
    function = ExtensionFunction("nosuch", "public", "f", f") RETURNS integer LANGUAGE sql AS ''; {copy}; --", "", "")
    with Shadow.open(hostile(extension_functions=(function,))) as shadow:
        assert shadow.unrestored == {}


def test_statistics_are_not_read_as_superuser(proof: Path) -> None:
    """A domain's check runs wherever a value is read in that type."""
    text = (
        EVIL + evil_function(proof, returns="boolean", value="true") + "CREATE DOMAIN public.d AS integer;\n"
        "CREATE TABLE public.u (a public.d, b integer);\nCREATE STATISTICS public.st ON a, b FROM public.u;\n"
        "ALTER DOMAIN public.d ADD CHECK (public.evil(VALUE));"
    )
    statistics = ExtendedStatistics(
        "public", "st", "public", "u", False, {"1": "a", "2": "b"},
        most_common=(CommonCombination(("1", "2"), "0.5", "0.5"), CommonCombination(("1", "3"), "0.5", "0.5")),
    )  # fmt: skip
    with Shadow.open(hostile(text, extended_statistics=(statistics,))) as shadow:
        assert shadow.unrestored == {}
        assert times(shadow) > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_distinct": '{"1, 77": 5}'},
        {"n_distinct": '{"1": 5}'},
        {"n_distinct": '{"1, -1": 5}'},
        {"n_distinct": '{"1, 2": "many"}'},
        {"n_distinct": "nonsense"},
        {"dependencies": '{"1 => -9": 1.0}'},
        {"attributes": {"1": "a", "2": "b", "3": "c"}},
        {"attributes": {"2": "b", "1": "a"}, "most_common": (CommonCombination(("1", "x"), "0.5", "0.5"),)},
        {"most_common": (CommonCombination(("1",), "0.5", "0.5"),)},
        {"most_common": (CommonCombination(("1", "x"), "half", "0.5"),)},
    ],
)
def test_statistics_that_do_not_fit_their_object_are_refused(wrong: dict[str, object]) -> None:
    text = "CREATE TABLE public.u (a integer, b text, c integer);\nCREATE STATISTICS public.st ON a, b FROM public.u;"
    given = replace(ExtendedStatistics("public", "st", "public", "u", False, {"1": "a", "2": "b"}), **wrong)  # type: ignore[arg-type]
    with what_if(hostile(text, extended_statistics=(given,))) as asked:
        assert list(asked.shadow.unrestored) == [("public", "u")]
        assert asked.estimate(asking("SELECT * FROM t")).cost > 0
        with pytest.raises(DboptError, match="not complete"):
            asked.estimate(asking("SELECT * FROM u WHERE a = 1 AND b = 'x'"))


def test_bytes_cannot_pass_for_statistics() -> None:
    with Shadow.open(hostile()) as shadow, shadow.supervise() as session:
        assert rows(session, "SELECT castsource FROM pg_cast WHERE oid >= 16384") == []


# -- while statements are planned -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("", "SELECT * FROM t WHERE a = public.evil(1)"),
        ("CREATE VIEW public.v AS SELECT * FROM public.t WHERE a = public.evil(1);", "SELECT * FROM v"),
        ("CREATE INDEX i ON public.t (public.evil(a));", "SELECT * FROM t WHERE public.evil(a) = public.evil(3)"),
        ("CREATE TABLE public.u (a integer DEFAULT public.evil(1));", "INSERT INTO u DEFAULT VALUES"),
    ],
    ids=["condition", "view", "index", "default"],
)
def test_a_function_that_the_planner_evaluates_reaches_nothing(proof: Path, text: str, statement: str) -> None:
    index = (Relation("public", "i", "i", 5, "t"),) if " INDEX " in text else ()
    snapshot = hostile(EVIL + evil_function(proof) + text, relations=index)
    with what_if(snapshot) as asked:
        asked.estimate(asking(statement))
        assert times(asked.shadow) > 0
        assert asked.shadow.unrestored == {}


def test_indexes_of_the_catalog_cannot_be_hidden() -> None:
    hidden = "SELECT count(*) AS n FROM pg_index WHERE NOT indislive AND indexrelid < 16384"
    call = "SELECT pg_catalog.dbopt_set_live('{}', ARRAY(SELECT indexrelid FROM pg_index))"
    with Shadow.open(hostile(f"{call};")) as shadow, shadow.supervise() as session:
        assert rows(session, hidden) == [{"n": 0}]
        with shadow.connect() as planner:
            rows(planner, call)
        assert rows(session, hidden) == [{"n": 0}]


def test_the_planning_role_is_an_ordinary_one() -> None:
    reaching = (
        "SELECT rolname FROM pg_roles WHERE (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolname IN"
        " ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))"
        " AND pg_has_role(session_user, oid, 'MEMBER')"
    )
    with Shadow.open(hostile()) as shadow, shadow.connect() as session, shadow.administer() as other:
        assert session.role == other.role == ORDINARY
        assert rows(session, reaching) == rows(other, reaching) == []


# -- bounds -----------------------------------------------------------------------------------------------------------

LOOP = "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$;"
FILL = "CREATE TABLE public.f AS SELECT repeat('x', 1000) FROM generate_series(1, 100000000);"


def assert_refused(snapshot: Snapshot, message: str, limits: Limits) -> None:
    with pytest.raises(EmbeddedServerError, match=message) as failure, Shadow.open(snapshot, limits=limits):
        pass
    assert failure.value.exit_code == 3


def test_an_endless_statement_ends_the_restore() -> None:
    assert_refused(hostile(LOOP), "FUNCTION hostile did not end within 1 s", Limits(statement_s=1))


def test_many_long_statements_end_the_restore() -> None:
    text = "SELECT pg_catalog.pg_sleep(0.5);\n" * 100
    assert_refused(hostile(text), "was not restored within 3 s", Limits(statement_s=2, restore_s=3))


def test_a_time_limit_that_was_switched_off_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dbopt.shadow.limits._GRACE_S", 0.5)
    assert_refused(hostile(f"SET statement_timeout = '0';\n{LOOP}"), "did not end within 1 s", Limits(statement_s=1))


def test_a_full_disk_ends_the_restore() -> None:
    assert_refused(hostile(FILL), r"fills more than 0\.3 GB", Limits(disk_bytes=int(0.3 * 2**30)))


def test_a_planner_that_is_kept_busy_ends_the_shadow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dbopt.shadow.limits._GRACE_S", 0.5)
    busy = "CREATE FUNCTION public.busy() RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN LOOP END LOOP; END $$;"
    limits = Limits(statement_s=1)
    with (
        pytest.raises(EmbeddedServerError, match="did not end within 1 s"),
        Shadow.open(hostile(busy), limits=limits) as shadow,
        what_if(shadow) as asked,
    ):
        asked.estimate(asking("SELECT * FROM t WHERE a = busy()"))


def test_rows_in_a_dump_are_refused() -> None:
    with (
        pytest.raises(CorruptDocument, match=r"writes rows into public\.t"),
        Shadow.open(hostile("INSERT INTO public.t VALUES (1, 'x');")),
    ):
        pass


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"blocks": -1}, "-1 blocks"),
        ({"blocks": 2**32 - 1}, "4294967295 blocks"),
        ({"name": ""}, "a name in it is empty"),
        ({"name": "a\0b"}, "characters that no PostgreSQL server takes"),
        ({"schema": "\ud800"}, "characters that no PostgreSQL server takes"),
    ],
)
def test_impossible_relations_are_refused_when_it_is_read(change: dict[str, object], message: str) -> None:
    document = json.loads(gzip.decompress(to_bytes(hostile())))
    document["relations"][0] |= change
    with pytest.raises(CorruptDocument, match=message):
        from_bytes(gzip.compress(json.dumps(document).encode()))


def test_more_than_any_disk_has_is_refused_when_it_is_read() -> None:
    large = tuple(Relation("public", f"t{number}", "r", 2**32 - 2) for number in range(10))
    with pytest.raises(CorruptDocument, match="more than 256 TB"):
        from_bytes(to_bytes(hostile(relations=large)))


def test_a_decompression_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "LARGEST_TEXT_BYTES", 10**6)
    with pytest.raises(CorruptDocument, match="unpacks to more than 1 MB"):
        from_bytes(gzip.compress(bytes(10**8)))


# -- what still works -------------------------------------------------------------------------------------------------


def test_casts_between_built_in_types_are_there() -> None:
    text = "CREATE CAST (character varying AS json) WITH INOUT AS ASSIGNMENT;\n"
    with what_if(hostile(entry("CAST (character varying AS json)", "CAST", text))) as asked:
        assert asked.shadow.remarks == ()
        with asked.shadow.supervise() as session:
            assert rows(session, "SELECT castcontext FROM pg_cast WHERE oid >= 16384") == [{"castcontext": "a"}]


def test_foreign_tables_are_planned_and_lead_nowhere() -> None:
    text = (
        "CREATE EXTENSION IF NOT EXISTS postgres_fdw WITH SCHEMA public;\n\n"
        "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (\n    host 'example.com',\n"
        "    fdw_startup_cost '12345'\n);\nCREATE USER MAPPING FOR dbopt_ordinary SERVER far OPTIONS (password 'x');\n"
        "ALTER SERVER far OPTIONS (SET host 'example.com');\nCREATE SERVER near FOREIGN DATA WRAPPER postgres_fdw;\n"
        "CREATE FOREIGN TABLE public.distant (a integer) SERVER far;"
    )
    with what_if(hostile(text)) as asked:
        assert asked.estimate(asking("SELECT * FROM distant")).cost > 12345
        with asked.shadow.supervise() as session:
            assert rows(session, "SELECT srvname, srvoptions FROM pg_foreign_server") == [
                {"srvname": "far", "srvoptions": ["host=/nonexistent", "fdw_startup_cost=12345"]},
                {"srvname": "near", "srvoptions": ["host=/nonexistent"]},
            ]


def test_row_security_changes_no_plan() -> None:
    text = (
        "ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;\nALTER TABLE public.t FORCE ROW LEVEL SECURITY;\n"
        "CREATE POLICY p ON public.t USING (b = 'mine');"
    )
    with what_if(hostile(text)) as asked:
        assert "mine" not in str(asked.estimate(asking("SELECT * FROM t")).plan)
