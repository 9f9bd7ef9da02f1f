"""Migrations on a shadow: what they change in plans, and that nothing else is lost."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg import sql

from dbopt.errors import FileMissing, MigrationFailed, NothingToDo
from dbopt.plan.explain import Explained, explain, partitions
from dbopt.postgres.session import Row, Session
from dbopt.shadow.migration import Migration, joined, read
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.snapshot import Snapshot
from dbopt.shadow.take import take
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Statement
from dbopt.workload.script import split
from tests import tpch
from tests.servers import Database, Server

ORDERS_OF_CUSTOMER = "SELECT * FROM orders WHERE customer_id = 5"
OPEN_ORDERS = "SELECT * FROM orders WHERE status = 'open' ORDER BY placed_at LIMIT 10"
ITEMS_OF_CUSTOMER = "SELECT i.* FROM orders o JOIN items i ON i.order_id = o.id WHERE o.customer_id < 40"


def statement(text: str) -> Statement:
    return Statement("0" * 16, None, text, kind_of(text))


def planned(session: Session, text: str) -> Explained:
    return explain(session, statement(text), parents=partitions(session))


def plan(shadow: Shadow, text: str) -> Explained:
    with shadow.connect() as session:
        return planned(session, text)


def up(text: str) -> Migration:
    return joined([("up.sql", text)])


def rows(session: Session, query: str) -> list[Row]:
    return session.fetch(sql.SQL(query))


def run(session: Session, text: str) -> None:
    """Apply a migration to a database with data, as psql would, and let its statistics be what they will be soon."""
    for piece in split(text).pieces:
        session.script(piece.text)
    session.script("ANALYZE")


LESS_THAN_A_PAGE = 0.05  # of planner cost: ANALYZE's sample decides that much of a LIMIT
NEARLY_THE_SAME = 0.01  # of two plans that cost so alike, the foretold size of a rewritten table chooses one


def assert_as_in_truth(source: Session, text: str, queries: Sequence[str], tolerance: float = 0.05) -> None:
    """The shadow plans with the migration as a shadow of the migrated database does."""
    before = take(source)
    run(source, text)
    with Shadow.open(before, migration=up(text)) as shadow, Shadow.open(take(source)) as truth:
        assert shadow.unrestored == truth.unrestored == {}
        for query in queries:
            here, there = plan(shadow, query), plan(truth, query)
            assert here.error == there.error, query
            assert here.shape == there.shape or here.cost == pytest.approx(there.cost, rel=NEARLY_THE_SAME), query
            if there.cost is not None:
                assert here.cost == pytest.approx(there.cost, rel=tolerance, abs=LESS_THAN_A_PAGE), query


# -- indexes ----------------------------------------------------------------------------------------------------------


def test_a_dropped_index_is_gone(shop: Database) -> None:
    shop.session.script("CREATE INDEX by_customer ON orders (customer_id)")
    taken = take(shop.session)
    with Shadow.open(taken) as before:
        assert "by_customer" in (plan(before, ORDERS_OF_CUSTOMER).shape or "")
    for drop in ("DROP INDEX by_customer", "DROP INDEX CONCURRENTLY by_customer;"):
        with Shadow.open(taken, migration=up(drop)) as after:
            assert plan(after, ORDERS_OF_CUSTOMER).shape == "Seq Scan public.orders"
            assert ("public", "by_customer") not in {relation.key for relation in after.snapshot.relations}


def test_new_indexes_are_used_at_their_real_cost(shop: Database) -> None:
    text = """
        CREATE INDEX CONCURRENTLY by_customer ON orders (customer_id);
        CREATE INDEX ON items (sku) INCLUDE (price);
        CREATE INDEX still_open ON orders (placed_at) WHERE status = 'open';
        CREATE INDEX ON orders USING hash (status);
        CREATE INDEX folded ON customers (lower(email));
        ALTER TABLE customers ADD CONSTRAINT one_email UNIQUE (email);
    """
    queries = (
        ORDERS_OF_CUSTOMER,
        OPEN_ORDERS,
        ITEMS_OF_CUSTOMER,
        "SELECT count(*) FROM items WHERE sku = 'SKU-5'",
        "SELECT * FROM customers WHERE email = 'user7@example.com'",
    )
    assert_as_in_truth(shop.session, text, queries, tolerance=0.03)


def test_new_indexes_have_their_real_size(shop: Database) -> None:
    text = """
        CREATE INDEX by_customer ON orders (customer_id, placed_at);
        CREATE INDEX done ON orders (id) WHERE status <> 'open';
    """
    taken = take(shop.session)
    run(shop.session, text)
    there = {relation.key: relation.blocks for relation in take(shop.session).relations}
    with Shadow.open(taken, migration=up(text)) as shadow:
        here = {relation.key: relation.blocks for relation in shadow.snapshot.relations}
        with shadow.administer() as session:
            size = rows(
                session,
                "SELECT pg_relation_size('by_customer') / 8192 AS blocks, reltuples AS n FROM pg_class"
                " WHERE relname = 'by_customer'",
            )[0]
    assert here == pytest.approx(there, rel=0.02)
    assert size == {"blocks": here["public", "by_customer"], "n": 50000}


# -- types ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        pytest.param(
            "ALTER TABLE items ALTER line TYPE bigint, ALTER quantity TYPE smallint",
            (
                ITEMS_OF_CUSTOMER,
                "SELECT * FROM items WHERE line = 1 AND quantity = 2",
                "SELECT quantity, count(*) FROM items GROUP BY 1",
            ),
            id="integers",
        ),
        pytest.param(
            "ALTER TABLE orders ALTER status TYPE varchar(20); ALTER TABLE orders ALTER status TYPE text",
            (OPEN_ORDERS, "SELECT status, count(*) FROM orders GROUP BY 1", ITEMS_OF_CUSTOMER),
            id="texts",
        ),
        pytest.param(
            "ALTER TABLE orders ALTER placed_at TYPE date, ALTER total TYPE double precision",
            (
                "SELECT * FROM orders WHERE placed_at < '2024-01-05'",
                "SELECT * FROM orders WHERE total > 990",
                ITEMS_OF_CUSTOMER,
            ),
            id="dates",
        ),
        pytest.param(
            "ALTER TABLE orders ALTER customer_id TYPE text USING customer_id::text",
            (
                "SELECT * FROM orders WHERE customer_id = '5'",
                "SELECT * FROM orders WHERE customer_id < '5'",
                OPEN_ORDERS,
            ),
            id="another order",
        ),
        pytest.param(
            "ALTER TABLE items ALTER price TYPE bigint USING (price * 100)::bigint",
            (
                "SELECT * FROM items WHERE price > 9000",
                "SELECT * FROM items WHERE price = 599",
                "SELECT price, count(*) FROM items GROUP BY 1",
            ),
            id="converted by an expression",
        ),
        pytest.param(
            "CREATE TYPE state AS ENUM ('open', 'shipped', 'done');"
            "ALTER TABLE orders ALTER status TYPE state USING status::state;"
            "ALTER TYPE state ADD VALUE 'lost'",
            ("SELECT * FROM orders WHERE status = 'open'", "SELECT * FROM orders WHERE status >= 'shipped'"),
            id="enum",
        ),
    ],
)
def test_a_changed_type_keeps_what_is_known_of_the_column(shop: Database, text: str, queries: Sequence[str]) -> None:
    shop.session.script("ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey")
    shop.session.script("CREATE INDEX by_customer ON orders (customer_id); ANALYZE")
    assert_as_in_truth(shop.session, text, queries, tolerance=0.11 if shop.server.major > 15 else 0.05)


def test_a_changed_type_disables_an_index(shop: Database) -> None:
    shop.session.script("CREATE TABLE tickets AS SELECT n, n::text AS code FROM generate_series(1, 50000) AS n")
    shop.session.script("CREATE INDEX by_number ON tickets (n); ANALYZE tickets")
    asked = "SELECT * FROM tickets WHERE n = 5"
    taken = take(shop.session)
    text = "ALTER TABLE tickets ALTER n TYPE numeric"
    with Shadow.open(taken, migration=up(text)) as shadow:
        assert plan(shadow, asked).shape == "Index Scan using by_number on public.tickets"
        assert plan(shadow, "SELECT * FROM tickets WHERE n = 5::float8").shape == "Seq Scan public.tickets"
    with Shadow.open(taken, migration=up("ALTER TABLE tickets ALTER n TYPE text")) as shadow:
        assert "operator does not exist" in (plan(shadow, asked).error or "")


def test_values_that_do_not_read_in_the_new_type_leave_shares_and_a_remark(shop: Database) -> None:
    text = "ALTER TABLE orders ALTER status TYPE integer USING length(status || id)"
    taken = take(shop.session)
    with Shadow.open(taken, migration=up(text)) as shadow:
        assert any("public.orders.status" in remark for remark in shadow.remarks)
        with shadow.connect() as session:
            found = rows(
                session,
                "SELECT n_distinct, null_frac, avg_width, most_common_vals::text AS values FROM pg_stats"
                " WHERE tablename = 'orders' AND attname = 'status'",
            )
    assert found == [{"n_distinct": 3, "null_frac": 0, "avg_width": 4, "values": None}]


def test_each_table_has_its_own_way_to_the_new_type(pg18: Server, new_database: Callable[..., Database]) -> None:
    """Two columns of one name; the other table's USING would not even read."""
    source = new_database(
        pg18,
        "CREATE TABLE a (state text); CREATE TABLE b (state text);"
        "INSERT INTO a SELECT (n % 4)::text FROM generate_series(1, 1000) AS n;"
        "INSERT INTO b SELECT 'no. ' || n % 4 FROM generate_series(1, 1000) AS n; ANALYZE;",
    )
    text = (
        "ALTER TABLE a ALTER state TYPE integer USING state::integer;"
        "ALTER TABLE public.b RENAME TO c;"
        "ALTER TABLE ONLY public.c ALTER COLUMN state SET DATA TYPE integer USING substr(state, 5)::integer;"
    )
    with Shadow.open(take(source.session), migration=up(text)) as shadow, shadow.connect() as session:
        found = rows(session, "SELECT tablename, most_common_vals::text AS vals FROM pg_stats WHERE attname = 'state'")
    assert {row["tablename"]: sorted(row["vals"]) for row in found} == dict.fromkeys("ac", sorted("{0,1,2,3}"))


