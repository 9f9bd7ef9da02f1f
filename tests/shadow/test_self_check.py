"""The shadow plans TPC-H as its source does."""

from __future__ import annotations

from dbopt.postgres.session import connect
from dbopt.shadow.self_check import SelfCheck, self_check
from dbopt.shadow.what_if import what_if
from tests import tpch


def compared(dsn: str) -> SelfCheck:
    with connect(dsn) as session, what_if(session) as asked:
        return self_check(session, asked, tpch.workload())


def test_the_shadow_of_an_18_has_its_plans_and_costs(tpch18: str) -> None:
    check = compared(tpch18)
    assert (check.compared, check.same_shapes) == (22, 22)
    assert check.worst_cost_error < 0.001


def test_the_shadow_of_a_15_has_its_costs(tpch15: str) -> None:
    check = compared(tpch15)
    assert check.compared == 22
    assert check.median_cost_error < 0.001
    assert check.worst_cost_error < 0.10
