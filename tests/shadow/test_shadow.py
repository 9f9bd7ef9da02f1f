"""Shadows: what is restored plans as in the source, and what is not is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg import sql

from dbopt.errors import QueryFailed
from dbopt.index.model import Index, Key
from dbopt.postgres.session import Session
from dbopt.shadow.self_check import self_check
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.snapshot import Setting, save
from dbopt.shadow.take import take
from dbopt.shadow.what_if import ShadowWhatIf, what_if
from dbopt.workload.files import single
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Source, Statement, Workload
from tests.servers import Database, Server

BEYOND = (Path(__file__).parent / "beyond.sql").read_text("utf-8")

# Over every kind of relation and index of zoo.sql.
QUERIES = (
    'SELECT "Näme", feeling, count(*) FROM "Dépôt; x"."we""ird; Täble" GROUP BY 1, 2',
    'SELECT * FROM "Dépôt; x"."we""ird; Täble" WHERE cost * 2 = 20',
    """SELECT * FROM "Dépôt; x"."we""ird; Täble" WHERE "Näme" = 'name 7' AND feeling = 'ok' AND cost = 7""",
    """SELECT * FROM "Dépôt; x"."we""ird; Täble" WHERE feeling IS NULL AND cost = 3""",
    'SELECT * FROM "Dépôt; x"."we""ird; Täble" WHERE cost * 2 = 20 AND "i;d" % 10 = 0',
    'SELECT "i;d" % 10, count(*) FROM "Dépôt; x"."we""ird; Täble" GROUP BY 1',
    'SELECT * FROM "Dépôt; x"."we""ird; Täble" WHERE "i;d" = 5',
    "SELECT count(*) FROM measured WHERE at BETWEEN '2023-05-01' AND '2023-05-03'",
    "SELECT count(*) FROM measured WHERE at > '2024-11-01' AND device = 3",
    "SELECT * FROM measured ORDER BY at DESC LIMIT 10",
    "SELECT owner, created FROM documents WHERE owner = 12",
    "SELECT * FROM documents WHERE created > '2023-12-01' AND owner IS NULL",
    "SELECT * FROM documents WHERE folded(body) = 'x'",
    "SELECT * FROM documents WHERE place <@ box '(0,0),(3,3)'",
    "SELECT * FROM documents WHERE id BETWEEN 4000 AND 12000",
    "SELECT * FROM documents WHERE address = '10.0.4.4'",
    "SELECT count(*) FROM documents WHERE id < 19000",
    "SELECT * FROM owned WHERE size > 20 ORDER BY id LIMIT 5",
    "SELECT * FROM by_owner b JOIN documents d USING (owner) WHERE b.n = 34",
    "SELECT * FROM parent WHERE a = 55",
    "SELECT * FROM never_analysed WHERE a = 5",
    "SELECT * FROM empty WHERE a = 1",
    "SELECT * FROM unlogged WHERE a < 100",
    "UPDATE documents SET owner = 3 WHERE id = 7",
    "DELETE FROM measured_2023 WHERE at < '2023-02-01'",
    "INSERT INTO documents (id) VALUES (1) ON CONFLICT (id) DO NOTHING",
)


def workload(*texts: str) -> Workload:
    statements = tuple(Statement(f"{n:016x}", text, text, kind_of(text)) for n, text in enumerate(texts))
    return Workload(Source("sql", None, None, None), statements)


def test_every_kind_of_relation_plans_as_in_the_source(zoo: Session, asked: ShadowWhatIf) -> None:
    check = self_check(zoo, asked, workload(*QUERIES))
    assert [match for match in check.matches if match.error] == []
    assert [match.name for match in check.matches if not match.same_shape] == []
    assert [match for match in check.matches if (match.cost_error or 0) > 0.001] == []
    assert asked.shadow.unrestored == {}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM documents WHERE tags @> ARRAY[3, 4]",
        """SELECT * FROM documents WHERE content @> '{"kind": 3}'""",
        "SELECT * FROM documents WHERE body LIKE '%abcd%'",
        "SELECT * FROM documents WHERE body LIKE 'Body 1%'",
    ],
)
def test_gin_indexes_cost_nearly_the_same(zoo: Session, asked: ShadowWhatIf, text: str) -> None:
    """Their metapage, which tells entries from postings, cannot be read from outside."""
    check = self_check(zoo, asked, workload(text))
    assert check.same_shapes == 1
    assert check.worst_cost_error < 0.1


def test_every_file_has_the_size_of_its_source(zoo: Session, asked: ShadowWhatIf) -> None:
    sizes = sql.SQL(
        "SELECT c.oid::regclass::text AS name, pg_relation_size(c.oid) AS size FROM pg_class AS c"
        " WHERE relkind IN ('r', 'm', 'i') AND relname NOT LIKE 'dbopt_what_if%'"
        " AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'Dépôt; x')) ORDER BY 1"
    )
    with asked.shadow.administer() as session:
        assert session.fetch(sizes) == zoo.fetch(sizes)


@pytest.mark.parametrize(
    "condition", ["during @> 500", "during && int4range(100, 130)", "during << int4range(40, 50)", "during = 'empty'"]
)
def test_ranges_are_estimated_as_on_the_source(zoo: Session, asked: ShadowWhatIf, condition: str) -> None:
    """Servers before 17 do not show the statistics of ranges; their catalog has them."""
    query = f"SELECT * FROM documents WHERE {condition}"
    there = zoo.fetch_workload(query, prefix="EXPLAIN (FORMAT JSON) ")[0]["QUERY PLAN"][0]["Plan"]
    here = asked.estimate(single(query).statements[0]).plan.root
    assert here.plan_rows == there["Plan Rows"]


def test_it_holds_no_rows(asked: ShadowWhatIf) -> None:
    with asked.shadow.connect() as session:
        assert session.fetch(sql.SQL("SELECT count(*) AS n FROM documents")) == [{"n": 0}]
        assert session.fetch(sql.SQL("SELECT max(id) AS n FROM documents")) == [{"n": None}]


def test_the_sources_settings_decide(shop: Database) -> None:
    shop.session.script("SET random_page_cost = 1.25; SET work_mem = '77MB'; SET enable_seqscan = off")
    shop.session.script("SET search_path = pg_temp, public")
    with Shadow.open(take(shop.session)) as shadow, shadow.connect() as session:
        for name, value in {"random_page_cost": "1.25", "work_mem": "77MB", "enable_seqscan": "off"}.items():
            rows = session.fetch(sql.SQL("SELECT current_setting(%(name)s) AS value"), {"name": name})
            assert rows == [{"value": value}]


def test_settings_that_the_planner_does_not_know_are_remarked_once(shop: Database) -> None:
    taken = take(shop.session)
    with Shadow.open(taken) as shadow:
        assert not any("settings" in remark or "search_path" in remark for remark in shadow.remarks)
    strange = (Setting("enable_magic", "off"), Setting("default_text_search_config", "public.gone"))
    settings = (*strange, Setting("force_parallel_mode", "off"), *taken.settings)
    path = (*taken.search_path, "Gone")
    with Shadow.open(replace(taken, settings=settings, search_path=path)) as shadow, shadow.connect() as session:
        assert "settings of the source that this planner does not know: " in shadow.remarks[0]
        assert shadow.remarks[0].endswith(": default_text_search_config, enable_magic")
        assert shadow.remarks[1] == 'schemas of the search_path that the shadow does not have: "Gone"'
        assert session.fetch(sql.SQL("SHOW work_mem")) == [{"work_mem": "4MB"}]


def test_two_live_at_once(shop: Database) -> None:
    taken = take(shop.session)
    question = workload("SELECT * FROM orders WHERE customer_id = 5").statements[0]
    wanted = Index("public", "orders", (Key("customer_id"),))
    with what_if(taken) as one, what_if(taken) as other:
        one.prepare([wanted])
        assert one.estimate(question, [wanted]).cost < other.estimate(question).cost


def test_a_table_of_a_terabyte_takes_no_room(shop: Database) -> None:
    taken = take(shop.session)
    blocks = 2**40 // 8192
    relations = tuple(replace(found, blocks=blocks) if found.name == "orders" else found for found in taken.relations)
    large = replace(taken, relations=relations)
    wanted = Index("public", "orders", (Key("customer_id"),))
    question = workload("SELECT * FROM orders WHERE customer_id = 5").statements[0]
    with what_if(large) as asked:
        before = asked.estimate(question)
        assert asked.prepare([wanted]) == {}
        assert before.cost > blocks
        assert asked.estimate(question, [wanted]).used == {wanted}
        assert asked.size_bytes(wanted) > 2**30
        used = sum(path.stat().st_blocks * 512 for path in asked.shadow.server.data.rglob("*") if path.is_file())
        assert used < 200 * 2**20


# -- what an embedded server cannot have ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def beyond(pg15: Server) -> Iterator[ShadowWhatIf]:
    name = pg15.create_database(BEYOND)
    with pg15.connect(name) as session, what_if(session) as asked:
        yield asked
    pg15.drop_database(name)


def asking(text: str) -> Statement:
    return workload(text).statements[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT * FROM indexed_by_c WHERE b = 5", "indexed_by_c is not complete in the shadow: .*sealed"),
        ("SELECT * FROM on_indexed", "indexed_by_c is not complete"),
        ("UPDATE indexed_by_c SET b = 1", "indexed_by_c is not complete"),
        ("SELECT * FROM lost", 'relation "lost" does not exist: .*sealed'),
        ("SELECT * FROM on_lost", '"public.lost" does not exist'),
        ("SELECT * FROM parts WHERE a = 3", "partition parts_2 is missing"),
        ("SELECT * FROM tokens WHERE token = digest('x', 'md5')::text", "extension pgcrypto is not available"),
    ],
)
def test_what_was_not_restored_is_refused_with_the_reason(beyond: ShadowWhatIf, text: str, reason: str) -> None:
    for _ in range(2):
        with pytest.raises(QueryFailed, match=reason):
            beyond.estimate(asking(text))


def test_an_index_on_what_was_not_restored_is_refused(beyond: ShadowWhatIf) -> None:
    wanted = Index("public", "indexed_by_c", (Key("b"),))
    assert "not complete" in beyond.prepare([wanted])[wanted]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM tokens WHERE plain = 'plain7'",
        "INSERT INTO tokens DEFAULT VALUES",
        "SELECT * FROM sorted WHERE b = 'B5'",
        "SELECT * FROM parts_1",
        "SELECT * FROM distant",
        "SELECT * FROM guarded",
    ],
)
def test_the_rest_is_planned(beyond: ShadowWhatIf, text: str) -> None:
    assert beyond.estimate(asking(text)).cost >= 0


def test_a_collation_that_does_not_sort_by_bytes_serves_no_like(beyond: ShadowWhatIf) -> None:
    german, bytewise = (Index("public", "sorted", (Key(name),)) for name in ("a", "c"))
    beyond.prepare([german, bytewise])
    assert beyond.estimate(asking("SELECT * FROM sorted WHERE a LIKE 'a55%'"), [german]).used == frozenset()
    assert beyond.estimate(asking("SELECT * FROM sorted WHERE c LIKE 'c55%'"), [bytewise]).used == {bytewise}


def test_neither_passwords_nor_event_triggers_leave_the_source(beyond: ShadowWhatIf) -> None:
    assert "hunter2" not in beyond.shadow.snapshot.dump
    with beyond.shadow.administer() as session:
        assert session.fetch(sql.SQL("SELECT * FROM pg_event_trigger")) == []


@pytest.mark.parametrize(
    ("locale", "served"),
    [
        ("LOCALE 'C'", True),
        ("LOCALE 'C.UTF-8'", False),
        ("LOCALE_PROVIDER icu ICU_LOCALE 'de' LOCALE 'C.UTF-8'", False),
    ],
    ids=["C", "C.UTF-8", "ICU"],
)
def test_the_databases_collation_decides_about_like(pg15: Server, locale: str, served: bool) -> None:
    with pg15.connect() as session:
        session.script(f"CREATE DATABASE collated TEMPLATE template0 ENCODING UTF8 {locale}")
    try:
        with pg15.connect("collated") as session:
            session.script("CREATE TABLE t (a text)")
            session.script("INSERT INTO t SELECT 'a' || n FROM generate_series(1, 5000) AS n; ANALYZE t")
            with what_if(session) as asked:
                wanted = Index("public", "t", (Key("a"),))
                asked.prepare([wanted])
                assert bool(asked.estimate(asking("SELECT * FROM t WHERE a LIKE 'a55%'"), [wanted]).used) is served
    finally:
        pg15.drop_database("collated")


# -- the end ----------------------------------------------------------------------------------------------------------


FUNCTIONS = """
    CREATE TABLE settings (name text, value integer);
    INSERT INTO settings SELECT 'k' || n, n FROM generate_series(1, 50) AS n;
    CREATE TABLE o (shop integer, note text);
    INSERT INTO o SELECT n % 50, 'x' FROM generate_series(1, 5000) AS n;
    CREATE INDEX o_shop ON o (shop);
    CREATE FUNCTION of_plpgsql(k text) RETURNS integer LANGUAGE plpgsql IMMUTABLE
        AS $$ BEGIN RETURN (SELECT value FROM settings WHERE name = k); END $$;
    CREATE FUNCTION of_sql(k text) RETURNS integer LANGUAGE sql STABLE AS 'SELECT value FROM settings WHERE name = k';
    CREATE FUNCTION of_atom(k text) RETURNS integer LANGUAGE sql STABLE
        BEGIN ATOMIC SELECT value FROM settings WHERE name = k; END;
    CREATE FUNCTION several(k text) RETURNS SETOF o LANGUAGE sql STABLE AS 'SELECT * FROM o WHERE note = k';
    CREATE FUNCTION computes(k integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE
        AS $$ BEGIN RETURN extract(day FROM date '2024-01-01') + k; END $$;
    ANALYZE;
"""


def test_a_function_that_reads_tables_is_an_error_where_the_planner_calls_it(
    server: Server, new_database: Callable[..., Database]
) -> None:
    database = new_database(server, FUNCTIONS)
    with what_if(database.session) as asked:
        for call in ("of_plpgsql('k20')", "of_sql('k20')", "of_atom('k20')"):
            with pytest.raises(QueryFailed, match="reads tables, and those of the shadow have no rows"):
                asked.estimate(single(f"SELECT note FROM o WHERE shop = {call}").statements[0])
        for fine in (
            "SELECT note FROM o WHERE shop = computes(4)",
            "SELECT of_sql(note) FROM o WHERE shop = 4",
            "SELECT note FROM several('x') WHERE shop = 4",
        ):
            assert asked.estimate(single(fine).statements[0]).cost > 1


def test_a_column_of_empty_ranges_is_restored(server: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(
        server,
        "CREATE TABLE stays (id int, during int4range);"
        "INSERT INTO stays SELECT n, 'empty' FROM generate_series(1, 1000) AS n; ANALYZE stays",
    )
    with Shadow.open(take(database.session)) as shadow:
        assert shadow.unrestored == {}


OWNER = """
import sys, time
from pathlib import Path
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.snapshot import load
with Shadow.open(load(Path(sys.argv[1]))) as shadow:
    print(shadow.server.directory, flush=True)
    time.sleep(600)
"""


def test_a_killed_run_leaves_no_server(shop: Database, tmp_path: Path) -> None:
    save(take(shop.session), tmp_path / "shop.dbsnap")
    owner = subprocess.Popen([sys.executable, "-c", OWNER, tmp_path / "shop.dbsnap"], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    directory = Path(owner.stdout.readline().strip())
    server = int((directory / "data" / "postmaster.pid").read_text().split()[0])
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    assert until(lambda: not directory.exists() and not alive(server))


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
