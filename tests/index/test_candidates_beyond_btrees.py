"""Candidates that are not b-trees over columns of all rows, as sentences: this statement could use that index."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbopt.index.candidates import Allowed, candidates, generate, needs_of, worthy_conditions
from dbopt.index.candidates.constants import with_constants
from dbopt.postgres.schema import Catalog, Column, Relation
from dbopt.workload.sql import parse
from tests.index.shop import primary_key


def _text(name: str, **more: object) -> Column:
    return Column(name, "text", is_text=True, **more)  # type: ignore[arg-type]


TICKETS = Relation(
    "public",
    "tickets",
    "r",
    1e6,
    10**9,
    (
        Column("id", "bigint", length=8, n_distinct=-1.0),
        _text("email", average_width=20, n_distinct=-1.0),
        _text("url", average_width=80, n_distinct=-1.0),
        _text("status", average_width=6, n_distinct=4.0),
        Column("kind", "integer", length=4, n_distinct=30.0),
        Column("at", "timestamp without time zone", length=8, correlation=0.99, n_distinct=-1.0),
        Column("active", "boolean", length=1),
        Column("deleted_at", "timestamp with time zone", length=8, null_fraction=0.1),
        Column("external", "bigint", length=8, null_fraction=0.95),
        Column("room", "bigint", length=8, n_distinct=-0.1),
        Column("data", "jsonb"),
        Column("tags", "text[]"),
        Column("words", "tsvector"),
        Column("during", "tstzrange"),
        Column("place", "point", indexable=False),
        Column("ip", "inet"),
        Column("opens", "integer", length=4, n_distinct=-0.5),
        Column("closes", "integer", length=4, n_distinct=-0.5),
        Column("address", "address"),
    ),
)
BY_EMAIL = Relation(
    "public",
    "by_email",
    "v",
    0,
    0,
    (_text("who"), Column("day", "date")),
    definition="SELECT lower(t.email) AS lower, (t.at)::date AS at FROM tickets t",
)
OVER_IT = Relation("public", "over_it", "v", 0, 0, (_text("person"),), definition="SELECT b.who FROM by_email b")
CATALOG = Catalog(
    180000,
    "desk",
    ("public",),
    (TICKETS, BY_EMAIL, OVER_IT),
    (primary_key("tickets", "id"),),
    extensions=(("btree_gist", "public"), ("pg_trgm", "tools")),
)


def found(sql: str, catalog: Catalog = CATALOG, allowed: Allowed = Allowed(included=0)) -> set[str]:  # noqa: B008
    """What stands behind the table's name of each candidate that is not plain."""
    tree = parse(sql)
    assert tree is not None, sql
    every = candidates(tree, catalog, allowed)
    return {one.definition().removeprefix("public.tickets USING ") for one in every if not one.is_plain}


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        ("lower(email) = 'x'", "(lower(email))"),
        ("'x' = lower(t.email)", "(lower(email))"),
        ("lower(email) IN ('x', 'y')", "(lower(email))"),
        ("lower(email) LIKE 'ab%'", "(lower(email)) text_pattern_ops"),
        ("date(at) = '2024-01-01'", "(date(at))"),
        ("at::date BETWEEN '2024-01-01' AND '2024-01-02'", "(CAST(at AS DATE))"),
        ("date_trunc('month', at) = $1", "(date_trunc('month', at))"),
        ("extract(year FROM at) = 2024", "(EXTRACT(YEAR FROM at))"),
        ("data->>'color' = 'red'", "(data ->> 'color')"),
        ("(data->>'size')::int > 5", "(CAST((data ->> 'size') AS INT))"),
        ("data #>> '{a,b}' = 'x'", "(data #>> '{a,b}')"),
        ("email || ' ' || status = 'x'", "(email || ' ' || status)"),
        ("coalesce(external, room) = 5", "(coalesce(external, room))"),
        ("(address).city = 'x'", "((address).city)"),
        ("((t.address).city) = $1", "((address).city)"),
        ("substr(email, 1, 3) = 'abc'", "(substr(email, 1, 3))"),
        ("split_part(email, '@', 2) LIKE 'ab%'", "(split_part(email, '@', 2)) text_pattern_ops"),
    ],
)
def test_an_expression_is_a_key(condition: str, key: str) -> None:
    assert f"btree ({key})" in found(f"SELECT * FROM tickets AS t WHERE {condition}")


