"""What is proven of values and rows: NULL, types, keys, order, failure."""

from __future__ import annotations

import pytest

from dbopt.rewrite import keys, orders
from dbopt.rewrite.nulls import Nulls
from dbopt.rewrite.scope import unaliased
from tests.rewrite.rewriting import question


@pytest.mark.parametrize(
    ("expression", "where", "proven"),
    [
        ("b.id", "true", True),
        ("b.pages", "true", False),
        ("b.pages", "b.pages > 3", True),
        ("b.pages", "b.pages IS NOT NULL", True),
        ("b.pages", "NOT (b.pages IS NULL)", True),
        ("b.pages", "b.pages > 3 OR b.id = 1", False),
        ("b.pages", "b.pages IN (1, 2)", True),
        ("b.pages", "coalesce(b.pages, 1) = 1", False),
        ("b.pages", "b.pages <> ALL (SELECT id FROM authors)", False),
        ("b.pages", "b.pages > ALL ($1)", False),
        ("b.pages", "b.pages = ANY (SELECT id FROM authors)", True),
        ("a.id", "true", False),
        ("a.id", "a.id = 3", True),
        ("coalesce(b.pages, 1)", "true", True),
        ("b.id + 1", "true", True),
        ("b.id + b.pages", "true", False),
        ("b.id::text", "true", True),
        ("$1", "true", False),
        ("NULL", "true", False),
    ],
)
def test_whether_a_value_can_be_null(expression: str, where: str, proven: bool) -> None:
    asked = question(f"SELECT {expression} FROM books AS b LEFT JOIN authors AS a ON a.id = b.editor_id WHERE {where}")
    block = asked.blocks[0]
    assert asked.inference.never_null(unaliased(block.node.expressions[0]), block) is proven


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("b.id", "int4"),
        ("b.id + b.price", "numeric"),
        ("sum(b.id)", "int8"),
        ("avg(b.id)", "numeric"),
        ("sum(b.weight)", None),
        ("count(*)", "int8"),
        ("max(b.title)", "text"),
        ("b.id::numeric(10, 2)", "numeric"),
        ("1.5", "numeric"),
        ("3000000000", "int8"),
        ("'x'", None),
        ("b.id > 3", "bool"),
        ("CURRENT_DATE", "date"),
        ("date(b.sold_at)", "date"),
        ("coalesce(b.pages, 0)", "int4"),
        ("coalesce(b.pages, 0.5)", None),
        ("steady(b.id)", None),
        ("(SELECT a.name FROM authors AS a)", "text"),
        ("lower(b.title)", "text"),
    ],
)
def test_the_type_of_a_value(expression: str, kind: str | None) -> None:
    asked = question(f"SELECT {expression} FROM books AS b")
    assert asked.inference.info(asked.blocks[0].node.expressions[0]).type == kind


@pytest.mark.parametrize(
    ("condition", "rejects"),
    [
        ("a.name = 'x'", True),
        ("a.name IS NULL", False),
        ("a.name IS NOT NULL", True),
        ("coalesce(a.name, '') = 'x'", True),
        ("coalesce(a.name, 'x') = 'x'", False),
        ("coalesce(a.id, 0) > 5", True),
        ("coalesce(a.id, 9) > 5", False),
        ("coalesce(a.id, b.pages) > 5", False),
        ("a.id IS NOT DISTINCT FROM 5", True),
        ("a.id IS DISTINCT FROM 5", False),
        ("a.id = 5 OR b.id = 1", False),
        ("a.id = 5 OR a.name = 'x'", True),
        ("a.id = 5 AND b.id = 1", True),
        ("NOT (a.id = 5)", True),
        ("NOT (a.id IS NULL)", True),
        ("(a.id = 5) IS TRUE", True),
        ("(a.id = 5) IS NOT FALSE", False),
        ("CASE WHEN a.id = 5 THEN true ELSE false END", True),
        ("CASE WHEN a.id IS NULL THEN true ELSE false END", False),
        ("CASE a.id WHEN 5 THEN 1 ELSE 0 END > 0", False),
        ("lower(a.name) = 'x'", True),
        ("steady(a.id) = 1", False),
        ("a.alias = 'x'", False),
        ("coalesce(a.alias, 'y') = 'x'", False),
        ("a.id IN (1, 2)", True),
        ("a.id IN (SELECT id FROM books)", False),
        ("a.id <> ALL (SELECT id FROM books)", False),
        ("a.id > ALL ($1)", False),
        ("a.born > '2000-01-01'", True),
        ("b.id = 3", False),
    ],
)
def test_whether_a_condition_is_not_true_of_nulls(condition: str, rejects: bool) -> None:
    asked = question(f"SELECT 1 FROM books AS b LEFT JOIN authors AS a ON a.id = b.editor_id WHERE {condition}")
    block = asked.blocks[0]
    nulls = Nulls(asked.analysis, asked.inference, [block.sources["a"]])
    assert nulls.rejects(block.node.args["where"].this) is rejects


