"""The corpus: what is to be offered is offered, and no trap is walked into, verified or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dbopt.plan import execution
from dbopt.plan.execution import Limits
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.session import Session
from dbopt.rewrite.facts import Facts, read_facts
from dbopt.rewrite.offer import Offers, offer
from dbopt.rewrite.place import Place, on_server
from dbopt.rewrite.rules import NAMES
from dbopt.workload.files import single
from tests.rewrite.cases import NOTHING, OFFERED, SCHEMA, TRAPS, Case
from tests.rewrite.trapped import walked_into
from tests.servers import Server


@pytest.fixture(scope="module")
def session(pg18: Server) -> Iterator[Session]:
    name = pg18.create_database(SCHEMA)
    with pg18.connect(name) as session:
        session.script("SET timezone = 'Europe/Berlin'")
        yield session
    pg18.drop_database(name)


@pytest.fixture(scope="module")
def place(session: Session) -> Iterator[Place]:
    with on_server(session, Limits()) as place:
        yield place


@pytest.fixture(scope="module")
def facts(session: Session) -> Facts:
    return read_facts(session, read_catalog(session))


def offered(case: Case, place: Place) -> Offers:
    return offer(single(case.sql, case.values), place)


@pytest.mark.parametrize("case", OFFERED, ids=lambda case: case.name)
def test_a_rewrite_is_offered_where_it_helps(case: Case, place: Place) -> None:
    found = offered(case, place)
    assert [one.rules for one in found.rewrites] == [case.offers]
    assert all(one.gain >= 0.1 for one in found.rewrites)


@pytest.mark.parametrize("case", NOTHING, ids=lambda case: case.name)
def test_nothing_is_offered_for_what_is_fine(case: Case, place: Place) -> None:
    assert offered(case, place).rewrites == []


@pytest.mark.parametrize("case", TRAPS, ids=lambda case: case.name)
def test_a_rule_alone_refuses_a_trap(case: Case, session: Session, facts: Facts) -> None:
    """Without a planner's cost and without a proof; and the statement is one that the server takes."""
    execution.plan(session, single(case.sql, case.values).statements[0], Limits())
    assert walked_into(case, facts) is None


def test_the_corpus_is_large_enough_and_has_every_rule() -> None:
    assert len(OFFERED) + len(NOTHING) >= 60
    assert len(TRAPS) >= 30
    assert {rule for case in OFFERED for rule in case.offers} == set(NAMES)
    assert {case.refuses[0] for case in TRAPS if case.refuses} == set(NAMES)