@pytest.mark.parametrize(
    "condition",
    [
        "id::text = '5'",  # the statement should compare the number
        "room + 1 = 5",
        "room * 2 > $1",
        "lower($1) = 'x'",
        "lower(email) = lower(status)",
        "room + $1 = 5",
        "coalesce(room, (SELECT 1)) = 5",
    ],
)
def test_no_index_on_what_should_be_written_otherwise_or_is_no_expression_of_columns(condition: str) -> None:
    assert found(f"SELECT * FROM tickets WHERE {condition}") == set()


def test_an_expression_stands_with_columns() -> None:
    keys = found("SELECT * FROM tickets WHERE lower(email) = 'x' AND room = 5 ORDER BY at")
    assert {"btree ((lower(email)), room)", "btree (room, (lower(email)))", "btree ((lower(email)), at)"} <= keys


def test_an_expression_is_an_order_a_group_and_a_join() -> None:
    assert "btree ((date(at)))" in found("SELECT * FROM tickets ORDER BY date(at) DESC LIMIT 5")
    assert "btree ((date(at)))" in found("SELECT date(at) AS day, count(*) FROM tickets GROUP BY day")
    joined = "SELECT * FROM tickets a JOIN tickets b ON lower(a.email) = lower(b.email)"
    assert "btree ((lower(email)))" in found(joined)


@pytest.mark.parametrize(
    ("sql", "key"),
    [
        ("SELECT * FROM by_email WHERE who = 'x'", "lower(email)"),
        ("SELECT * FROM by_email WHERE day = '2024-01-01'", "CAST(at AS DATE)"),
        ("SELECT day, count(*) FROM by_email GROUP BY day", "CAST(at AS DATE)"),
        ("SELECT * FROM over_it WHERE person = 'x'", "lower(email)"),
        ("WITH w AS (SELECT lower(email) AS e FROM tickets) SELECT * FROM w WHERE e = 'x'", "lower(email)"),
        ("SELECT * FROM (SELECT data->>'k' AS k FROM tickets) AS s WHERE k = 'x'", "data ->> 'k'"),
    ],
)
def test_an_expression_is_found_through_views_and_queries(sql: str, key: str) -> None:
    assert f"btree (({key}))" in found(sql)


# -- partial ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        "deleted_at IS NULL",
        "active",
        "NOT active",
        "active IS TRUE",
        "status = 'open'",
        "status IN ('open', 'new')",
        "status <> 'done'",
        "external > 0",
    ],
)
def test_a_condition_that_is_the_same_on_every_run_restricts_an_index(condition: str) -> None:
    indexes = found(f"SELECT * FROM tickets WHERE {condition} AND room = $1")
    assert any(index.startswith("btree (room) WHERE ") for index in indexes)


@pytest.mark.parametrize(
    "condition", ["room = 7", "kind = 3", "at > '2024-01-01'", "kind > 7", "kind <= -5", "status = $2"]
)
def test_a_value_of_many_does_not(condition: str) -> None:
    indexes = found(f"SELECT * FROM tickets WHERE {condition} AND external = $1")
    assert not any("WHERE" in index and "external IS NOT NULL" not in index for index in indexes)


def test_a_value_that_several_statements_name_does() -> None:
    statements = [
        "SELECT * FROM tickets WHERE kind = 3 AND room = 1",
        "SELECT id FROM tickets WHERE kind = 3 AND url = 'x'",
    ]
    needs = [needs_of(tree, CATALOG) for sql in statements if (tree := parse(sql)) is not None]
    made = generate(needs[0][0], CATALOG, Allowed(included=0), worthy_conditions(needs))
    assert "(room) WHERE kind = 3" in {one.definition().rpartition("btree ")[2] for one in made}