STATISTICS = """
    CREATE TABLE facts AS
        SELECT n AS id, n % 50 AS a, n % 50 / 2 AS b, 'v' || n % 10 AS c FROM generate_series(1, 20000) AS n;
    CREATE INDEX facts_sum ON facts ((a + b));
    CREATE STATISTICS together (ndistinct, dependencies, mcv) ON a, b, c FROM facts;
    CREATE STATISTICS halves ON (a / 10) FROM facts;
    ANALYZE facts;
"""


def test_statistics_of_expressions_and_of_several_columns_stay(shop: Database) -> None:
    shop.session.script(STATISTICS)
    queries = (
        "SELECT * FROM facts WHERE a = 7 AND b = 3 AND c = 'v7'",
        "SELECT a, b, c FROM facts GROUP BY 1, 2, 3",
        "SELECT * FROM facts WHERE a / 10 = 2",
        "SELECT * FROM facts WHERE a + b = 10",
    )
    text = "ALTER TABLE facts ALTER a TYPE smallint, ALTER c TYPE varchar(9); ALTER TABLE facts RENAME b TO half;"
    assert_as_in_truth(shop.session, text, [re.sub(r"\bb\b", "half", query) for query in queries], tolerance=0.11)


# -- names and columns ------------------------------------------------------------------------------------------------