@pytest.mark.parametrize(
    ("sql", "unique"),
    [
        ("SELECT id FROM books", True),
        ("SELECT * FROM books", True),
        ("SELECT title FROM books", False),
        ("SELECT 1 FROM books WHERE id = 3", True),
        ("SELECT code FROM authors", False),
        ("SELECT code FROM authors WHERE code IS NOT NULL", True),
        ("SELECT b.id FROM books AS b JOIN authors AS a ON a.id = b.author_id", True),
        ("SELECT b.id FROM books AS b LEFT JOIN authors AS a ON a.id = b.editor_id", True),
        ("SELECT a.id FROM books AS b LEFT JOIN authors AS a ON a.id = b.editor_id", False),
        ("SELECT a.id FROM authors AS a JOIN books AS b ON b.author_id = a.id", False),
        ("SELECT b.id FROM books AS b, authors AS a", False),
        ("SELECT b.id, a.id FROM books AS b, authors AS a", True),
        ("SELECT b.id FROM books AS b RIGHT JOIN authors AS a ON a.id = b.author_id", False),
        ("SELECT author_id, count(*) FROM books GROUP BY author_id", True),
        ("SELECT count(*) FROM books GROUP BY author_id", False),
        ("SELECT count(*) FROM books", True),
        ("SELECT author_id FROM books GROUP BY ROLLUP (author_id)", False),
        ("SELECT id, generate_series(1, 2) FROM books", False),
        ("SELECT id, x FROM books, generate_series(1, 2) AS g (x)", False),
        ("SELECT s.k FROM (SELECT author_id AS k FROM books GROUP BY author_id) AS s", True),
        ("SELECT s.k FROM (SELECT DISTINCT author_id AS k, pages FROM books) AS s", False),
        (
            "SELECT l.x FROM books, LATERAL (SELECT DISTINCT a.id AS x FROM authors AS a WHERE a.id = author_id) AS l",
            False,
        ),
        ("SELECT books.id, l.x FROM books, LATERAL (SELECT DISTINCT a.id AS x FROM authors AS a) AS l", True),
    ],
)
def test_whether_rows_are_all_different(sql: str, unique: bool) -> None:
    asked = question(sql)
    assert keys.has_unique_rows(asked, asked.blocks[0]) is unique


@pytest.mark.parametrize(
    ("subquery", "one"),
    [
        ("SELECT name FROM authors AS a WHERE a.id = b.author_id", True),
        ("SELECT name FROM authors AS a WHERE a.id = b.author_id + 1", False),
        ("SELECT name FROM authors AS a WHERE a.country = b.title", False),
        ("SELECT max(name) FROM authors AS a", True),
        ("SELECT max(name) FROM authors AS a GROUP BY country", False),
        ("SELECT name FROM authors AS a LIMIT 1", True),
        ("SELECT name FROM authors AS a LIMIT 2", False),
        ("SELECT b.title", True),
        ("SELECT generate_series(1, 2)", False),
        ("SELECT name FROM authors UNION SELECT title FROM books", False),
    ],
)
def test_whether_a_subquery_gives_one_row(subquery: str, one: bool) -> None:
    asked = question(f"SELECT ({subquery}) FROM books AS b")
    (node,) = asked.blocks[0].node.expressions
    query = asked.analysis.query_of(node)
    assert query is not None
    assert keys.gives_one_row(asked, query) is one


@pytest.mark.parametrize(
    ("sql", "total"),
    [
        ("SELECT title FROM books ORDER BY id LIMIT 3", True),
        ("SELECT title FROM books ORDER BY title LIMIT 3", False),
        ("SELECT id AS k FROM books ORDER BY k LIMIT 3", True),
        ("SELECT id FROM books ORDER BY 1 LIMIT 3", True),
        ("SELECT title FROM books LIMIT 3", False),
        ("SELECT DISTINCT ON (id) id, title FROM books", True),
        ("SELECT DISTINCT ON (pages) id, title FROM books ORDER BY pages, title", False),
        ("SELECT author_id, count(*) FROM books GROUP BY author_id ORDER BY author_id LIMIT 3", True),
        ("SELECT author_id, count(*) FROM books GROUP BY author_id ORDER BY count(*) LIMIT 3", False),
    ],
)
def test_whether_an_order_leaves_ties(sql: str, total: bool) -> None:
    asked = question(f"SELECT 1 FROM ({sql}) AS s")
    assert orders.is_total(asked, asked.blocks[1].node) is total


@pytest.mark.parametrize(
    ("expression", "fails"),
    [
        ("id = 3", False),
        ("price * 2 > 3", False),
        ("pages + 1 > 3", True),
        ("10 / pages > 1", True),
        ("title::integer > 1", True),
        ("id::text = '1'", False),
        ("lower(title) LIKE 'a%'", False),
        ("steady(id) = 1", True),
        ("id::numeric(3, 0) = 1", True),
        ("EXISTS (SELECT 1 FROM authors WHERE 1 / id > 0)", True),
        ("'2024-01-01'::date < printed_at", False),
    ],
)
def test_whether_a_condition_may_fail(expression: str, fails: bool) -> None:
    asked = question(f"SELECT 1 FROM books WHERE {expression}")
    assert (asked.purity.why_fails(asked.blocks[0].node.args["where"].this) is not None) is fails