def test_a_bound_does_not_even_where_several_statements_name_it() -> None:
    needs = needs_of(tree, CATALOG) if (tree := parse("SELECT * FROM tickets WHERE kind > 3 AND room = 1")) else []
    assert worthy_conditions([needs] * 3) == {}


def test_several_conditions_restrict_it_alone_and_together() -> None:
    indexes = found("SELECT * FROM tickets WHERE active AND deleted_at IS NULL AND room = 5")
    assert {"btree (room) WHERE active", "btree (room) WHERE active AND deleted_at IS NULL"} <= indexes


def test_of_a_column_that_is_mostly_null_the_rest() -> None:
    assert "btree (external) WHERE external IS NOT NULL" in found("SELECT * FROM tickets WHERE external = 5")
    assert found("SELECT * FROM tickets WHERE external IS NULL") == {
        "btree (external) WHERE external IS NULL",
        "btree (id) WHERE external IS NULL",
    }
    assert "btree (external) WHERE external IS NOT NULL" not in found(
        "SELECT * FROM tickets WHERE external = 5 OR room = 1"
    )


def test_where_a_condition_is_all_what_is_read_is_the_key() -> None:
    indexes = found("SELECT room, kind FROM tickets WHERE status = 'open'")
    assert "btree (kind, room) WHERE status = 'open'" in indexes
    indexes = found("SELECT room, active FROM tickets WHERE active")
    assert "btree (active, room) WHERE active" in indexes
    assert found("SELECT count(*) FROM tickets WHERE active") == {
        "btree (active) WHERE active",
        "btree (id) WHERE active",
    }
    indexes = found("SELECT url FROM tickets WHERE active")
    assert not any("url" in index for index in indexes)  # a value may be too long for a page


def test_what_only_the_predicate_compares_is_not_included() -> None:
    indexes = found("SELECT id FROM tickets WHERE room = 5 AND active", allowed=Allowed())
    assert "btree (room) INCLUDE (id) WHERE active" in indexes
    indexes = found("SELECT id, active FROM tickets WHERE room = 5 AND active", allowed=Allowed())
    assert "btree (room) INCLUDE (active, id) WHERE active" in indexes


def test_a_parameter_that_is_always_the_same_is_a_constant() -> None:
    tree = parse("SELECT * FROM tickets WHERE status = $1 AND room = $2")
    assert tree is not None
    fixed = with_constants(tree, [("open", "1"), ("open", "2")])
    assert "(room) WHERE status = 'open'" in {
        str(one).rpartition("btree ")[2] for one in candidates(fixed, CATALOG, Allowed(included=0))
    }
    assert with_constants(tree, [("open", "1")]) is tree
    assert with_constants(tree, [("open", "1"), ("done", "2")]) is tree


_TRIGRAMS_OF_PATH = "gin ((jsonb_extract_path_text(data, 'a')) tools.gin_trgm_ops)"


