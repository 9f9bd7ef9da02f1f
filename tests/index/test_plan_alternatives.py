"""Plans beside the best one: what becomes known of a statement, and at how many calls."""

from __future__ import annotations

from dbopt.index.costs import Answer, Configuration, Costs
from dbopt.index.model import Index, Key
from dbopt.index.plan_alternatives import MOST_FOR_STATEMENT, explore

A, B, C, D = (Index("public", "t", (Key(name),)) for name in "abcd")
PLANS = [Answer(10, frozenset((A, B))), Answer(20, frozenset((A,))), Answer(30, frozenset((C,)))]
NOTHING: Configuration = frozenset()


def costs(plans: list[Answer], asked: list[Configuration]) -> Costs:
    def ask(_: int, indexes: Configuration) -> Answer:
        asked.append(indexes)
        return min(
            (one for one in plans if one.used <= indexes), key=lambda one: one.cost, default=Answer(100, NOTHING)
        )

    return Costs(ask, [100.0], lambda *_: True)


def test_every_plan_that_is_best_under_some_part_of_the_pool_becomes_known() -> None:
    known = costs(PLANS, [])
    explore(known, [0], frozenset((A, B, C, D)))
    assert {one.used for one in known.plans(0)} >= {one.used for one in PLANS}


def test_a_plan_hardly_cheaper_than_none_is_not_taken_apart() -> None:
    asked: list[Configuration] = []
    explore(costs([Answer(99.5, frozenset((A,))), Answer(99.7, frozenset((B,)))], asked), [0], frozenset((A, B)))
    assert len(asked) == 2  # the whole pool, and the pool without A; not without B besides


def test_it_asks_only_so_much_of_a_statement() -> None:
    many = [Index("public", "t", (Key(f"c{number}"),)) for number in range(200)]
    asked: list[Configuration] = []
    plans = [Answer(10 + number / 10, frozenset((one,))) for number, one in enumerate(many)]
    explore(costs(plans, asked), [0], frozenset(many))
    assert len(asked) == MOST_FOR_STATEMENT
