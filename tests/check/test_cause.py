"""What changed a plan: real shadows, in which one thing at a time is moved from old to new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from dbopt.check.baseline import Baseline, Expected, Planner
from dbopt.check.cause import Asked, Side, causes
from dbopt.check.model import Cause
from dbopt.check.sources import Source
from dbopt.plan.execution import Limits
from dbopt.shadow.migration import Migration
from dbopt.shadow.snapshot import Snapshot
from dbopt.shadow.take import take
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Source as Origin
from dbopt.workload.model import Statement, Workload
from tests.conftest import SHOP
from tests.servers import Database, Server

OF_CUSTOMER = "SELECT * FROM orders WHERE customer_id = 5"
LATEST = "SELECT * FROM orders WHERE status = 'shipped' ORDER BY total"
JOINED = "SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.customer_id < 60"


def statement(text: str) -> Statement:
    return Statement(fingerprint(text), None, text, kind_of(text))


@dataclass
class Planning:
    """Plans in shadows, and counts them."""

    shadows: list[Snapshot] = field(default_factory=list)

    def side(self, snapshot: Snapshot, texts: Sequence[str], migration: Migration | None = None) -> Side:
        source = Source(Limits(), snapshot, None, migration=migration)
        with source.observer() as observer:
            workload = Workload(Origin("sql", None, None, None), tuple(statement(text) for text in texts))
            return Side(snapshot, observer.observe(workload), migration)

    def under(
        self, snapshot: Snapshot, migration: Migration | None, statements: Sequence[Statement]
    ) -> Sequence[Expected]:
        self.shadows.append(snapshot)
        with Source(Limits(), snapshot, None, migration=migration).observer() as observer:
            return [observer.expected(one) for one in statements]

    def ask(self, old: Side, new: Side) -> dict[str, Cause]:
        """The causes by the old statement's text, for those whose plans differ."""
        pairs = list(zip(old.planned.statements, new.planned.statements, strict=True))
        asked = [
            Asked(before.text, statement(before.text), statement(after.text), before, after)
            for before, after in pairs
            if (before.shape, before.cost, before.error) != (after.shape, after.cost, after.error)
        ]
        return causes(old, new, asked, self.under)


@pytest.fixture
def planning() -> Planning:
    return Planning()


@pytest.fixture
def indexed(pg18: Server, new_database: Callable[..., Database]) -> Database:
    return new_database(pg18, f"{SHOP} CREATE INDEX by_customer ON orders (customer_id); ANALYZE;")


def test_a_dropped_index_is_the_schema(indexed: Database, planning: Planning) -> None:
    old = planning.side(take(indexed.session), [OF_CUSTOMER])
    indexed.session.script("DROP INDEX by_customer")
    found = planning.ask(old, planning.side(take(indexed.session), [OF_CUSTOMER]))
    message = "the schema moved it: nothing else changed; the index by_customer is gone"
    assert found == {OF_CUSTOMER: Cause(("schema",), message)}
    assert planning.shadows == []


def test_a_table_grown_fiftyfold_is_the_statistics(indexed: Database, planning: Planning) -> None:
    old = planning.side(take(indexed.session), [JOINED, OF_CUSTOMER])
    indexed.session.script(
        "INSERT INTO orders (customer_id, status, total, placed_at)"
        " SELECT 1 + n % 5000, 'done', 1, now() FROM generate_series(1, 2450000) AS n; ANALYZE orders;"
        "ALTER TABLE customers ADD COLUMN note text"
    )
    found = planning.ask(old, planning.side(take(indexed.session), [JOINED, OF_CUSTOMER]))
    assert found.keys() == {JOINED, OF_CUSTOMER}
    for cause in found.values():
        assert cause.moved_by == ("statistics",)
        assert "with the old statistics and the new schema the plan is still the old one" in cause.message
        assert "public.orders had 50,000 rows and has 2,500,000" in cause.message
    assert len(planning.shadows) == 2


@pytest.mark.parametrize(
    ("setting", "detail"),
    [
        ("random_page_cost = 40", "random_page_cost was 4 and is 40"),
        ("work_mem = '64kB'", "work_mem was 4MB and is 64kB"),
    ],
)
def test_a_setting_of_the_database_is_the_settings(
    indexed: Database, planning: Planning, setting: str, detail: str
) -> None:
    queries = [JOINED, "SELECT * FROM orders ORDER BY total"]
    old = planning.side(take(indexed.session), queries)
    indexed.session.script(f'ALTER DATABASE "{indexed.name}" SET {setting}')
    with indexed.server.connect(indexed.name) as session:
        found = planning.ask(old, planning.side(take(session), queries))
    assert found
    for cause in found.values():
        assert cause.moved_by == ("settings",)
        assert cause.message == f"the settings moved it: nothing else changed; {detail}"


def test_values_that_are_drawn_anew_are_the_statistics(indexed: Database, planning: Planning) -> None:
    """With the values that the new statistics give, the old state plans as the new one does."""
    old = planning.side(take(indexed.session), [OF_CUSTOMER])
    indexed.session.script("DELETE FROM items WHERE line = 2; ANALYZE items")
    new = planning.side(take(indexed.session), [OF_CUSTOMER])
    (after,) = new.planned.statements
    before = replace(after, plans=tuple(replace(one, shape="Seq Scan public.orders", cost=9.0) for one in after.plans))
    drawn = replace(statement(OF_CUSTOMER), parameters_from="statistics")
    cause = causes(old, new, [Asked("1", drawn, drawn, before, after)], planning.under)["1"]
    assert cause.moved_by == ("statistics",)
    assert "the values that its parameters are planned with are drawn from them" in cause.message