def test_renamed_relations_and_columns_keep_all(shop: Database) -> None:
    text = """
        CREATE SCHEMA sales;
        ALTER TABLE orders RENAME TO purchases;
        ALTER TABLE purchases RENAME customer_id TO buyer;
        ALTER TABLE purchases SET SCHEMA sales;
        ALTER INDEX items_pkey RENAME TO items_key;
    """
    taken = take(shop.session)
    with Shadow.open(taken) as before, Shadow.open(taken, migration=up(text)) as after:
        was = plan(before, ITEMS_OF_CUSTOMER)
        now = plan(after, "SELECT i.* FROM sales.purchases o JOIN items i ON i.order_id = o.id WHERE o.buyer < 40")
        assert now.cost == was.cost
        assert now.shape == (was.shape or "").replace("public.orders", "sales.purchases").replace(
            "items_pkey", "items_key"
        )
        assert after.blocks["sales", "purchases"] == before.blocks["public", "orders"]
        assert ("public", "orders") not in after.blocks


def test_added_columns_leave_the_rest(shop: Database) -> None:
    text = """
        ALTER TABLE orders ADD COLUMN note text NOT NULL DEFAULT 'none', ADD COLUMN paid boolean;
        ALTER TABLE orders ALTER COLUMN paid SET DEFAULT false;
        UPDATE orders SET paid = shipped_at IS NOT NULL;
    """
    taken = take(shop.session)
    with Shadow.open(taken) as before, Shadow.open(taken, migration=up(text)) as after:
        assert plan(after, ITEMS_OF_CUSTOMER).cost == plan(before, ITEMS_OF_CUSTOMER).cost
        assert any("writes rows" in remark and "up.sql:4" in remark for remark in after.remarks)


