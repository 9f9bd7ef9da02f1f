"""What each rule makes of a statement: exact texts, and names that keep their meaning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbopt.rewrite.chain import Refusal
from dbopt.rewrite.facts import Facts, Key
from tests.rewrite.rewriting import AUTHORS, BOOKS, FACTS, outcomes, refused, rewritten

CASES = [
    (
        "not-in-to-not-exists",
        "SELECT id FROM authors WHERE id NOT IN (SELECT author_id FROM books WHERE pages > 3)",
        "SELECT id FROM authors WHERE NOT EXISTS(SELECT 1 FROM books WHERE pages > 3 AND books.author_id = authors.id)",
    ),
    (
        "in-to-exists",
        "SELECT 1 FROM authors AS a"
        " WHERE (a.id IN (SELECT b.author_id FROM books AS b WHERE b.title = a.name)) IS TRUE",
        "SELECT 1 FROM authors AS a WHERE EXISTS("
        "SELECT 1 FROM books AS b WHERE b.title = a.name AND b.author_id = a.id)",
    ),
    (
        "count-to-exists",
        "SELECT name FROM authors AS a WHERE (SELECT count(b.pages) FROM books AS b WHERE b.author_id = a.id) = 0",
        "SELECT name FROM authors AS a WHERE NOT EXISTS("
        "SELECT 1 FROM books AS b WHERE b.author_id = a.id AND b.pages IS NOT NULL)",
    ),
    (
        "having-to-where",
        "SELECT author_id, count(*) FROM books GROUP BY author_id"
        " HAVING count(*) > 3 AND author_id IN (SELECT id FROM authors)",
        "SELECT author_id, count(*) FROM books WHERE author_id IN (SELECT id FROM authors)"
        " GROUP BY author_id HAVING count(*) > 3",
    ),
    (
        "left-join-to-inner",
        "SELECT b.id FROM books AS b LEFT JOIN authors AS a ON a.id = b.editor_id WHERE coalesce(a.name, '') = 'x'",
        "SELECT b.id FROM books AS b JOIN authors AS a ON a.id = b.editor_id WHERE coalesce(a.name, '') = 'x'",
    ),
    (
        "needless-join",
        "SELECT b.id, a.id FROM books AS b JOIN authors AS a ON a.id = b.editor_id WHERE b.pages > 3",
        "SELECT b.id, b.editor_id AS id FROM books AS b WHERE b.pages > 3 AND b.editor_id IS NOT NULL",
    ),
    (
        "needless-distinct",
        "SELECT DISTINCT b.id, a.name FROM books AS b JOIN authors AS a ON a.id = b.author_id",
        "SELECT b.id, a.name FROM books AS b JOIN authors AS a ON a.id = b.author_id",
    ),
    (
        "union-to-union-all",
        "SELECT id, 'a' FROM authors UNION SELECT id, 'b' FROM books",
        "SELECT id, 'a' FROM authors UNION ALL SELECT id, 'b' FROM books",
    ),
    (
        "function-to-range",
        "SELECT id FROM books WHERE NOT date(printed_at) = $1",
        "SELECT id FROM books WHERE NOT (printed_at >= CAST($1 AS DATE)"
        " AND printed_at <= CAST($1 AS DATE) + CAST('1 day -1 microsecond' AS INTERVAL))",
    ),
    (
        "or-to-union-all",
        "SELECT b.id FROM books AS b JOIN authors AS a ON a.id = b.author_id"
        " WHERE (b.pages = 3 OR a.code = 'x') AND b.id > 1 ORDER BY b.id LIMIT 3",
        "SELECT b.id FROM books AS b JOIN authors AS a ON a.id = b.author_id WHERE b.pages = 3 AND b.id > 1"
        " UNION ALL SELECT b.id FROM books AS b JOIN authors AS a ON a.id = b.author_id"
        " WHERE a.code = 'x' AND (b.pages = 3) IS NOT TRUE AND b.id > 1 ORDER BY id LIMIT 3",
    ),
    (
        "cast-on-column",
        "SELECT id FROM books WHERE pages BETWEEN 1.5 AND 3.5",
        "SELECT id FROM books WHERE pages >= 2 AND pages <= 3",
    ),
    (
        "push-into-cte",
        "WITH w AS MATERIALIZED (SELECT b.author_id AS who, sum(b.price) AS worth FROM books AS b GROUP BY who)"
        " SELECT worth FROM w WHERE who = 3",
        "WITH w AS MATERIALIZED (SELECT b.author_id AS who, sum(b.price) AS worth FROM books AS b"
        " WHERE b.author_id = 3 GROUP BY who) SELECT worth FROM w",
    ),
    (
        "scalar-subquery-to-join",
        "SELECT *, (SELECT count(*) FROM books AS b WHERE b.author_id = a.id) FROM authors AS a",
        "SELECT a.*, coalesce(grouped.value_1, 0) AS count FROM authors AS a LEFT JOIN ("
        "SELECT b.author_id AS key_1, count(*) AS value_1 FROM books AS b GROUP BY b.author_id) AS grouped"
        " ON grouped.key_1 = a.id",
    ),
    (
        "scalar-subqueries-to-lateral",
        "SELECT a.id, (SELECT min(b.pages) FROM books AS b WHERE b.id > a.id) AS x,"
        " (SELECT max(b.pages) FROM books AS b WHERE b.id > a.id) AS y FROM authors AS a",
        "SELECT a.id, one.value_1 AS x, one.value_2 AS y FROM authors AS a LEFT JOIN LATERAL ("
        "SELECT min(b.pages) AS value_1, max(b.pages) AS value_2 FROM books AS b WHERE b.id > a.id) AS one ON TRUE",
    ),
    (
        "offset-to-keyset",
        "SELECT title FROM books WHERE pages > $1 ORDER BY title DESC LIMIT 10 OFFSET 100",
        "SELECT title FROM books WHERE pages > $1 AND (books.title, books.id) < ($2, $3)"
        " ORDER BY title DESC, books.id DESC LIMIT 10",
    ),
]


@pytest.mark.parametrize(("rule", "before", "after"), CASES, ids=[case[0] for case in CASES])
def test_the_text_of_a_rewrite(rule: str, before: str, after: str) -> None:
    assert rewritten(before, rule) == after


# -- names -------------------------------------------------------------------------------------------------------------


def test_a_source_within_that_hides_one_outside_gets_another_name() -> None:
    sql = "SELECT id FROM books WHERE id NOT IN (SELECT author_id FROM books WHERE books.pages > 3)"
    assert rewritten(sql, "not-in-to-not-exists") == (
        "SELECT id FROM books WHERE NOT EXISTS("
        "SELECT 1 FROM books AS books_2 WHERE books_2.pages > 3 AND books_2.author_id = books.id)"
    )


def test_a_whole_row_of_the_hidden_source_is_no_name_to_change() -> None:
    sql = "SELECT id FROM books WHERE id NOT IN (SELECT author_id FROM books WHERE books IS NOT NULL)"
    assert "whole row" in refused(sql, "not-in-to-not-exists")


def test_a_table_that_comes_in_leaves_bare_names_their_meaning() -> None:
    sql = "SELECT id, title, (SELECT a.name FROM authors AS a WHERE a.id = author_id) FROM books ORDER BY id"
    assert rewritten(sql, "scalar-subquery-to-join") == (
        "SELECT books.id, title, a.name FROM books LEFT JOIN authors AS a ON a.id = books.author_id ORDER BY id"
    )


def test_an_output_named_in_group_by_is_no_column_of_a_table_that_comes_in() -> None:
    sql = (
        "SELECT pages AS name, count(*) FROM books"
        " WHERE (SELECT a.country FROM authors AS a WHERE a.id = author_id) = 'x' GROUP BY name"
    )
    assert "GROUP BY" in refused(sql, "scalar-subquery-to-join")


def test_a_column_of_the_result_keeps_its_name() -> None:
    sql = "SELECT (SELECT count(*) FROM books AS b WHERE b.author_id = a.id) > 0 FROM authors AS a"
    assert rewritten(sql, "count-to-exists") == (
        'SELECT EXISTS(SELECT 1 FROM books AS b WHERE b.author_id = a.id) AS "?column?" FROM authors AS a'
    )


def test_quoted_names_stay_quoted() -> None:
    odd = replace(AUTHORS, name="Odd Ones", columns=tuple(replace(c, name=f"The {c.name}") for c in AUTHORS.columns))
    odd = replace(odd, keys=(replace(AUTHORS.keys[0], columns=("The id",)),))
    facts = replace(FACTS, tables={**FACTS.tables, odd.id: odd})
    sql = 'SELECT title FROM books WHERE author_id NOT IN (SELECT "The id" FROM "Odd Ones")'
    assert rewritten(sql, "not-in-to-not-exists", facts) == (
        'SELECT title FROM books WHERE NOT EXISTS(SELECT 1 FROM "Odd Ones" WHERE "Odd Ones"."The id" = books.author_id)'
    )


def test_a_parameter_is_not_lost_with_its_number() -> None:
    sql = "SELECT count(*) > 0, $1 FROM books"
    assert outcomes(sql, "count-to-exists") == []
    sql = "SELECT (SELECT count(*) FROM books AS b WHERE b.author_id = a.id ORDER BY $1) > 0 FROM authors AS a"
    assert "parameter" in refused(sql, "count-to-exists")


# -- what facts decide -------------------------------------------------------------------------------------------------


def test_a_type_that_is_not_built_in_proves_nothing() -> None:
    assert "not certain" in refused(
        "SELECT id FROM authors WHERE alias NOT IN (SELECT alias FROM authors AS b)", "not-in-to-not-exists"
    )


@pytest.mark.parametrize("operator", ["=", "::"])
def test_operators_that_were_defined_anew_prove_nothing(operator: str) -> None:
    facts = replace(FACTS, operators=frozenset({operator}))
    assert "may mean another one" in refused("SELECT id FROM books WHERE id::text = '7'", "cast-on-column", facts)


def test_a_function_that_hides_a_built_in_one_is_not_taken_for_it() -> None:
    facts = replace(FACTS, functions={**FACTS.functions, ("public", "date"): FACTS.functions["public", "steady"]})
    assert "may mean another one" in refused(
        "SELECT id FROM books WHERE date(printed_at) = '2024-01-01'", "function-to-range", facts
    )


def test_a_day_is_bounded_widely_where_clocks_went_back_across_midnight() -> None:
    facts = replace(FACTS, time_zone="America/St_Johns")
    assert rewritten("SELECT id FROM books WHERE date(sold_at) = '2010-11-06'", "function-to-range", facts) == (
        "SELECT id FROM books WHERE date(sold_at) = '2010-11-06'"
        " AND sold_at >= CAST('2010-11-06' AS DATE) - CAST('2 days' AS INTERVAL)"
        " AND sold_at <= CAST('2010-11-06' AS DATE) + CAST('3 days' AS INTERVAL)"
    )


@pytest.mark.parametrize(
    ("zone", "day", "is_bound"),
    [
        ("Atlantic/Azores", "2024-10-27", False),
        ("America/Havana", "2024-11-03", False),
        ("Europe/Berlin", "1916-10-01", False),
        ("Europe/Berlin", "2024-10-27", True),
        ("America/New_York", "1916-10-01", True),
        ("CET-1CEST", "2024-10-27", False),
    ],
)
def test_a_day_has_bounds_of_its_own_where_it_begins_once(zone: str, day: str, is_bound: bool) -> None:
    """Clocks that are put back to midnight begin it twice."""
    facts = replace(FACTS, time_zone=zone)
    made = rewritten(f"SELECT id FROM books WHERE date(sold_at) = '{day}'", "function-to-range", facts)
    assert ("date(sold_at)" not in made) is is_bound


@pytest.mark.parametrize(("zone", "is_bound"), [("Europe/Berlin", False), ("America/New_York", True)])
def test_a_day_that_is_not_known_may_be_any(zone: str, is_bound: bool) -> None:
    facts = replace(FACTS, time_zone=zone)
    made = rewritten("SELECT id FROM books WHERE date(sold_at) = $1", "function-to-range", facts)
    assert ("date(sold_at)" not in made) is is_bound


def test_a_collation_from_another_side_of_a_union_counts() -> None:
    """What compares different texts as equal may come from any side."""
    facts = _with_name(exact=False)
    sql = "(SELECT 'a', 1 UNION SELECT name, id FROM authors WHERE id = 2) UNION SELECT DISTINCT 'A', 1 FROM books"
    reasons = [one.reason for one in outcomes(sql, "union-to-union-all", facts) if isinstance(one, Refusal)]
    assert "nothing proves that no row is on both sides" in reasons
    reasons = [one.reason for one in outcomes(sql, "union-to-union-all") if isinstance(one, Refusal)]
    assert "nothing proves that no row is on both sides" not in reasons


def test_what_union_takes_for_equal_may_be_told_apart_by_another_collation() -> None:
    sql = "SELECT id FROM authors WHERE name{} IN (SELECT country FROM authors UNION SELECT name FROM authors)"
    assert "nothing proves" in refused(sql.format(' COLLATE "C"'), "union-to-union-all")
    assert "UNION ALL" in rewritten(sql.format(""), "union-to-union-all")


def test_a_row_around_may_compare_by_its_own_collation() -> None:
    """Then two rows with a unique text may be equal to it."""
    facts = _with_name(exact=False)
    tables = {**facts.tables, BOOKS.id: replace(BOOKS, keys=(*BOOKS.keys, Key(("title",), name="books_title")))}
    sql = "SELECT a.id, l.pages FROM authors AS a, LATERAL (SELECT DISTINCT b.pages FROM books AS b WHERE {}) AS l"
    by_name, by_country = sql.format("b.title = a.name"), sql.format("b.title = a.country")
    facts = replace(facts, tables=tables)
    assert "lacks a key" in refused(by_name, "needless-distinct", facts)
    assert "DISTINCT" not in rewritten(by_country, "needless-distinct", facts)
    floats = sql.format("b.id = a.id::float8")
    assert "lacks a key" in refused(floats, "needless-distinct", facts)


def _with_name(*, exact: bool) -> Facts:
    """The facts with a column authors.name whose texts are, or are not, equal only to themselves."""
    columns = tuple(replace(one, is_exact=exact) if one.name == "name" else one for one in AUTHORS.columns)
    return replace(FACTS, tables={**FACTS.tables, AUTHORS.id: replace(AUTHORS, columns=columns)})


@pytest.mark.parametrize("shown", ["count(a.*)", "A.*", "row_to_json(a.*)"])
def test_a_table_of_which_whole_rows_are_used_is_not_needless(shown: str) -> None:
    assert (
        outcomes(f"SELECT {shown} FROM books AS b LEFT JOIN authors AS a ON a.id = b.editor_id", "needless-join") == []
    )


def test_heirs_take_the_proof_from_a_key() -> None:
    facts = replace(FACTS, tables={**FACTS.tables, BOOKS.id: replace(BOOKS, has_heirs=True)})
    assert "lacks a key" in refused("SELECT DISTINCT id FROM books", "needless-distinct", facts)
    assert rewritten("SELECT DISTINCT id FROM ONLY books", "needless-distinct", facts) == "SELECT id FROM ONLY books"


def test_a_float_is_what_an_integer_is_compared_with() -> None:
    """3.00000000000000000001 is 3 as a float."""
    sql = "SELECT id FROM books WHERE pages::float8 < 3.00000000000000000001"
    assert rewritten(sql, "cast-on-column") == "SELECT id FROM books WHERE pages < 3"


# -- what is around ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beside", "reason"),
    [
        (", random()", "volatile"),
        (", drift()", "volatile"),
        (", unheard_of(1)", "not known"),
        (", (SELECT title FROM books AS b WHERE b.pages = 1)", "several rows"),
        (", array_agg(title) OVER ()", "order of rows"),
        (", row_number() OVER (ORDER BY pages)", "order of rows"),
        (", (SELECT id FROM authors ORDER BY name LIMIT 2)", "leaves open"),
    ],
)
def test_a_statement_that_may_give_another_result_each_time_is_left_alone(beside: str, reason: str) -> None:
    sql = f"SELECT id{beside} FROM books WHERE date(printed_at) = '2024-01-01'"
    assert reason in refused(sql, "function-to-range")


@pytest.mark.parametrize(
    "beside",
    [
        ", rank() OVER (ORDER BY pages)",
        ", row_number() OVER (PARTITION BY pages ORDER BY id)",
        ", sum(pages) OVER (PARTITION BY author_id)",
        ", (SELECT name FROM authors AS a WHERE a.id = author_id)",
        ", (SELECT title FROM books AS b ORDER BY b.id LIMIT 1)",
        ", lower(title) || 'x'",
    ],
)
def test_what_gives_the_same_each_time_does_not_stand_in_the_way(beside: str) -> None:
    sql = f"SELECT id{beside} FROM books WHERE date(printed_at) = '2024-01-01' ORDER BY pages LIMIT 3"
    assert "printed_at >= '2024-01-01'" in rewritten(sql, "function-to-range")
