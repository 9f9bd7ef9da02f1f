"""Tables whose updates want for room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dbopt.index.maintenance.context import Context
from dbopt.index.maintenance.facts import Counts, Facts, TableFacts
from dbopt.index.maintenance.fillfactor import examine
from dbopt.index.questions import Question
from dbopt.index.trials import Trials
from dbopt.postgres.schema import ExistingIndex
from dbopt.workload.sql import parse
from tests.index.advising import statement, upkeep
from tests.index.shop import SHOP, index
from tests.servers import Database, Server

PAY = "UPDATE orders SET paid = true, total = 3 WHERE id = $1"
BUSY = Counts(live=100_000, updated=50_000, updated_hot=10_000)
ORDERS = TableFacts("public", "orders", "r", 100_000, 1000, 1000, 8192 * 1000, (), True, BUSY)


def advised(*statements: str, facts: TableFacts = ORDERS, extra: tuple[ExistingIndex, ...] = ()) -> list[str]:
    key = ("public", "orders")
    questions = [
        Question(statement(sql), (), parse(sql), 1.0, frozenset(), frozenset(), frozenset((key,)), frozenset())
        for sql in statements
    ]
    catalog = replace(SHOP, indexes=(*SHOP.indexes, *extra))
    trials = Trials(questions, frozenset(), None, catalog)  # type: ignore[arg-type]
    return [one.sql for one in examine(Context(trials, [1.0] * len(questions), Facts({key: facts})))]


def test_updates_that_find_no_room_want_some() -> None:
    assert advised(PAY) == ["ALTER TABLE public.orders SET (fillfactor = 90)"]


def test_large_rows_want_more_room() -> None:
    assert advised(PAY, facts=replace(ORDERS, rows=10_000)) == ["ALTER TABLE public.orders SET (fillfactor = 80)"]
    assert advised(PAY, facts=replace(ORDERS, rows=1000)) == ["ALTER TABLE public.orders SET (fillfactor = 50)"]


@pytest.mark.parametrize(
    "extra",
    [
        index("i", "orders", "total"),
        index("i", "orders", "status", include=("total",)),
        index("i", "orders", "status", predicate="NOT paid"),
    ],
)
def test_where_an_index_has_what_is_set_no_room_helps(extra: ExistingIndex) -> None:
    assert advised(PAY, extra=(extra,)) == []


@pytest.mark.parametrize(
    "counts",
    [
        None,
        replace(BUSY, updated_hot=25_000),
        replace(BUSY, updated=4_999, updated_hot=0),
        replace(BUSY, updated_elsewhere=25_000),
    ],
)
def test_few_updates_or_enough_hot_ones_want_none(counts: Counts | None) -> None:
    assert advised(PAY, facts=replace(ORDERS, counts=counts)) == []


def test_what_went_to_another_page_is_counted_where_the_server_does() -> None:
    counts = replace(BUSY, updated_hot=0, updated_elsewhere=25_001)
    assert len(advised(PAY, facts=replace(ORDERS, counts=counts))) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM orders WHERE id = 3",
        "UPDATE orders SET (paid, total) = (true, 3) WHERE id = 3",
        "INSERT INTO orders (id) VALUES (3) ON CONFLICT (id) DO UPDATE SET total = 4",
        "MERGE INTO orders AS o USING customers AS c ON o.id = c.id WHEN MATCHED THEN UPDATE SET total = 3",
    ],
)
def test_where_what_is_set_cannot_be_told_nothing_is_said(sql: str) -> None:
    assert advised(sql) == []


def test_a_table_that_has_a_fillfactor_keeps_it() -> None:
    assert advised(PAY, facts=replace(ORDERS, options=("fillfactor=95",))) == []


def test_on_a_server_and_back(pg18: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(pg18)
    database.session.script(
        """CREATE TABLE counters (id bigint PRIMARY KEY, hits bigint, note text);
           INSERT INTO counters SELECT n, 0, repeat('x', 60) FROM generate_series(1, 20000) AS n"""
    )
    hit = "UPDATE counters SET hits = hits + 1 WHERE id = $1"
    assert upkeep(database, "fillfactor", hit) == []
    database.session.script("VACUUM ANALYZE counters")
    database.session.script("UPDATE counters SET hits = hits + 1")
    (advice,) = upkeep(database, "fillfactor", hit)
    assert advice.sql == "ALTER TABLE public.counters SET (fillfactor = 90)"
    assert "found no room on their page" in advice.reason
    assert "(hits)" in advice.reason
    assert upkeep(database, "fillfactor", hit, counts=False) == []
    database.session.script(f"{advice.sql}; {advice.undo_sql}")
    assert [one.sql for one in upkeep(database, "fillfactor", hit)] == [advice.sql]
    database.session.script(advice.sql)
    assert upkeep(database, "fillfactor", hit) == []