def test_dropped_columns_and_tables_are_gone(shop: Database) -> None:
    taken = take(shop.session)
    with Shadow.open(taken, migration=up("DROP TABLE items; ALTER TABLE orders DROP status")) as shadow:
        assert "does not exist" in (plan(shadow, "SELECT * FROM items").error or "")
        assert ("public", "items") not in shadow.blocks
        assert plan(shadow, ORDERS_OF_CUSTOMER).error is None


# -- partitions -------------------------------------------------------------------------------------------------------

PARTED = """
    CREATE TABLE readings (at date NOT NULL, device integer, value integer) PARTITION BY RANGE (at);
    CREATE TABLE readings_1 PARTITION OF readings FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
    CREATE TABLE readings_2 PARTITION OF readings FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
    CREATE TABLE waiting (at date NOT NULL, device integer, value integer);
    INSERT INTO readings SELECT date '2024-01-01' + n % 60, n % 100, n FROM generate_series(1, 60000) AS n;
    INSERT INTO waiting SELECT date '2024-03-01' + n % 31, n % 100, n FROM generate_series(1, 30000) AS n;
    CREATE INDEX by_device ON readings (device);
    ANALYZE;
"""
OF_DEVICE = "SELECT * FROM readings WHERE device = 7"


def test_attached_partitions_are_read_and_indexed(shop: Database) -> None:
    shop.session.script(PARTED)
    text = """
        ALTER TABLE readings ATTACH PARTITION waiting FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
        CREATE INDEX by_value ON readings (value);
    """
    queries = (
        OF_DEVICE,
        "SELECT * FROM readings WHERE value = 5",
        "SELECT count(*) FROM readings WHERE at > '2024-03-20'",
    )
    assert_as_in_truth(shop.session, text, queries)


def test_detached_partitions_are_not_read(shop: Database) -> None:
    shop.session.script(PARTED)
    text = "ALTER TABLE readings DETACH PARTITION readings_1 CONCURRENTLY;"
    queries = (OF_DEVICE, "SELECT * FROM readings_1 WHERE device = 7", "SELECT * FROM readings WHERE at < '2024-01-10'")
    assert_as_in_truth(shop.session, text, queries)


def test_a_new_partition_is_empty(shop: Database) -> None:
    shop.session.script(PARTED)
    taken = take(shop.session)
    text = "CREATE TABLE readings_3 PARTITION OF readings FOR VALUES FROM ('2024-04-01') TO ('2024-05-01')"
    with Shadow.open(taken, migration=up(text)) as shadow:
        assert shadow.unrestored == {}
        assert shadow.blocks["public", "readings_3"] == 0
        assert ("public", "readings") in next(r for r in shadow.snapshot.relations if r.name == "readings_3").parents
        assert "readings_3" in str(plan(shadow, "SELECT * FROM readings WHERE at = '2024-04-05'").plan)


# -- what must do no harm ---------------------------------------------------------------------------------------------


