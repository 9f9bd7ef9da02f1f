"""Verdicts over two baselines."""

from __future__ import annotations

from dataclasses import replace

from dbopt.check.baseline import Baseline, Expected, Failed, Measured, Planner
from dbopt.check.compare import compare
from dbopt.check.facts import Facts, Read
from dbopt.check.ignored import without
from dbopt.check.model import Checked
from dbopt.check.update import updated
from tests.check.plans import made, table

PLANNER = Planner(18, "15.4", {"work_mem": "64MB"})
ORDERS = table("public.orders")
INDEXED = Read("public.orders", "Index Scan", "orders_customer_idx")
WHOLE = Read("public.orders", "Seq Scan")


def expected(name: str, *plans: Facts, error: str | None = None, sql: str | None = None) -> Expected:
    return Expected(f"id of {name}", name, (sql or f"SELECT {name}",), error, plans)


def baseline(*statements: Expected, planner: Planner = PLANNER, rows: float = 1e6) -> Baseline:
    return Baseline(planner, (table("public.orders", rows=rows, blocks=int(rows / 100)),), statements)


def only(before: Baseline, after: Baseline) -> Checked:
    (found,) = compare(before, after).statements
    return found


def test_identical_baselines_pass() -> None:
    same = baseline(expected("a", made(10, INDEXED)), expected("b", made(20, WHOLE)))
    check = compare(same, same)
    assert (check.verdict, check.exit_code) == ("pass", 0)
    assert [one.reasons for one in check.statements] == [(), ()]
    assert all(one.plan_diff == () for one in check.statements)


def test_a_worse_plan_is_a_regression_with_its_reasons_and_the_plan_diff() -> None:
    check = compare(baseline(expected("a", made(10, INDEXED))), baseline(expected("a", made(9000, WHOLE))))
    (one,) = check.statements
    assert (check.verdict, check.exit_code, one.verdict) == ("regression", 1, "regression")
    assert [reason.rule for reason in one.reasons] == ["lost-index", "cost"]
    assert one.plan_diff[2:] == (
        "@@ -1 +1 @@",
        "-Index Scan orders_customer_idx public.orders",
        "+Seq Scan None public.orders",
    )


def test_one_bad_parameter_set_is_enough() -> None:
    common, rare = made(9000, WHOLE), made(10, INDEXED)
    one = only(baseline(expected("a", common, rare)), baseline(expected("a", replace(common, sets=2))))
    assert one.verdict == "regression"
    assert one.cost_before == 4505.0
    assert one.cost_after == 9000.0


def test_a_parameter_set_more_is_judged_by_the_dearest_plan_so_far() -> None:
    before = baseline(expected("a", made(10, INDEXED)))
    assert only(before, baseline(expected("a", made(10, INDEXED), made(9000, WHOLE)))).verdict == "regression"
    assert only(before, baseline(expected("a", made(10, INDEXED), made(9, INDEXED)))).verdict == "pass"
    assert only(baseline(expected("a", made(10, INDEXED), made(9, INDEXED))), before).verdict == "pass"


def test_what_ran_and_fails_now_never_passes() -> None:
    ran = replace(expected("a", made()), measured=Measured(1, 10, 0))
    failed, late = (
        replace(ran, measured=None, not_run=Failed("division by zero")),
        replace(ran, measured=None, not_run=Failed("timeout after 60 s", in_time=False)),
    )
    assert only(baseline(ran), baseline(failed)).verdict == "error"
    assert only(baseline(ran), baseline(late)).verdict == "regression"
    assert only(baseline(failed), baseline(failed)).verdict == "pass"
    assert only(baseline(ran), baseline(replace(ran, measured=None))).verdict == "pass"  # it was not run


def test_a_better_plan_is_an_improvement() -> None:
    check = compare(baseline(expected("a", made(9000, WHOLE))), baseline(expected("a", made(10, INDEXED))))
    assert (check.statements[0].verdict, check.verdict, check.exit_code) == ("improvement", "pass", 0)


def test_new_and_removed_statements_are_named_and_pass() -> None:
    a, b, c = (expected(name, made()) for name in "abc")
    b = replace(b, sql=("UPDATE t SET x = 1",))
    c = replace(c, sql=("DELETE FROM other WHERE z = 2 AND w = 5",))
    check = compare(baseline(a, b), baseline(a, c))
    assert [(one.name, one.verdict) for one in check.statements] == [("a", "pass"), ("c", "new"), ("b", "removed")]
    assert check.exit_code == 0


def test_a_renamed_statement_says_what_it_was() -> None:
    before = expected("a", made())
    assert only(baseline(before), baseline(replace(before, name="z"))).was == "a"


def test_what_does_not_plan_is_an_error_and_never_a_pass() -> None:
    good, bad = expected("a", made()), expected("a", error='relation "t" does not exist')
    for before in (good, bad):
        check = compare(baseline(before), baseline(bad))
        assert (check.statements[0].verdict, check.exit_code) == ("error", 3)
        assert "does not exist" in check.statements[0].reasons[0].message
    assert compare(baseline(), baseline(bad)).statements[0].verdict == "error"
    assert only(baseline(bad), baseline(good)).verdict == "pass"


