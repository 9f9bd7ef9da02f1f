"""What-if with indexes of every kind, against real ones on the same PostgreSQL and the same rows."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from psycopg import sql

from dbopt.plan.shape import shape
from dbopt.plan.tree import Plan, parse
from dbopt.postgres.session import Session, connect
from dbopt.shadow.what_if import ShadowWhatIf, what_if
from tests.servers import Server
from tests.shadow import kinds
from tests.shadow.kinds import Case
from tests.shadow.test_what_if import statement


@dataclass(frozen=True)
class Compared:
    """A statement's plan with the real index and with the hypothetical one."""

    real: Plan
    guessed: Plan

    @property
    def cost_error(self) -> float:
        return abs(self.guessed.cost / self.real.cost - 1)


@pytest.fixture(scope="module")
def source(pg18: Server) -> Iterator[Session]:
    with connect(pg18.dsn(pg18.create_database())) as session:
        for script in kinds.data():
            session.script(script)
        yield session


@pytest.fixture(scope="module")
def planner(source: Session) -> Iterator[ShadowWhatIf]:
    """A what-if to which all candidates are known at once, as in an advice."""
    with what_if(source) as asked:
        assert asked.prepare([case.index for case in kinds.CASES]) == {}
        yield asked


@pytest.fixture(scope="module")
def built(source: Session, planner: ShadowWhatIf) -> dict[Case, tuple[int, list[Compared]]]:
    """Each case's index was built: its size, and the plans."""
    return {case: _compare(source, planner, case) for case in kinds.CASES}


def _compare(source: Session, planner: ShadowWhatIf, case: Case) -> tuple[int, list[Compared]]:
    with source.rolled_back(read_only=False):
        source.script(case.index.create_sql("built_index"))
        if any(key.is_expression for key in case.index.keys):
            source.script(f"ANALYZE {case.index.relation}")
        size = source.fetch(sql.SQL("SELECT pg_relation_size('built_index') AS size"))[0]["size"]
        plans = [
            Compared(
                parse(source.fetch_workload(text, prefix="EXPLAIN (FORMAT JSON) ")[0]["QUERY PLAN"]),
                planner.estimate(statement(text), [case.index]).plan,
            )
            for text in case.statements
        ]
    return size, plans


def _unnamed(plan: Plan) -> str:
    return re.sub(r"built_index|dbopt_what_if_\d+", "it", shape(plan))


@pytest.mark.parametrize("case", kinds.CASES, ids=str)
def test_the_plan_is_that_of_the_real_index(built: dict[Case, tuple[int, list[Compared]]], case: Case) -> None:
    for compared in built[case][1]:
        assert _unnamed(compared.guessed) == _unnamed(compared.real)
        assert compared.cost_error < 0.2


@pytest.mark.parametrize("case", kinds.CASES, ids=str)
def test_the_size_is_near_the_real_one(
    built: dict[Case, tuple[int, list[Compared]]], planner: ShadowWhatIf, case: Case
) -> None:
    assert planner.size_bytes(case.index) == pytest.approx(built[case][0], rel=0.35, abs=2 * 8192)


def test_the_costs_are_nearly_all_the_same(built: dict[Case, tuple[int, list[Compared]]]) -> None:
    errors = [compared.cost_error for _, plans in built.values() for compared in plans]
    assert statistics.median(errors) < 0.005


def test_the_sizes_are_nearly_all_the_same(
    built: dict[Case, tuple[int, list[Compared]]], planner: ShadowWhatIf
) -> None:
    errors = [abs(planner.size_bytes(case.index) / size - 1) for case, (size, _) in built.items()]
    assert statistics.median(errors) < 0.05