def test_what_looks_at_empty_tables_destroys_nothing(shop: Database) -> None:
    shop.session.script(
        "CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(total) FROM orders GROUP BY 1; ANALYZE totals"
    )
    text = """
        SET lock_timeout = '2s'; SET statement_timeout = 0;
        BEGIN;
        INSERT INTO customers (email, name, country, created_at)
            SELECT n, n, 'XX', now() FROM generate_series(1, 500) AS n;
        DO $$ BEGIN UPDATE orders SET total = 0; DELETE FROM items WHERE line = 2; END $$;
        COMMIT;
        ANALYZE;
        VACUUM FULL orders;
        VACUUM (ANALYZE) items;
        REINDEX TABLE orders;
        CLUSTER items USING items_pkey;
        REFRESH MATERIALIZED VIEW totals;
        COMMENT ON TABLE orders IS 'x';
        GRANT SELECT ON orders TO reporting, "Other; Role";
        ALTER TABLE orders OWNER TO reporting;
        ALTER TABLE orders SET TABLESPACE fast;
    """
    known = (
        "SELECT tablename, attname, inherited, null_frac, n_distinct, avg_width, most_common_vals::text,"
        " histogram_bounds::text, correlation FROM pg_stats WHERE schemaname = 'public' ORDER BY 1, 2, 3"
    )
    sizes = (
        "SELECT relname, reltuples, relpages, relallvisible, pg_relation_size(oid) FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm') ORDER BY 1"
    )
    taken = take(shop.session)
    with Shadow.open(taken) as before, Shadow.open(taken, migration=up(text)) as after:
        with before.administer() as one, after.administer() as other:
            assert rows(other, known) == rows(one, known)
            assert rows(other, sizes) == rows(one, sizes)
        assert after.unrestored == {}
        for query in (ORDERS_OF_CUSTOMER, ITEMS_OF_CUSTOMER, "SELECT * FROM totals WHERE customer_id = 5"):
            assert plan(after, query).shape == plan(before, query).shape
            assert plan(after, query).cost == pytest.approx(plan(before, query).cost, rel=0.01)


def test_a_terabyte_is_rewritten_at_once(shop: Database) -> None:
    taken = take(shop.session)
    large = [replace(found, blocks=2**27) if found.name == "orders" else found for found in taken.relations]
    text = "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid(); CREATE INDEX ON orders (customer_id)"
    with Shadow.open(replace(taken, relations=tuple(large)), migration=up(text)) as shadow:
        assert shadow.blocks["public", "orders"] > 1.1 * 2**27
        used = sum(path.stat().st_blocks * 512 for path in shadow.server.data.rglob("*") if path.is_file())
        assert used < 200 * 2**20
        assert "orders_customer_id_idx" in (plan(shadow, ORDERS_OF_CUSTOMER).shape or "")


# -- what cannot be known ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("CREATE TABLE recent AS SELECT * FROM orders WHERE placed_at > '2024-02-01'", "recent"),
        ("CREATE UNLOGGED TABLE IF NOT EXISTS public.recent (a, b) AS SELECT id, total FROM orders", "recent"),
        ("TRUNCATE items", "items"),
        ('TRUNCATE TABLE ONLY "we""ird; Täble", public.items RESTART IDENTITY', "items"),
        ("CREATE MATERIALIZED VIEW daily AS SELECT placed_at::date, count(*) FROM orders GROUP BY 1", "daily"),
        (
            "CREATE TABLE new_items (LIKE items INCLUDING ALL); INSERT INTO new_items SELECT * FROM items;"
            "DROP TABLE items; ALTER TABLE new_items RENAME TO items",
            "items",
        ),
        ("CREATE TABLE copied (LIKE items); INSERT INTO public.copied SELECT * FROM items", "copied"),
        (
            "CREATE TABLE copied (LIKE items); WITH x AS (SELECT * FROM items) INSERT INTO copied SELECT * FROM x;"
            "ALTER TABLE public.copied RENAME TO other",
            "other",
        ),
        (
            "CREATE TABLE split (LIKE items) PARTITION BY LIST (line);"
            "CREATE TABLE first PARTITION OF split FOR VALUES IN (1); INSERT INTO split SELECT * FROM items",
            "first",
        ),
        (
            "ALTER TABLE items RENAME TO old_items; CREATE TABLE items (LIKE old_items) PARTITION BY LIST (line);"
            "CREATE TABLE first PARTITION OF items FOR VALUES IN (1)",
            "first",
        ),
    ],
)
def test_tables_of_unknown_rows_are_refused(shop: Database, text: str, table: str) -> None:
    taken = take(shop.session)
    with Shadow.open(taken, migration=up(text)) as shadow:
        assert "not known here" in (shadow.why_refused("public", table) or "")
        assert shadow.why_refused("public", "orders") is None


def test_a_new_table_with_the_rows_of_the_text_is_known(shop: Database) -> None:
    text = "CREATE TABLE kinds (id integer PRIMARY KEY, name text); INSERT INTO kinds VALUES (1, 'a'), (2, 'b')"
    with Shadow.open(take(shop.session), migration=up(text)) as shadow:
        assert shadow.why_refused("public", "kinds") is None