# -- other methods ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("data @> '{\"a\": 1}'", "gin (data jsonb_path_ops)"),
        ("data @> $1", "gin (data)"),
        ("data ? 'a'", "gin (data)"),
        ("data @? '$.a'", "gin (data jsonb_path_ops)"),
        ("data->'a' @> '1'", "gin ((data -> 'a') jsonb_path_ops)"),
        ("tags && ARRAY['x']", "gin (tags)"),
        ("ARRAY['x'] <@ tags", "gin (tags)"),
        ("words @@ to_tsquery('a')", "gin (words)"),
        ("to_tsvector('english', email) @@ plainto_tsquery('a')", "gin ((to_tsvector('english', email)))"),
        ("string_to_array(email, ',') @> $1", "gin ((string_to_array(email, ',')))"),
        ("regexp_split_to_array(email, ',') && $1", "gin ((regexp_split_to_array(email, ',')))"),
        ("ARRAY[opens, closes] && $1", "gin ((array[opens, closes]))"),
        ("jsonb_extract_path(data, 'a') @> '1'", "gin ((jsonb_extract_path(data, 'a')) jsonb_path_ops)"),
        ("jsonb_extract_path_text(data, 'a') LIKE '%x%'", _TRIGRAMS_OF_PATH),
        ("email LIKE '%x%'", "gin (email tools.gin_trgm_ops)"),
        ("email ILIKE 'x%'", "gin (email tools.gin_trgm_ops)"),
        ("lower(email) LIKE $1", "gin ((lower(email)) tools.gin_trgm_ops)"),
        ("email ~ 'x+'", "gin (email tools.gin_trgm_ops)"),
        ("during && tstzrange('2024-01-01', '2024-01-02')", "gist (during)"),
        ("during @> now()", "gist (during)"),
        ("during && $1 AND room = 5", "gist (room, during)"),
        ("place <@ box '((0,0),(1,1))'", "gist (place)"),
        ("ip <<= '10.0.0.0/8'", "gist (ip inet_ops)"),
        ("at > '2024-01-01'", "brin (at)"),
        ("url = 'x'", "hash (url)"),
    ],
)
def test_an_operator_asks_for_its_access_method(condition: str, index: str) -> None:
    assert index in found(f"SELECT * FROM tickets WHERE {condition}")


@pytest.mark.parametrize(
    "condition",
    ["email NOT LIKE '%x%'", "data = '{}'", "email = 'x'", "room > 5", "url > 'x'", "tags[1] IS NULL", "ip = '::1'"],
)
def test_where_none_is_asked_for_there_is_none(condition: str) -> None:
    assert not any(
        index.startswith(("gin", "gist", "brin", "hash")) for index in found(f"SELECT * FROM tickets WHERE {condition}")
    )


def test_the_nearest_are_found_by_gist() -> None:
    indexes = found("SELECT * FROM tickets WHERE active ORDER BY place <-> point '(1,2)' LIMIT 5")
    assert {"gist (place)", "gist (place) WHERE active"} <= indexes
    assert not any("<->" in index for index in indexes)


def test_the_nearest_number_is_found_by_gist_where_the_extension_is() -> None:
    query = "SELECT * FROM tickets ORDER BY opens <-> 500 LIMIT 3"
    assert found(query) == {"gist (opens)"}
    assert found(query, replace(CATALOG, extensions=())) == set()


def test_a_value_between_two_columns_bounds_both() -> None:
    tree = parse("SELECT * FROM tickets WHERE 5 BETWEEN opens AND closes")
    assert tree is not None
    keys = {one.definition().rpartition("btree ")[2] for one in candidates(tree, CATALOG, Allowed(included=0))}
    assert {"(opens, closes)", "(closes, opens)", "(opens)", "(closes)"} <= keys


def test_patterns_need_the_extension() -> None:
    without = replace(CATALOG, extensions=())
    assert found("SELECT * FROM tickets WHERE email LIKE '%x%'", without) == set()
    assert found("SELECT * FROM tickets WHERE during && $1 AND room = 5", without) == {"gist (during)"}


def test_a_small_table_has_no_block_ranges() -> None:
    small = replace(CATALOG, relations=(replace(TICKETS, bytes=1 << 20),))
    assert found("SELECT * FROM tickets WHERE at > '2024-01-01'", small) == set()


def test_one_row_is_found_by_the_key_that_is_there() -> None:
    assert found("SELECT * FROM tickets WHERE id = 5 AND active AND data @> '{}'") == set()


def test_plain_ones_only() -> None:
    sql = "SELECT * FROM tickets WHERE lower(email) = 'x' AND active AND data @> '{}' AND room = 5"
    assert found(sql, allowed=Allowed(plain=True)) == set()
