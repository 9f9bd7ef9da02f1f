"""No b-tree is advised over values that it could not hold."""

from __future__ import annotations

import pytest

from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.long_values import Lengths, long_columns
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.take import take
from tests.index.advising import advise_by_shadow
from tests.servers import Database

PAGES = """
CREATE TABLE pages (id integer PRIMARY KEY, site integer NOT NULL, url text NOT NULL, title text NOT NULL);
INSERT INTO pages
SELECT n, n % 2000, (SELECT string_agg(md5((1000 * n + i)::text), '')
                     FROM generate_series(1, CASE WHEN n % {every} = 0 THEN 160 ELSE 2 END) AS i), 'title ' || n
FROM generate_series(1, 40000) AS n;
ANALYZE pages
"""


def named(*columns: Lengths, has_toast: bool = True) -> set[str]:
    return set(long_columns(columns, has_toast=has_toast))


def test_statistics_say_whose_long_values_are_kept_apart() -> None:
    email, status = Lengths("email", True, 30, 24), Lengths("status", True, 8, 6)
    assert named(email, status, Lengths("body", True, 1000, 400)) == {"body"}
    assert named(email, status, Lengths("url", True, 90, 110)) == {"url"}
    assert named(email, status, Lengths("document", True, None, 40)) == {"document"}
    assert named(email, status, Lengths("code", False, None, 3000)) == {"email"}


def test_where_they_do_not_say_it_is_the_column_with_the_longest() -> None:
    assert named(Lengths("status", True, 8, 6), Lengths("note", True, 20, 12)) == {"note"}


def test_no_column_is_long_where_nothing_is_kept_apart() -> None:
    assert named(Lengths("body", True, 1000, 400), has_toast=False) == set()


@pytest.mark.parametrize("every", [500, 20_000])
def test_equality_gets_a_hash_index_and_the_columns_beside_their_b_trees(database: Database, every: int) -> None:
    database.session.script(PAGES.format(every=every))
    advice = advise_by_shadow(
        database,
        "SELECT id FROM pages WHERE url = $1",
        "SELECT url FROM pages WHERE site = $1 AND url > 'a'",
        "SELECT id FROM pages WHERE title = $1",
        "SELECT id FROM pages ORDER BY url LIMIT 10",
    )
    assert sorted(one.sql.split(" USING ")[1] for one in advice.create) == [
        "btree (site)",
        "btree (title)",
        "hash (url)",
    ]
    (left,) = advice.not_advised
    assert "public.pages has values in url that may be too long" in left.reason


def test_a_shadow_knows_it_too(database: Database) -> None:
    database.session.script(PAGES.format(every=500))
    with Shadow.open(take(database.session)) as shadow, shadow.connect() as session:
        (own,) = read_catalog(database.session).relations
        (copy,) = read_catalog(session).relations
    long = [[column.name for column in relation.columns if column.may_be_long] for relation in (own, copy)]
    assert long == [["url"], ["url"]]


def test_short_texts_of_a_partitioned_table_keep_their_b_trees(database: Database) -> None:
    database.session.script(
        """CREATE TABLE logs (day date, who text, what text) PARTITION BY RANGE (day);
           CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
           INSERT INTO logs SELECT date '2024-01-01' + n % 300, 'user' || n,
                                   (SELECT string_agg(md5((n + i)::text), '') FROM generate_series(1, 120) AS i)
                            FROM generate_series(1, 4000) AS n;
           ANALYZE"""
    )
    advice = advise_by_shadow(database, "SELECT day FROM logs WHERE who = $1", "SELECT day FROM logs WHERE what = $1")
    assert sorted(one.sql.split(" USING ")[1] for one in advice.create) == ["btree (who)", "hash (what)"]