def test_a_new_table_is_planned_as_on_the_server(shop: Database) -> None:
    text = "CREATE TABLE notes (id bigint PRIMARY KEY, body text); CREATE INDEX ON notes (body)"
    taken = take(shop.session)
    with Shadow.open(taken, migration=up(text)) as shadow:
        shop.session.script(text)
        with Shadow.open(take(shop.session)) as truth:
            for query in ("SELECT * FROM notes WHERE id = 4", "SELECT * FROM notes WHERE body = 'x'"):
                assert plan(shadow, query).shape == plan(truth, query).shape
        assert shadow.unrestored == {}


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def taken(pg18: Server) -> Snapshot:
    name = pg18.create_database(
        "CREATE TABLE t (a integer, b text); INSERT INTO t SELECT n, n FROM generate_series(1, 99) AS n"
    )
    with pg18.connect(name) as session:
        return take(session)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            ["CREATE TABLE u (a int);\nALTER TABLE nope ADD x int;\nSELECT 1;"],
            r'1\.sql:2: relation "nope" does not exist',
        ),
        (
            ["SELECT 1", "SELECT 1;\n\nALTER TABLE t\n  ADD x int,\n  ADD x int;"],
            r'2\.sql:3: column "x" .* already exists',
        ),
        (["\n-- why\nCREATE TABLE u (\n  a int,\n  b nope\n)\n\n;"], r'1\.sql:5: type "nope" does not exist'),
        (["SELEC 1"], r"1\.sql:1: syntax error"),
        (["ALTER TABLE t\nADD c text DEFAULT 'x"], r"1\.sql:2: unterminated quoted string"),
        (
            ["BEGIN;\nINSERT INTO t VALUES (1);\nDO $$\nBEGIN\n RAISE EXCEPTION 'not now';\nEND $$;"],
            r"1\.sql:3: not now",
        ),
        (["CREATE TABLE u (a int);\n\\i other.sql\n"], r"1\.sql:2: commands to psql .*: \\i other\.sql"),
        (["\\set name t\nALTER TABLE :name ADD c int;"], r"1\.sql:1: commands to psql"),
        (["ALTER TABLE t ADD c int \\gexec"], r"1\.sql:1: commands to psql"),
        (
            ["CREATE INDEX CONCURRENTLY ON t (a)", "BEGIN; CREATE INDEX CONCURRENTLY ON t (b)"],
            r"2\.sql:1: .* transaction block",
        ),
    ],
)
def test_errors_name_file_and_line(taken: Snapshot, texts: Sequence[str], message: str) -> None:
    migration = joined([(f"{number}.sql", text) for number, text in enumerate(texts, 1)])
    with pytest.raises(MigrationFailed, match=message) as raised, Shadow.open(taken, migration=migration):
        pass
    assert raised.value.hint
    assert raised.value.exit_code == 3


def test_a_migration_has_a_time_limit(taken: Snapshot) -> None:
    migration = Migration("slow.sql", "SET statement_timeout = 0; SELECT pg_sleep(600)", timeout_s=0.5)
    with (
        pytest.raises(MigrationFailed, match=r"slow\.sql took longer than 0\.5 s"),
        Shadow.open(taken, migration=migration),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("\\set ON_ERROR_STOP on\n\\timing\nALTER TABLE t ADD c int; \\echo done\n", True),
        ("-- +goose Up\nALTER TABLE t ADD c int;\n-- +goose Down\nALTER TABLE t DROP c;\n", True),
        ("-- migrate:up\nALTER TABLE t ADD c int;\n\n-- migrate:down\nALTER TABLE t DROP c;\n", True),
        ("CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;\nALTER TABLE t ADD c int;", True),
        ("SET ROLE deployer; ALTER TABLE t ADD c int; RESET ROLE;", True),
        ("BEGIN; ALTER TABLE t ADD c int; COMMIT;", True),
        ("BEGIN; ALTER TABLE t ADD c int; ROLLBACK;", False),
        ("BEGIN; ALTER TABLE t ADD c int;", True),
        ("COPY t (a, b) FROM stdin;\n1\tx\\\\y;\n\\.\nALTER TABLE t ADD c int;", True),
        ("DO $$ BEGIN EXECUTE 'ALTER TABLE t ADD c int'; GRANT SELECT ON t TO someone; END $$;", True),
        ("CREATE ROLE app; GRANT SELECT ON t TO app; ALTER TABLE t ADD c int", True),
        ("CREATE POLICY p ON t TO app USING (true); ALTER TABLE t ADD c int", True),
    ],
)
def test_files_of_many_kinds_run(taken: Snapshot, text: str, column: bool) -> None:
    with Shadow.open(taken, migration=up(text)) as shadow, shadow.connect() as session:
        assert (
            bool(rows(session, "SELECT 1 FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'c'")) is column
        )


