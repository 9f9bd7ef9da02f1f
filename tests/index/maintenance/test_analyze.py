"""Tables whose statistics are missing or old."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbopt.index.maintenance.analyze import examine
from dbopt.index.maintenance.context import Context
from dbopt.index.maintenance.facts import Counts, Facts, TableFacts
from dbopt.index.questions import Question
from dbopt.index.trials import Trials
from tests.index.advising import statement, upkeep
from tests.index.shop import SHOP
from tests.servers import Database

LOOKUP = "SELECT * FROM orders WHERE customer_id = 17"
ORDERS = TableFacts("public", "orders", "r", 100_000, 1000, 1000, 8192 * 1000, (), True, Counts(live=100_000))


def advised(facts: TableFacts) -> list[str]:
    """What is said of the orders, which one statement reads."""
    key = ("public", facts.name)
    question = Question(statement(LOOKUP), (), None, 1.0, frozenset(), frozenset(), frozenset((key,)), frozenset())
    trials = Trials([question], frozenset(), None, SHOP)  # type: ignore[arg-type]
    return [one.sql for one in examine(Context(trials, [1.0], Facts({facts.key: facts})))]


def changed(rows: int, **more: int) -> TableFacts:
    return replace(ORDERS, counts=Counts(live=100_000, modified=rows, **more))


def test_many_changed_rows_make_statistics_old() -> None:
    assert advised(ORDERS) == []
    assert advised(changed(20_000)) == []
    assert advised(changed(20_001)) == ["ANALYZE public.orders"]


def test_of_a_small_table_some_rows_change_no_plan() -> None:
    assert advised(replace(changed(1000), rows=100)) == []
    assert advised(replace(changed(1001), rows=100)) == ["ANALYZE public.orders"]


def test_what_was_loaded_and_analysed_at_once_is_not_old() -> None:
    assert advised(changed(100_000, inserted=100_000)) == []
    assert advised(replace(changed(100_000, inserted=100_000), blocks=900)) == ["ANALYZE public.orders"]
    assert advised(changed(100_000, inserted=50_000)) == ["ANALYZE public.orders"]


def test_without_a_server_nothing_is_old() -> None:
    assert advised(replace(ORDERS, counts=None)) == []


@pytest.mark.parametrize(("seen", "wanted"), [(None, []), (True, []), (False, ["ANALYZE public.orders"])])
def test_what_the_role_may_not_see_is_not_called_missing(seen: bool | None, wanted: list[str]) -> None:
    assert advised(replace(ORDERS, has_statistics=seen)) == wanted
    assert advised(replace(ORDERS, has_statistics=seen, bytes=0)) == []


def test_a_table_that_was_never_analysed(shop: Database) -> None:
    shop.session.script("CREATE TABLE fresh (a int); INSERT INTO fresh SELECT generate_series(1, 20000)")
    shop.session.script("CREATE TABLE unasked (a int); INSERT INTO unasked SELECT generate_series(1, 20000)")
    (advice,) = upkeep(shop, "analyze", LOOKUP, "SELECT * FROM fresh WHERE a = 3")
    assert advice.sql == "ANALYZE public.fresh"
    assert "never analysed" in advice.reason
    assert (advice.undo_sql, advice.cost_before, advice.cost_after, len(advice.statements)) == ("", None, None, 1)
    assert [one.sql for one in upkeep(shop, "analyze", "SELECT * FROM fresh WHERE a = 3", counts=False)] == [advice.sql]
    shop.session.script(advice.sql)
    assert upkeep(shop, "analyze", "SELECT * FROM fresh WHERE a = 3") == []


def test_a_partitioned_table_that_was_never_analysed_as_a_whole(database: Database) -> None:
    database.session.script(
        """CREATE TABLE log (day date, who integer) PARTITION BY RANGE (day);
           CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
           INSERT INTO log SELECT date '2024-01-01' + n % 31, n FROM generate_series(1, 20000) AS n"""
    )
    database.session.script("SELECT pg_stat_force_next_flush()")  # else the rows would count as changed since
    database.session.script("ANALYZE log_1")
    (advice,) = upkeep(database, "analyze", "SELECT * FROM log WHERE who = 7")
    assert advice.sql == "ANALYZE public.log"
    assert "as a whole" in advice.reason
    database.session.script(advice.sql)
    assert upkeep(database, "analyze", "SELECT * FROM log WHERE who = 7") == []
