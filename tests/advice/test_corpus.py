"""The advisor's answers to the corpus are right, and so is the corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.advice import advisors
from tests.advice.case import Case, Kind, query
from tests.advice.cases import KINDS
from tests.advice.cases.rows import TEXT, fill, spread
from tests.advice.databases import loaded
from tests.advice.real import Measured, commands
from tests.advice.runner import ask
from tests.advice.truth import lies
from tests.advice.verdict import Proposal, judge
from tests.servers import Server

LEAST_RIGHT = 0.95  # of all cases

KNOWN = Case(
    "Orders by customer",
    """
    CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, open boolean NOT NULL, note text);
    CREATE INDEX orders_id ON orders (id);
    """
    + fill("orders", "n", spread(3000), f"{spread(20, 1)} = 0", TEXT),
    [query("SELECT * FROM orders WHERE customer = $1 AND open", ["17"]), query("SELECT nothing")],
    best=[["orders (customer) WHERE open"]],
    worse=[["orders (customer)"]],
    drop=["public.orders_id"],
    unplanned=["SELECT nothing"],
)
UNPLANNED = KNOWN.workload[1].id


@pytest.fixture(scope="module")
def measured(pg18: Server) -> Iterator[Measured]:
    with loaded(pg18, Kind("orders", [KNOWN])) as database:
        yield Measured(database.session, KNOWN.workload)


# -- the corpus -------------------------------------------------------------------------------------------------------


def test_the_advice_is_right(pg18: Server) -> None:
    judged = list(ask(pg18, KINDS, {"dbopt": advisors.dbopt}))
    wrong = [
        f"{one.kind}: {one.case.title}: {one.verdicts['dbopt'].why}" for one in judged if not one.is_right("dbopt")
    ]
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(judged), "\n".join(wrong)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_known_answers_are_better_than_those_that_are_called_worse(kind: Kind, pg18: Server) -> None:
    with loaded(pg18, kind) as database:
        found = [
            f"{case.title}: {lie}"
            for case in kind.cases
            for lie in lies(Measured(database.session, case.workload), case)
        ]
    assert not found, "\n".join(found)


def test_the_corpus_has_as_many_cases_as_a_figure_needs() -> None:
    counts = Counter(kind.name for kind in KINDS for _ in kind.cases)
    assert min(counts.values()) >= 3
    assert counts.total() >= 70


def test_every_case_has_a_title_of_its_own() -> None:
    titles = Counter((kind.name, case.title) for kind in KINDS for case in kind.cases)
    assert max(titles.values()) == 1


# -- the judge --------------------------------------------------------------------------------------------------------


def _verdict(measured: Measured, *definitions: str, case: Case = KNOWN, drop: str = "public.orders_id") -> str:
    return judge(measured, case, Proposal(commands(definitions), [drop] if drop else [], [UNPLANNED])).why


@pytest.mark.parametrize(
    "definition",
    [
        "public.orders USING btree (customer ASC NULLS LAST) WHERE (open)",
        "orders (customer) INCLUDE (id) WHERE open",
        "orders (customer) WHERE open = true",
    ],
)
def test_a_known_answer_is_right_in_other_words_too(definition: str, measured: Measured) -> None:
    assert not _verdict(measured, definition)


def test_an_answer_that_takes_more_storage_for_the_same_cost_is_wrong(measured: Measured) -> None:
    assert "bytes of indexes for" in _verdict(measured, "orders (customer, open)")


def test_an_answer_that_costs_more_is_wrong(measured: Measured) -> None:
    assert "times what it could" in _verdict(measured)


def test_an_index_that_cannot_be_built_is_wrong(measured: Measured) -> None:
    assert "cannot be built" in _verdict(measured, "orders (client)")
    assert not measured.indexes([])


def test_included_columns_count_where_the_case_is_about_them(measured: Measured) -> None:
    wider = ["orders (customer) INCLUDE (id) WHERE open"]
    assert not _verdict(measured, *wider)
    assert _verdict(measured, *wider, case=replace(KNOWN, covering=True))


def test_what_must_never_be_advised_is_wrong(measured: Measured) -> None:
    assert "must not" in _verdict(measured, *KNOWN.best[0], case=replace(KNOWN, never=["WHERE"]))


def test_an_answer_over_the_budget_is_wrong(measured: Measured) -> None:
    assert "budget" in _verdict(measured, *KNOWN.best[0], case=replace(KNOWN, budget_bytes=8192))


def test_the_indexes_that_should_go_go_and_no_others(measured: Measured) -> None:
    assert "could go" in _verdict(measured, *KNOWN.best[0], drop="")
    assert "must not go" in _verdict(measured, *KNOWN.best[0], case=replace(KNOWN, drop=()))


def test_a_statement_that_does_not_plan_must_be_named(measured: Measured) -> None:
    silent = Proposal(commands(KNOWN.best[0]), ["public.orders_id"])
    assert "does not plan" in judge(measured, KNOWN, silent).why


def test_a_case_is_not_true_where_what_it_calls_worse_is_not(measured: Measured) -> None:
    assert not lies(measured, KNOWN)
    turned = replace(KNOWN, best=KNOWN.worse, worse=KNOWN.best)
    assert any("does not beat" in lie for lie in lies(measured, turned))