@pytest.mark.parametrize("name", ["pg_stat_statements", "pageinspect", "postgres_fdw"])
def test_an_extension_that_needs_a_superuser_is_there(taken: Snapshot, name: str) -> None:
    text = f"CREATE EXTENSION {name};\nALTER TABLE t ADD c int;"
    with Shadow.open(taken, migration=up(text)) as shadow, shadow.connect() as session:
        assert rows(session, f"SELECT 1 FROM pg_extension WHERE extname = '{name}'")
        assert shadow.remarks == ()


def test_what_is_not_run_and_an_open_transaction_are_remarked(taken: Snapshot) -> None:
    text = "CREATE EXTENSION pgcrypto;\nALTER DATABASE shop SET work_mem = '1GB';\nBEGIN;\nALTER TABLE t ADD c int;"
    with Shadow.open(taken, migration=up(text)) as shadow:
        assert "up.sql leaves a transaction open; it counts as committed" in shadow.remarks
        assert "not run, extension pgcrypto is not available in the shadow: up.sql:1" in shadow.remarks
        assert any(remark.startswith("not run, ") and remark.endswith(": up.sql:2") for remark in shadow.remarks)


@pytest.mark.parametrize(
    "text",
    [
        "COMMENT ON EXTENSION plpgsql IS 'x'",
        "COMMENT ON ROLE app IS 'x'",
        "ALTER EXTENSION plpgsql UPDATE",
        "DROP EXTENSION pg_buffercache",
        "DROP EXTENSION IF EXISTS pgcrypto CASCADE",
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
        "DROP EVENT TRIGGER e",
        "CREATE PUBLICATION p FOR ALL TABLES",
        "ALTER PUBLICATION p ADD TABLE t",
        "CREATE SUBSCRIPTION s CONNECTION 'host=h' PUBLICATION p",
        "CREATE USER MAPPING FOR app SERVER far",
        "ALTER ROLE app SET work_mem = '1GB'",
        "ALTER ROLE app IN DATABASE shop RESET work_mem",
        "ALTER USER app SUPERUSER PASSWORD 'x'",
        "DROP ROLE IF EXISTS app",
        "GRANT pg_read_all_data, pg_monitor TO app",
        "SET LOCAL ROLE app",
    ],
)
def test_what_only_a_superuser_may_do_and_no_plan_depends_on_is_left_out(taken: Snapshot, text: str) -> None:
    with Shadow.open(taken, migration=up(f"SELECT 1;\n{text};\nALTER TABLE t ADD c int")) as shadow:
        (remark,) = shadow.remarks
        assert remark.startswith("not run, ")
        assert remark.endswith(": up.sql:2")
        assert plan(shadow, "SELECT c FROM t").error is None


def test_a_superusers_extension_can_be_dropped(pg18: Server, new_database: Callable[..., Database]) -> None:
    source = new_database(pg18, "CREATE EXTENSION citext; CREATE EXTENSION pageinspect; CREATE TABLE t (a citext)")
    snapshot = take(source.session)
    with Shadow.open(snapshot, migration=up("DROP EXTENSION IF EXISTS PageInspect")) as shadow:
        assert shadow.remarks == ()
        with shadow.connect() as session:
            names = "SELECT extname::text FROM pg_extension WHERE extname IN ('citext', 'pageinspect')"
            assert rows(session, names) == [{"extname": "citext"}]
    with Shadow.open(snapshot, migration=up("DROP EXTENSION citext CASCADE")) as shadow:
        assert "does not exist" in (plan(shadow, "SELECT a FROM t").error or "")