def test_another_planner_or_other_settings_make_the_baseline_stale() -> None:
    same = expected("a", made(10, INDEXED))
    for planner, word in (
        (replace(PLANNER, major=19), "PostgreSQL 18 planned then, 19 plans now"),
        (replace(PLANNER, source_version="17.1"), "came from PostgreSQL 15 and come from 17"),
        (replace(PLANNER, settings={"work_mem": "4MB"}), "work_mem was 64MB and is 4MB"),
        (replace(PLANNER, settings={}), "work_mem was 64MB and is the default"),
    ):
        check = compare(baseline(same), baseline(same, planner=planner))
        assert (check.verdict, check.exit_code) == ("error", 3)
        assert word in check.stale[0]
    assert compare(baseline(same), baseline(same, planner=replace(PLANNER, source_version="15.9"))).exit_code == 0


def test_much_changed_statistics_make_the_baseline_stale_and_little_changed_ones_do_not() -> None:
    same = expected("a", made(10, INDEXED))
    assert compare(baseline(same), baseline(same, rows=1.05e6)).exit_code == 0
    check = compare(baseline(same), baseline(same, rows=3e6))
    assert check.exit_code == 3
    assert "public.orders had 1,000,000 rows and has 3,000,000" in check.stale[0]


def test_a_regression_goes_before_everything_else() -> None:
    before = baseline(expected("a", made(10, INDEXED)), expected("b", made()))
    after = baseline(expected("a", made(9000, WHOLE)), expected("b", error="gone"), rows=2e6)
    assert compare(before, after).exit_code == 1


# -- accepting ------------------------------------------------------------------------------------------------------


def accepted(old: Baseline, present: Baseline) -> Baseline:
    return updated(old, present, compare(old, present)).baseline


def test_an_update_keeps_what_passed_as_it_was() -> None:
    old = baseline(expected("a", made(100, INDEXED)), expected("b", made(100, INDEXED)))
    present = baseline(expected("a", made(104, INDEXED)), expected("b", made(300, WHOLE)), rows=1.02e6)
    new = accepted(old, present)
    assert new.statements[0] == old.statements[0]
    assert new.statements[1] == present.statements[1]
    assert new.tables == old.tables


def test_costs_cannot_creep_away_through_updates() -> None:
    first = baseline(expected("a", made(100, INDEXED)))
    current = first
    for cost in (108, 116, 125):
        present = baseline(expected("a", made(cost, INDEXED)))
        verdict = compare(current, present).verdict
        current = accepted(current, present) if verdict == "pass" else current
    assert current == first
    assert verdict == "regression"


def test_an_update_without_a_change_changes_nothing_and_the_order_does_not_matter() -> None:
    a, b = expected("a", made()), expected("b", made())
    old = accepted(baseline(), baseline(b, a))
    assert [one.name for one in old.statements] == ["a", "b"]
    assert accepted(old, baseline(b, a)) == old
    done = updated(old, baseline(a), compare(old, baseline(a)))
    assert (done.new, done.changed, done.removed) == (0, 0, 1)


def test_an_update_takes_names_and_new_statements() -> None:
    a = expected("a", made())
    old = baseline(a)
    new = accepted(old, baseline(replace(a, name="z"), expected("b", made(), sql="DELETE FROM x")))
    assert [one.name for one in new.statements] == ["b", "z"]


def test_an_update_leaves_what_is_ignored_as_it_was_with_the_tables_that_it_reads() -> None:
    a, report = expected("a", made(100, INDEXED)), expected("report_a", made(9, Read("public.log", "Seq Scan")))
    old = replace(baseline(a, report), tables=(table("public.log"), ORDERS))
    present = baseline(expected("a", made(300, WHOLE)), rows=1e6)
    compared, ignored = without(old, ("report_*",))
    assert (compared.statements, ignored) == ((a,), (report,))
    done = updated(old, present, compare(compared, present), ("report_*",))
    assert (done.new, done.changed, done.removed, done.ignored) == (0, 1, 0, 1)
    assert done.baseline.statements == (*present.statements, report)
    assert [one.name for one in done.baseline.tables] == ["public.log", "public.orders"]


def test_an_update_takes_what_was_measured_for_the_first_time_and_keeps_the_plan() -> None:
    first, later = Measured(10, 20, 0), Measured(10, 21, 0)
    planned = baseline(expected("a", made(100, INDEXED)))
    run = baseline(replace(expected("a", made(104, INDEXED)), measured=first))
    done = updated(planned, run, compare(planned, run))
    assert done.changed == 1
    assert done.baseline.statements == (replace(planned.statements[0], measured=first),)
    again = baseline(replace(run.statements[0], measured=later))
    assert accepted(done.baseline, again) == done.baseline
    assert accepted(done.baseline, planned) == done.baseline


def test_an_update_tells_statements_of_one_name_and_fingerprint_apart() -> None:
    few, many = expected("a", made(100, INDEXED)), expected("a", made(200, INDEXED), sql="SELECT many")
    worse = replace(many, plans=(made(900, INDEXED),))
    assert accepted(baseline(few, many), baseline(few, worse)) == baseline(few, worse)
