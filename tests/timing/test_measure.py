"""Measured runs on real servers, and that nothing of them stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dbopt.plan.explain import explain_workload
from dbopt.timing.measure import measure
from dbopt.timing.model import Timing
from dbopt.workload.model import Source, Statement, Workload
from tests.servers import Database


def workload(*statements: str | tuple[str, tuple[tuple[str | None, ...], ...]]) -> Workload:
    """Statements, some of them with parameter sets."""
    pairs = [(one, ()) if isinstance(one, str) else one for one in statements]
    made = [
        Statement(f"{number:016x}", None, sql, "select", parameters=sets) for number, (sql, sets) in enumerate(pairs)
    ]
    return Workload(Source("sql", None, None, None), tuple(made))


def only(database: Database, sql: str, *sets: tuple[str | None, ...], runs: int = 3) -> Timing:
    return measure(database.session, workload((sql, sets)), runs=runs).statements[0]


def test_a_statement_has_its_runs_rows_blocks_and_shape(shop: Database) -> None:
    one = only(shop, "SELECT * FROM orders WHERE status = 'open'")
    assert len(one.runs_ms) == 3
    assert len(one.warmup_ms) == 1
    assert one.median_ms == sorted(one.runs_ms)[1]
    assert (one.rows, one.temp_blocks, one.error) == (1500, 0, None)
    assert (one.shared_hit_blocks or 0) + (one.shared_read_blocks or 0) > 300
    assert one.plan_shape == "Seq Scan public.orders"


def test_a_run_is_the_mean_over_the_parameter_sets(shop: Database) -> None:
    one = only(shop, "SELECT * FROM orders WHERE status = $1", ("open",), ("shipped",), ("done",), runs=2)
    assert len(one.runs_ms) == 2
    assert one.rows == pytest.approx((1500 + 3500 + 45000) / 3)


def test_sorts_that_spill_are_seen(shop: Database) -> None:
    shop.session.script("SET work_mem = '64kB'")
    timings = measure(shop.session, workload("SELECT * FROM items ORDER BY price, sku"), runs=1)
    assert (timings.statements[0].temp_blocks or 0) > 0
    assert timings.settings["work_mem"] == "64kB"


def test_a_time_limit_ends_a_statement_for_good(shop: Database) -> None:
    timings = measure(shop.session, workload("SELECT pg_sleep(60)", "SELECT 1"), runs=2, timeout_ms=100)
    slow, quick = timings.statements
    assert (slow.error, slow.runs_ms, slow.timeout_ms) == ("timeout after 100 ms", (), 100)
    assert (quick.error, len(quick.runs_ms)) == (None, 2)


def test_no_run_starts_after_the_whole_time(shop: Database) -> None:
    timings = measure(shop.session, workload("SELECT pg_sleep(0.2)", "SELECT 1"), runs=1000, total_ms=300)
    assert all(len(one.runs_ms) < 1000 for one in timings.statements)
    nothing = measure(shop.session, workload("SELECT 1"), total_ms=0).statements[0]
    assert "time" in (nothing.error or "")


def test_rounds_go_through_all_statements(shop: Database) -> None:
    seen: list[tuple[int, int, str]] = []
    measure(shop.session, workload("SELECT 1", "SELECT 2"), runs=2, on_progress=lambda *step: seen.append(step))
    names = ["0000000000000000", "0000000000000001"]
    assert seen == [(number, 6, names[number % 2]) for number in range(6)]


def test_a_plan_with_times_is_kept_on_demand_and_has_no_part_in_the_figures(shop: Database) -> None:
    sql = "SELECT * FROM orders WHERE status = $1"
    wanted = workload((sql, (("open",), ("done",))), "SELECT * FROM nowhere")
    seen: list[tuple[int, int, str]] = []
    one, bad = measure(shop.session, wanted, runs=2, plans=True, on_progress=lambda *step: seen.append(step)).statements
    assert (len(one.runs_ms), len(one.warmup_ms)) == (2, 1)
    assert one.plan[0]["Plan"]["Actual Rows"] == 1500
    assert one.plan[0]["Plan"]["Actual Total Time"] > 0
    assert bad.plan is None
    assert [number for number, _, _ in seen] == list(range(8))
    assert measure(shop.session, wanted, runs=1).statements[0].plan is None


def test_a_statement_that_is_not_run_keeps_its_plan_without_times(shop: Database) -> None:
    wanted = workload("DELETE FROM items", "SELECT pg_sleep(60)")
    changing, slow = measure(shop.session, wanted, runs=1, plans=True, timeout_ms=100).statements
    assert changing.error == "not run: it is a DELETE"
    assert changing.plan[0]["Plan"]["Node Type"] == "ModifyTable"
    assert (slow.timeout_ms, slow.plan[0]["Plan"]["Node Type"]) == (100, "Result")
    assert "Actual Rows" not in slow.plan[0]["Plan"]


def test_findings_are_kept_with_the_plan(shop: Database) -> None:
    wanted = workload("SELECT * FROM orders WHERE customer_id = 7", "SELECT 1")
    one, healthy = measure(shop.session, wanted, runs=1, plans=True).statements
    assert [finding.rule for finding in one.findings] == ["seq-scan"]
    assert healthy.findings == ()
    assert measure(shop.session, wanted, runs=1).statements[0].findings == ()


def test_no_plan_is_made_after_the_whole_time(shop: Database) -> None:
    (one,) = measure(shop.session, workload("SELECT pg_sleep(0.2)"), runs=2, plans=True, total_ms=500).statements
    assert (len(one.runs_ms), "Actual Rows" in one.plan[0]["Plan"]) == (2, False)


def test_statements_without_values_are_not_run(shop: Database) -> None:
    assert only(shop, "SELECT * FROM orders WHERE id = $1").error == "not run: there are no values for its parameters"


HARMFUL = (
    "DELETE FROM items",
    "SELECT nextval('numbers')",
    "SELECT pg_sleep(60)",
    "SELECT write_a_log()",
    "SELECT write_a_log() FROM orders",
    "WITH gone AS (DELETE FROM orders RETURNING 1) SELECT count(*) FROM gone",
    "SELECT * FROM orders FOR UPDATE",
    "SELECT setval('numbers', 99)",
    "SELECT pg_advisory_lock(7)",
    "SELECT * INTO copied FROM orders",
    "SELECT 1; DELETE FROM items",
    "TRUNCATE items",
)
BOOBY_TRAPS = """
    CREATE SEQUENCE numbers;
    CREATE TABLE log (at timestamptz);
    CREATE FUNCTION write_a_log() RETURNS int LANGUAGE plpgsql AS
        'BEGIN INSERT INTO log VALUES (now()); RETURN nextval(''numbers''); END'
