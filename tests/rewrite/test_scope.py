"""Which column a name means."""

from __future__ import annotations

import pytest
from sqlglot import exp

from dbopt.rewrite.analyse import analyse
from dbopt.rewrite.scope import Reference, output_name
from dbopt.rewrite.text import parse
from tests.rewrite.rewriting import FACTS, question


def meanings(sql: str) -> list[str]:
    """Every column name of the statement, in the order of the text, with what it means."""
    tree = parse(sql)
    assert tree is not None
    analysis = analyse(tree, FACTS)
    found = []
    for column in tree.find_all(exp.Column, bfs=False):
        meaning = analysis.meaning(column)
        means = f"{meaning.source.alias}.{meaning.name}" if isinstance(meaning, Reference) else meaning
        found.append(f"{column.sql()} = {means}")
    return found


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT title FROM books", ["title = books.title"]),
        ("SELECT b.title FROM books AS b", ["b.title = b.title"]),
        ("SELECT x FROM books AS b (x, y)", ["x = b.x"]),
        ("SELECT id FROM books, authors", ["id = None"]),
        ("SELECT nonsense FROM books", ["nonsense = None"]),
        ("SELECT ctid FROM books", ["ctid = None"]),
        ("SELECT title AS t FROM books ORDER BY t", ["title = books.title", "t = 0"]),
        ("SELECT pages AS title FROM books ORDER BY title", ["pages = books.pages", "title = 0"]),
        ("SELECT pages AS title FROM books GROUP BY title", ["pages = books.pages", "title = books.title"]),
        ("SELECT pages AS p FROM books GROUP BY p", ["pages = books.pages", "p = 0"]),
        ("SELECT 1 FROM books WHERE EXISTS (SELECT name FROM authors)", ["name = authors.name"]),
        ("SELECT 1 FROM books WHERE EXISTS (SELECT title FROM authors)", ["title = books.title"]),
        ("WITH w (x) AS (SELECT id FROM books) SELECT x FROM w", ["x = w.x", "id = books.id"]),
        ("SELECT n FROM (SELECT id AS n FROM books) AS s", ["n = s.n", "id = books.id"]),
        ("SELECT n FROM books, LATERAL (SELECT pages AS n) AS l", ["n = l.n", "pages = books.pages"]),
        ("SELECT n FROM books, (SELECT pages AS n) AS s", ["n = s.n", "pages = None"]),
        ("SELECT title FROM books, unnest(ARRAY[1]) AS u", ["title = books.title"]),
        ("SELECT title, u FROM books, unnest(ARRAY[1]) AS u", ["title = books.title", "u = None"]),
        ("SELECT public.books.title FROM public.books", ["public.books.title = None"]),
        ("SELECT id FROM books JOIN authors USING (id)", ["id = books.id"]),
        ("SELECT 1 FROM pg_class WHERE relname = 'x'", ["relname = None"]),
    ],
)
def test_what_names_mean(sql: str, expected: list[str]) -> None:
    assert meanings(sql) == expected


@pytest.mark.parametrize(
    ("from_clause", "nullable"),
    [
        ("books AS a LEFT JOIN authors AS b ON true", {"b"}),
        ("books AS a RIGHT JOIN authors AS b ON true", {"a"}),
        ("books AS a FULL JOIN authors AS b ON true", {"a", "b"}),
        ("books AS a, books AS b RIGHT JOIN authors AS c ON true", {"b"}),
        ("books AS a LEFT JOIN (books AS b JOIN authors AS c ON true) ON true", {"b", "c"}),
        ("books AS a JOIN (books AS b LEFT JOIN authors AS c ON true) ON true", {"c"}),
        ("books AS a CROSS JOIN authors AS b", set()),
    ],
)
def test_which_sources_an_outer_join_may_replace_by_nulls(from_clause: str, nullable: set[str]) -> None:
    (block,) = question(f"SELECT 1 FROM {from_clause}").blocks
    assert {alias for alias, source in block.sources.items() if source.is_nullable} == nullable


@pytest.mark.parametrize(
    ("from_clause", "certain"),
    [
        ("books AS a JOIN authors AS b ON a.id = b.id", [True, True]),
        ("books AS a LEFT JOIN authors AS b ON a.id = b.id", [False, True]),
        ("books AS a JOIN authors AS b ON a.id = b.id RIGHT JOIN books AS c ON true", [False, False, True]),
        ("books AS a LEFT JOIN (books AS b JOIN authors AS c ON b.id = c.id) ON true", [False, False, True]),
    ],
)
def test_which_conditions_hold_for_every_row(from_clause: str, certain: list[bool]) -> None:
    block = question(f"SELECT 1 FROM {from_clause} WHERE a.pages > 1").blocks[0]
    assert [condition.is_certain for condition in block.conditions] == certain


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("x", "x"),
        ("t.X", "x"),
        ('t."X"', "X"),
        ("1", "?column?"),
        ("x + 1", "?column?"),
        ("(x)", "x"),
        ("x::text", "x"),
        ("count(*)", "count"),
        ("sum(x) FILTER (WHERE y)", "sum"),
        ("lower(x)", "lower"),
        ("coalesce(x, 1)", "coalesce"),
        ("EXISTS (SELECT 1)", "exists"),
        ("(SELECT max(x) FROM t)", "max"),
        ("x AS y", "y"),
        ("CASE WHEN x THEN y END", None),
        ("'a'::date", None),
    ],
)
def test_the_name_of_an_output(expression: str, name: str | None) -> None:
    tree = parse(f"SELECT {expression} FROM t")
    assert tree is not None
    assert output_name(tree.expressions[0]) == name
