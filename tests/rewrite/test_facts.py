"""What the catalog of a real server proves, and what it only seems to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dbopt.plan.execution import Limits
from dbopt.postgres.catalog import read_catalog
from dbopt.rewrite.chain import Refusal, steps
from dbopt.rewrite.facts import Facts, Table, read_facts
from dbopt.rewrite.place import on_snapshot
from dbopt.rewrite.text import parse
from dbopt.shadow.take import take
from tests.servers import Database, Server

NewDatabase = Callable[[Server, str], Database]


def facts(database: Database, script: str) -> Facts:
    database.session.script(script)
    return read_facts(database.session, read_catalog(database.session))


def table(found: Facts, name: str) -> Table:
    one = found.table(None, name)
    assert one is not None
    return one


def test_columns_with_the_types_below_domains(database: Database) -> None:
    found = facts(
        database,
        """CREATE TYPE mood AS ENUM ('good', 'bad');
           CREATE DOMAIN small AS numeric(5, 2) NOT NULL;
           CREATE TABLE t (a integer NOT NULL, b text, c mood, d small, e numeric, f char(3), g float8, h int4[],
                           i integer GENERATED ALWAYS AS (a + 1) STORED)""",
    )
    columns = {one.name: one for one in table(found, "t").columns}
    assert [one.type for one in columns.values()] == [
        "int4", "text", "enum", "numeric", "numeric", "bpchar", "float8", "_int4", "int4",
    ]  # fmt: skip
    assert {name for name, one in columns.items() if one.not_null} == {"a"}, "a domain's NOT NULL proves nothing"
    assert {name for name, one in columns.items() if one.is_exact} == {"a", "b", "c", "d", "f", "i"}
    assert columns["c"].labels == ("good", "bad")
    assert columns["d"].is_domain
    assert [name for name, one in columns.items() if one.is_given] == ["i"]
    assert found.is_enum(None, "mood")
    assert not found.is_enum(None, "small")


def test_a_type_of_an_extension_is_not_built_in(database: Database) -> None:
    found = facts(database, "CREATE TYPE pair AS (x integer, y integer); CREATE TABLE t (a pair)")
    (column,) = table(found, "t").columns
    assert (column.type, column.is_built_in, column.is_exact) == ("public.pair", False, False)


def test_keys_that_hold_at_any_moment(database: Database) -> None:
    found = facts(
        database,
        """CREATE TABLE t (a integer PRIMARY KEY, b integer UNIQUE, c integer UNIQUE DEFERRABLE, d text, e text, f text,
                           UNIQUE (d, e));
           CREATE UNIQUE INDEX ON t (e) WHERE a > 0;
           CREATE UNIQUE INDEX ON t (lower(d));
           CREATE UNIQUE INDEX ON t (f text_pattern_ops);
           CREATE UNIQUE INDEX broken ON t (f);
           UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass;
           CREATE INDEX ON t (e);
           CREATE UNIQUE INDEX including ON t (f, a) INCLUDE (b)""",
    )
    keys = table(found, "t").keys
    assert sorted(key.columns for key in keys) == [("a",), ("b",), ("d", "e"), ("f", "a")]
    assert [key.columns for key in keys if key.is_primary] == [("a",)]


def test_nulls_that_are_not_distinct(database: Database) -> None:
    if database.session.major < 15:
        return
    found = facts(database, "CREATE TABLE t (a integer UNIQUE NULLS NOT DISTINCT, b integer UNIQUE)")
    assert [(key.columns, key.nulls_are_equal) for key in table(found, "t").keys] == [(("a",), True), (("b",), False)]


def test_foreign_keys_that_hold_for_every_row(database: Database) -> None:
    found = facts(
        database,
        """CREATE TABLE p (id integer PRIMARY KEY);
           CREATE TABLE t (a integer REFERENCES p, b integer REFERENCES p DEFERRABLE, c integer, d integer);
           ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES p NOT VALID;
           CREATE TABLE off (a integer REFERENCES p);
           ALTER TABLE off DISABLE TRIGGER ALL""",
    )
    assert [key.columns for key in table(found, "t").foreign_keys] == [("a",)]
    assert table(found, "off").foreign_keys == ()


def test_foreign_keys_to_and_from_partitions(database: Database) -> None:
    found = facts(
        database,
        """CREATE TABLE p (id integer PRIMARY KEY) PARTITION BY RANGE (id);
           CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
           CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
           CREATE TABLE t (a integer REFERENCES p) PARTITION BY LIST (a);
           CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1, 2)""",
    )
    assert [key.referenced for key in table(found, "t").foreign_keys] == [("public", "p")]
    assert [key.referenced for key in table(found, "t1").foreign_keys] == [("public", "p")]
    assert [key.columns for key in table(found, "p").keys] == [("id",)]


def test_heirs_row_security_and_views(database: Database) -> None:
    found = facts(
        database,
        """CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE c () INHERITS (p);
           CREATE TABLE s (id integer); ALTER TABLE s ENABLE ROW LEVEL SECURITY;
           CREATE VIEW v AS SELECT id FROM s""",
    )
    assert (table(found, "p").has_heirs, table(found, "c").has_heirs) == (True, False)
    assert (table(found, "s").is_policed, table(found, "p").is_policed) == (True, False)
    assert "FROM s" in (table(found, "v").definition or "")


@pytest.mark.pg(">= 18")
def test_a_not_null_that_was_never_validated_proves_nothing(database: Database) -> None:
    found = facts(
        database,
        """CREATE TABLE t (a integer, b integer NOT NULL);
           ALTER TABLE t ADD CONSTRAINT later NOT NULL a NOT VALID""",
    )
    assert [column.not_null for column in table(found, "t").columns] == [False, True]


@pytest.mark.pg(">= 18")
def test_a_foreign_key_that_is_not_enforced_proves_nothing(database: Database) -> None:
    found = facts(
        database,
        """CREATE TABLE p (id integer PRIMARY KEY);
           CREATE TABLE t (a integer REFERENCES p NOT ENFORCED)""",
    )
    assert table(found, "t").foreign_keys == ()


@pytest.mark.pg("< 16")
def test_a_collation_that_takes_texts_for_equal(database: Database) -> None:
    found = facts(
        database,
        """CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
           CREATE TABLE t (a text COLLATE ci UNIQUE, b text UNIQUE);
           CREATE UNIQUE INDEX ON t (a COLLATE "C")""",
    )
    assert [column.is_exact for column in table(found, "t").columns] == [False, True]
    assert len([key for key in table(found, "t").keys if key.columns == ("a",)]) == 1, "the index by bytes is none"


def test_functions_and_operators_by_their_names(database: Database) -> None:
    found = facts(
        database,
        """CREATE FUNCTION shaky() RETURNS integer LANGUAGE sql AS 'SELECT 1';
           CREATE FUNCTION lower(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
           CREATE FUNCTION same(text, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
           CREATE OPERATOR = (LEFTARG = text, RIGHTARG = integer, FUNCTION = same)""",
    )
    assert [one.volatility for one in found.named(None, "shaky")] == ["volatile"]
    assert [one.volatility for one in found.named(None, "now")] == ["stable"]
    assert found.named("pg_catalog", "count")[0].is_aggregate
    assert found.named(None, "generate_series")[0].returns_set
    assert not found.is_built_in("lower")
    assert found.is_built_in("upper")
    assert "=" in found.operators


def test_where_null_equals_null_the_operator_is_another(database: Database) -> None:
    assert "=" not in facts(database, "SELECT").operators
    assert "=" in facts(database, "SET transform_null_equals = on").operators


def test_names_are_looked_up_along_the_search_path(database: Database) -> None:
    found = facts(
        database,
        """CREATE SCHEMA first; CREATE TABLE first.t (a integer); CREATE TABLE public.t (b integer);
           CREATE TABLE public.pg_class (x integer);
           SET search_path = first, public""",
    )
    assert table(found, "t").schema == "first"
    assert found.table("public", "t") is not None
    assert found.table(None, "pg_class") is None, "the system catalog comes first"


def test_a_snapshot_tells_which_collations_take_different_texts_for_equal(
    pg15: Server, new_database: NewDatabase
) -> None:
    """PostgreSQL 15 is built with ICU here, the shadow is not."""
    schema = """
        CREATE COLLATION "Ci" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE t (id integer PRIMARY KEY, a text COLLATE "Ci" UNIQUE, b text UNIQUE);
    """
    with on_snapshot(take(new_database(pg15, schema).session), Limits()) as place:
        table = place.facts.tables["public", "t"]
        assert {column.name: column.is_exact for column in table.columns} == {"id": True, "a": False, "b": True}
        assert {key.columns for key in table.keys} == {("id",), ("b",)}
        reasons = [
            step.reason
            for step in steps(parse("SELECT a FROM t GROUP BY a HAVING a IN (SELECT b FROM t)"), place.facts)  # type: ignore[arg-type]
            if isinstance(step, Refusal)
        ]
    assert any("need not be the same" in reason for reason in reasons)