"""


@pytest.fixture
def trapped(shop: Database) -> Iterator[Database]:
    """The shop with things that a statement could change; whatever was run, they are as they were."""
    shop.session.script(BOOBY_TRAPS)
    before = state(shop)
    yield shop
    assert state(shop) == before


def state(database: Database) -> list[dict[str, object]]:
    """Everything that the harmful statements reach for."""
    return database.session.fetch_workload("""
        SELECT (SELECT count(*) FROM items) AS items,
               (SELECT sum(hashtext(o::text)::numeric) FROM orders AS o) AS orders,
               (SELECT count(*) FROM log) AS log, (SELECT row(last_value, is_called)::text FROM numbers) AS numbers,
               (SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind IN ('r', 'S')) AS names,
               (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS advisory_locks
    """)


def test_measuring_harmful_statements_changes_nothing(trapped: Database) -> None:
    timings = measure(trapped.session, workload(*HARMFUL, "SELECT count(*) FROM items"), runs=2, timeout_ms=300)
    *harmful, harmless = timings.statements
    assert [one.sql for one in harmful if one.error is None] == []
    assert (harmless.error, harmless.rows, len(harmless.runs_ms)) == (None, 1, 2)


def test_explaining_harmful_statements_changes_nothing(trapped: Database) -> None:
    plans = explain_workload(
        trapped.session, workload(*HARMFUL, "SELECT count(*) FROM items"), analyze=True, timeout_ms=300
    )
    *harmful, harmless = plans.statements
    assert [one.sql for one in harmful if one.executed] == []
    assert harmless.executed


def test_allowed_changes_are_measured_and_leave_nothing(trapped: Database) -> None:
    timings = measure(trapped.session, workload("DELETE FROM items WHERE order_id < 9"), runs=2, allow_dml=True)
    assert len(timings.statements[0].runs_ms) == 2
