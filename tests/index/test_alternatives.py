"""Why others were not taken. The planner here is a formula: the best of the indexes that are there is used, and a
statement costs what a table says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dbopt.index.alternatives import MOST, MOST_ASKED, alternatives
from dbopt.index.candidates import repeats
from dbopt.index.costs import Answer, Configuration, Costs
from dbopt.index.model import Index, Key
from dbopt.index.problem import Problem
from tests.index.advising import advise_by_shadow, statement
from tests.index.shop import SHOP
from tests.servers import Database

BASE = 1000.0
MB = 1024 * 1024


def an_index(*columns: str, table: str = "orders") -> Index:
    return Index("public", table, tuple(map(Key, columns)))


TAKEN, OTHER, THIRD = an_index("customer_id"), an_index("total"), an_index("status")
KEY = an_index("id", "total")


class Advisor:
    """`costs` of each of some equal statements with each index alone; one more stays as it is."""

    def __init__(
        self,
        costs: Mapping[Index, float],
        *,
        writes: Mapping[Index, float] | None = None,
        budget: int | None = None,
        statements: int = 2,
    ) -> None:
        self.statements = range(statements)
        self.offers = costs
        self.calls = 0
        self.costs = Costs(
            self._ask, [BASE] * (statements + 1), lambda number, index: number < statements and index in costs
        )
        self.problem = Problem(
            self.costs,
            [1 / statements] * statements + [1.0],
            lambda index: MB * len(index.keys),
            lambda index: (writes or {}).get(index, 0.0),
            budget,
            lambda index: repeats(index, SHOP),
        )

    def _ask(self, _: int, indexes: Configuration) -> Answer:
        self.calls += 1
        cost, best = min((self.offers[index], index) for index in indexes)
        return Answer(cost, frozenset((best,)) if cost < BASE else frozenset())

    def _ask_cost(self, number: int, indexes: Configuration) -> float:
        return self._ask(number, indexes).cost

    def why_not(self, *asked: Collection[Index]) -> list[tuple[str, str]]:
        """What speaks against each, after the planner was asked about these sets."""
        chosen = frozenset((TAKEN,))
        for number in self.statements:
            for indexes in (chosen, *map(frozenset, asked)):
                self.costs.cost(number, indexes)
        self.calls = 0
        found = alternatives(TAKEN, chosen, self.problem, self.offers, SHOP, self._ask_cost)
        return [(", ".join(one.columns), one.reason) for one in found]


def test_the_best_comes_first_with_what_it_would_cost() -> None:
    advisor = Advisor({TAKEN: 200, OTHER: 260, THIRD: 800})
    assert advisor.why_not({OTHER}, {THIRD}) == [
        ("total", "the workload is 5.0 % dearer with it"),
        ("status", "the workload is 50.0 % dearer with it"),
    ]
    assert advisor.calls == 0


def test_what_no_plan_reads_is_said_to_be_never_read() -> None:
    assert Advisor({TAKEN: 200, OTHER: BASE}).why_not({OTHER}) == [("total", "the planner never reads it")]


def test_what_is_too_large_is_said_not_to_fit() -> None:
    advisor = Advisor({TAKEN: 200, an_index("total", "status"): 100}, budget=MB)
    assert advisor.why_not({an_index("total", "status")}) == [
        ("total, status", "does not fit the budget: 2,048 kB where 1,024 kB are left")
    ]


def test_what_costs_more_writes_than_it_saves_is_said_so() -> None:
    advisor = Advisor({TAKEN: 200, OTHER: 100}, writes={OTHER: 950.0})
    assert advisor.why_not({OTHER}) == [("total", "costs more writes than it saves")]


def test_what_repeats_a_key_is_said_to() -> None:
    advisor = Advisor({TAKEN: 200, KEY: 190})
    assert advisor.why_not({KEY}) == [("id, total", "begins like public.orders_pkey and saves too little for that")]


def test_what_is_a_little_better_and_larger_is_said_to_be_both() -> None:
    advisor = Advisor({TAKEN: 200, an_index("total", "status"): 190})
    assert advisor.why_not({an_index("total", "status")}) == [
        ("total, status", "saves 0.8 % more and is 1,024 kB larger")
    ]


def test_where_the_known_plans_leave_a_doubt_the_planner_is_asked_a_few_times() -> None:
    columns = ("total", "status", "placed_at", "paid", "id")
    advisor = Advisor({TAKEN: 200} | {an_index(name): 300 for name in columns})
    found = advisor.why_not()
    assert len(found) == MOST
    assert [reason for _, reason in found][:2] == [
        "the workload is 8.3 % dearer with it",
        "no plan that was tried reads it",
    ]
    assert advisor.calls == MOST_ASKED


def test_a_cost_that_is_not_certain_is_said_to_be_an_upper_bound() -> None:
    """Two of the four statements are asked."""
    advisor = Advisor({TAKEN: 200, OTHER: 300}, statements=4)
    assert advisor.why_not() == [("total", "the workload is up to 37.5 % dearer with it")]


def test_indexes_of_other_tables_are_no_alternatives() -> None:
    assert Advisor({TAKEN: 200, an_index("id", table="customers"): 300}).why_not() == []


def test_advice_says_what_changes_and_why_not_another(shop: Database) -> None:
    advice = advise_by_shadow(
        shop,
        statement("SELECT * FROM items WHERE sku LIKE 'SKU-77%' AND quantity = 2"),
        statement("SELECT * FROM orders WHERE customer_id = 17"),
    )
    changes = {one.columns: one.plan_change for one in advice.create}
    assert changes["customer_id",] == "Seq Scan on orders -> Bitmap Heap Scan using orders_customer_id_idx"
    assert all(one.build_ms and one.build_ms > 1 for one in advice.create)
    other = next(one for one in advice.create if one.table == "public.items").alternatives
    assert other
    assert all(one.size_bytes > 0 and one.reason for one in other)
    assert [one for one in other if "the workload is" in one.reason]