@pytest.mark.parametrize(
    "text",
    [
        "CREATE ROLE abc LOGIN SUPERUSER; ALTER TABLE t OWNER TO abc; ALTER TABLE t ADD c int",
        'CREATE USER "A b" IN ROLE pg_monitor; ALTER TABLE t OWNER TO "A b"; ALTER TABLE t ADD c int; DROP USER "A b"',
        "CREATE ROLE abc; CREATE SCHEMA s; ALTER TABLE t SET SCHEMA s; ALTER TABLE s.t OWNER TO abc;"
        "SET search_path = s; ALTER TABLE t ADD c int; ALTER TABLE t SET SCHEMA public",
        "CREATE ROLE abc; CREATE SCHEMA s AUTHORIZATION abc; ALTER TABLE t ADD c int; REASSIGN OWNED BY abc TO def",
    ],
)
def test_roles_of_a_migration_may_own(taken: Snapshot, text: str) -> None:
    with Shadow.open(taken, migration=up(text)) as shadow:
        assert plan(shadow, "SELECT c FROM t WHERE a = 5").shape == "Seq Scan public.t"
        with shadow.supervise() as session:
            strong = "SELECT 1 FROM pg_roles WHERE rolname IN ('abc', 'A b') AND (rolsuper OR rolcanlogin)"
            assert rows(session, strong) == []


def test_collations_of_icu_become_others_that_do_not_compare_bytes(taken: Snapshot) -> None:
    text = """
        CREATE COLLATION IF NOT EXISTS german (
            provider = icu, locale = 'de-DE',
            deterministic = false
        );
        CREATE COLLATION public.french (LOCALE = 'fr', Provider = 'icu'); CREATE COLLATION copied FROM "sv-x-icu";
        CREATE TABLE u (a text COLLATE german, b text COLLATE french, c text COLLATE copied,
            d text COLLATE pg_catalog."und-x-icu");
        CREATE INDEX ON u (a); CREATE INDEX ON u (d);
    """
    with Shadow.open(taken, migration=up(text)) as shadow:
        assert shadow.remarks == ()
        with shadow.connect() as session:
            found = rows(session, "SELECT DISTINCT collprovider::text AS p FROM pg_collation WHERE oid >= 16384")
            assert found == [{"p": "c"}]
            session.script("SET enable_seqscan = off")
            assert "Index Cond" not in str(planned(session, "SELECT * FROM u WHERE a LIKE 'x%'").plan)
    with pytest.raises(MigrationFailed, match=r"up\.sql:11: .*nope"), Shadow.open(taken, migration=up(f"{text}\nnope")):
        pass


# -- reading it -------------------------------------------------------------------------------------------------------


def test_files_run_in_the_order_given_and_directories_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name in ("V10__c.sql", "V2__b.sql", "V2__b.down.sql", "U2__b.sql", "readme.md"):
        (folder / name).write_text(f"SELECT '{name}'")
    (tmp_path / "first.sql").write_text("\ufeffSELECT 1;\nSELECT 2\n", "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 9"))
    migration = read([tmp_path / "first.sql", folder, Path("-")])
    found = [(piece.text, Path(migration.place(piece.line)).name) for piece in split(migration.text).pieces]
    assert [place for text, place in found if text] == [
        "first.sql:1",
        "first.sql:2",
        "V2__b.sql:1",
        "V10__c.sql:1",
        "standard input:1",
    ]


def test_there_must_be_something_to_run(tmp_path: Path) -> None:
    (tmp_path / "empty.sql").write_text("-- nothing\n;\n")
    with pytest.raises(NothingToDo, match="no statement"):
        read([tmp_path / "empty.sql"])
    with pytest.raises(FileMissing, match="there is no file"):
        read([tmp_path / "missing.sql"])
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileMissing, match=r"no \.sql file"):
        read([tmp_path / "folder"])


# -- a larger schema --------------------------------------------------------------------------------------------------


def test_tpch_plans_as_after_the_real_migration(
    pg18: Server, tpch18: str, new_database: Callable[..., Database]
) -> None:
    text = """
        ALTER TABLE lineitem ALTER l_linenumber TYPE smallint, ALTER l_shipmode TYPE text;
        ALTER TABLE lineitem ALTER l_quantity TYPE integer;
        ALTER TABLE orders ALTER o_orderpriority TYPE varchar(20);
        CREATE INDEX ON lineitem (l_shipdate);
        CREATE INDEX ON orders (o_orderdate) INCLUDE (o_custkey);
        ALTER TABLE part ALTER p_size TYPE smallint, ALTER p_type TYPE text;
    """
    name = tpch18.rpartition("dbname=")[2]
    copy = pg18._new(name)
    try:
        with pg18.connect(copy) as source:
            source.script("SET default_statistics_target = 2500; ANALYZE")  # reads every row: two ANALYZE see the same
            assert_as_in_truth(source, text, [one.sql for one in tpch.workload().statements], tolerance=0.05)
    finally:
        pg18.drop_database(copy)