def test_of_two_changes_the_one_that_moved_it_is_named(indexed: Database, planning: Planning) -> None:
    queries = [OF_CUSTOMER, LATEST]
    old = planning.side(take(indexed.session), queries)
    indexed.session.script("DROP INDEX by_customer; SET work_mem = '64kB'")
    found = planning.ask(old, planning.side(take(indexed.session), queries))
    assert found[OF_CUSTOMER].moved_by == ("schema",)
    assert "with the old schema and the new settings the plan is still the old one" in found[OF_CUSTOMER].message
    assert found[LATEST].moved_by == ("settings",)
    assert "work_mem was 4MB and is 64kB" in found[LATEST].message
    assert len(planning.shadows) == 2


def test_changes_that_act_only_together_are_named_together(indexed: Database, planning: Planning) -> None:
    """The new index is no use while seeks are dear."""
    indexed.session.script("DROP INDEX by_customer; SET random_page_cost = 100000")
    old = planning.side(take(indexed.session), [OF_CUSTOMER])
    indexed.session.script("CREATE INDEX by_customer ON orders (customer_id); SET random_page_cost = 4")
    cause = planning.ask(old, planning.side(take(indexed.session), [OF_CUSTOMER]))[OF_CUSTOMER]
    assert cause.moved_by == ("schema", "settings")
    assert cause.message.startswith("the schema and the settings moved it together: none of them does alone; ")


def test_changes_that_each_suffice_are_both_named(indexed: Database, planning: Planning) -> None:
    old = planning.side(take(indexed.session), [OF_CUSTOMER])
    indexed.session.script("DROP INDEX by_customer; SET random_page_cost = 100000")
    cause = planning.ask(old, planning.side(take(indexed.session), [OF_CUSTOMER]))[OF_CUSTOMER]
    assert cause.moved_by == ("schema", "settings")
    assert "each of them alone too" in cause.message


def test_another_text_is_the_query(indexed: Database, planning: Planning) -> None:
    taken = take(indexed.session)
    old = planning.side(taken, [OF_CUSTOMER])
    new = planning.side(taken, ["SELECT * FROM orders WHERE customer_id + 0 = 5"])
    cause = planning.ask(old, new)[OF_CUSTOMER]
    assert cause == Cause(("query",), "the query's text moved it: nothing else changed")
    assert planning.shadows == []


def test_another_text_and_another_schema_are_told_apart(indexed: Database, planning: Planning) -> None:
    old = planning.side(take(indexed.session), [OF_CUSTOMER])
    indexed.session.script("ALTER TABLE items ADD COLUMN note text")
    new = planning.side(take(indexed.session), ["SELECT * FROM orders WHERE customer_id + 0 = 5"])
    cause = planning.ask(old, new)[OF_CUSTOMER]
    assert cause.moved_by == ("query",)
    assert "with the old text and the new schema the plan is still the old one" in cause.message


def test_a_migration_is_the_schema(indexed: Database, planning: Planning) -> None:
    taken = take(indexed.session)
    migration = Migration("up.sql", "DROP INDEX by_customer")
    found = planning.ask(planning.side(taken, [OF_CUSTOMER]), planning.side(taken, [OF_CUSTOMER], migration))
    message = (
        "the schema moved it: nothing else changed; the migration up.sql was applied,"
        " the plan no longer uses the index by_customer"
    )
    assert found == {OF_CUSTOMER: Cause(("schema",), message)}


def test_another_planner_is_the_server_version(indexed: Database, planning: Planning) -> None:
    """A baseline that a 15 planned, on the same snapshot."""
    new = planning.side(take(indexed.session), [OF_CUSTOMER])
    one = new.planned.statements[0]
    before = replace(one, plans=tuple(replace(plan, shape="Seq Scan public.orders", cost=1092.0) for plan in one.plans))
    planned = Baseline(Planner(15, "15.18"), new.planned.tables, (before,))
    cause = planning.ask(Side(new.snapshot, planned), new)[OF_CUSTOMER]
    assert cause == Cause(("server version",), "the server version moved it: PostgreSQL 15 planned it, and now 18 does")


def test_a_snapshot_of_another_server_is_said(indexed: Database, planning: Planning) -> None:
    old = planning.side(replace(take(indexed.session), server_version="15.4"), [OF_CUSTOMER])
    indexed.session.script("DROP INDEX by_customer")
    cause = planning.ask(old, planning.side(take(indexed.session), [OF_CUSTOMER]))[OF_CUSTOMER]
    assert cause.moved_by == ("schema",)
    assert "the snapshots are of PostgreSQL 15.4 and 18." in cause.message


def test_lost_extended_statistics_are_named(indexed: Database, planning: Planning) -> None:
    indexed.session.script(
        "CREATE TABLE facts AS SELECT n % 50 AS a, n % 50 / 2 AS b FROM generate_series(1, 20000) AS n;"
        "CREATE INDEX ON facts (a, b); CREATE STATISTICS together ON a, b FROM facts; ANALYZE facts"
    )
    asked = "SELECT * FROM facts WHERE a = 7 AND b = 3"
    old = planning.side(take(indexed.session), [asked])
    indexed.session.script("DROP STATISTICS together")
    cause = planning.ask(old, planning.side(take(indexed.session), [asked]))[asked]
    assert cause.moved_by == ("schema",)
    assert "the statistics together is defined otherwise" in cause.message
