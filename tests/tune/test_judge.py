"""What is taken back, from what was measured: no server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import pytest

from dbopt.index.advice import StatementCost
from dbopt.timing.model import Timing, Timings
from dbopt.tune.judge import Effect, Index, decide, effects, saved_by
from dbopt.tune.model import Change, Observation, Use

NEW = Index("public.i", "create")
OTHER = Index("public.j", "create")
GONE = Index("public.old", "drop")


def effect(label: str, before: float, after: float, *, reads: str = "public.i", was_run: bool = True) -> Effect:
    outcome: Literal["faster", "slower", "same"] = (
        "same" if before == after else "faster" if after < before else "slower"
    )
    return Effect(label, label, outcome, before, after, was_run, frozenset({"public.old"}), frozenset({reads}))


def names(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.index, change.action) for change in changes]


def test_an_index_that_made_its_reader_faster_stays() -> None:
    assert decide([NEW], [effect("q", 10, 1)], []) == ()


def test_an_index_that_no_plan_reads_goes() -> None:
    (change,) = decide([OTHER], [effect("q", 10, 1)], [])
    assert (change.index, change.action, change.reason) == ("public.j", "undo", "no plan reads it")


def test_an_index_whose_readers_are_as_slow_as_before_goes() -> None:
    (change,) = decide([NEW], [effect("q", 10, 10)], [])
    assert change.reason == "q did not become faster by it"


def test_an_index_that_costs_more_than_it_saves_goes() -> None:
    (change,) = decide([NEW], [effect("quick", 10, 1), effect("slow", 10, 30)], [])
    assert (change.action, change.trial_ms) == ("undo", None)
    assert change.reason == "slow lost more by it than quick gained"


def test_an_index_that_costs_a_part_of_what_it_saves_goes_on_trial() -> None:
    (change,) = decide([NEW], [effect("quick", 100, 1), effect("slow", 10, 30)], [])
    assert (change.action, change.affected, change.trial_ms) == ("undo", ("quick", "slow"), 31)


def test_an_index_that_costs_next_to_nothing_stays_without_a_trial() -> None:
    assert decide([NEW], [effect("quick", 1000, 1), effect("slow", 10, 30)], []) == ()


def test_of_two_only_the_worse_goes_on_trial() -> None:
    seen = [
        effect("quick", 100, 1),
        effect("slow", 10, 30),
        effect("quick too", 100, 1, reads="public.j"),
        effect("slower", 10, 60, reads="public.j"),
    ]
    assert names(decide([NEW, OTHER], seen, [])) == [("public.j", "undo")]


TRIAL = Change("public.i", "undo", "slow became slower by it", ("quick", "slow"), 31.0)


def test_a_trial_that_makes_things_worse_is_taken_back() -> None:
    seen = [effect("quick", 100, 100, reads="public.pkey"), effect("slow", 10, 10, reads="public.pkey")]
    (change,) = decide([NEW], seen, [TRIAL])
    assert (change.index, change.action) == ("public.i", "redo")
    assert change.reason == "without it, its 2 readers took 3.55 times as long"


@pytest.mark.parametrize(
    ("time", "blocks", "is_given_up"),
    [
        (9.7, 900, True),
        (11.5, 900, True),
        (11.5, 100, False),
        (12.4, 104, False),
        (13.0, 100, True),
        (7.9, 900, False),
    ],
)
def test_a_trial_is_given_up_where_blocks_say_so_and_time_does_not_object_or_time_clearly(
    time: float, blocks: float, is_given_up: bool
) -> None:
    trial = Change("public.i", "undo", "", ("q",), 10.0, 100.0)
    seen = [replace(effect("q", 100, time, reads="public.pkey"), blocks=blocks)]
    assert names(decide([NEW], seen, [trial])) == ([("public.i", "redo")] if is_given_up else [])


def test_a_trial_that_helps_stays() -> None:
    seen = [effect("quick", 100, 15, reads="public.pkey"), effect("slow", 10, 10, reads="public.pkey")]
    assert decide([NEW], seen, [TRIAL]) == ()


def test_of_indexes_that_one_statement_reads_together_the_least_promising_goes_on_trial() -> None:
    both = Effect("q", "q", "faster", 10, 1, True, frozenset(), frozenset({"public.i", "public.j"}))
    promising = Index("public.i", "create", (StatementCost("q", 100, 50),))
    doubtful = Index("public.j", "create", (StatementCost("q", 100, 90),))
    (change,) = decide([promising, doubtful], [both], [])
    assert (change.index, change.affected, change.trial_ms) == ("public.j", ("q",), 1)
    alone = Effect("q", "q", "faster", 10, 0.9, True, frozenset(), frozenset({"public.i"}))
    assert decide([promising, doubtful], [alone], [change]) == ()


def test_an_index_goes_on_trial_that_another_new_one_of_its_table_could_stand_in_for() -> None:
    alone = Effect("q", "q", "faster", 10, 1, True, frozenset(), frozenset({"public.i"}))
    read = Index("public.i", "create", (StatementCost("q", 100, 80),), "public.t")
    unread = Effect("r", "r", "faster", 10, 1, True, frozenset(), frozenset({"public.j"}))
    beside = Index("public.j", "create", (StatementCost("r", 100, 1),), "public.t")
    elsewhere = Index("public.j", "create", (StatementCost("r", 100, 1),), "public.u")
    assert names(decide([read, beside], [alone, unread], [])) == [("public.i", "undo")]
    assert decide([read, elsewhere], [alone, unread], []) == ()


def test_an_index_is_certain_once_the_others_are_gone() -> None:
    both = Effect("q", "q", "faster", 10, 1, True, frozenset(), frozenset({"public.i"}))
    indexes = [
        Index("public.i", "create", (StatementCost("q", 100, 50),), "public.t"),
        Index("public.j", "create", (StatementCost("q", 100, 90),), "public.t"),
    ]
    assert decide(indexes, [both], [Change("public.j", "undo", "no plan reads it")]) == ()


def test_an_index_without_which_the_planner_sees_three_times_the_cost_needs_no_trial() -> None:
    both = Effect("q", "q", "faster", 10, 1, True, frozenset(), frozenset({"public.i", "public.j"}))
    needed = [Index(name, "create", (StatementCost("q", 100, 20),)) for name in ("public.i", "public.j")]
    assert decide(needed, [both], []) == ()
    quick = [replace(one, build_ms=5_000.0) for one in needed]
    assert names(decide(quick, [both], [])) == [("public.j", "undo")]
    slow = [replace(one, build_ms=600_000.0) for one in needed]
    assert decide(slow, [both], []) == ()


def test_nothing_is_tried_twice() -> None:
    seen = [effect("quick", 100, 1), effect("slow", 10, 30)]
    redone = Change("public.i", "redo", "")
    assert decide([NEW], seen, [TRIAL, redone]) == ()


def test_an_index_that_was_built_again_and_that_no_plan_reads_any_more_goes_for_good() -> None:
    redone = Change("public.i", "redo", "")
    seen = [effect("quick", 100, 1, reads="public.j"), effect("slow", 10, 5, reads="public.j")]
    (change,) = decide([NEW], seen, [TRIAL, redone])
    assert (change.index, change.action, change.reason) == ("public.i", "undo", "no plan reads it")
    assert decide([NEW], seen, [TRIAL, redone, change]) == ()


def test_a_dropped_index_comes_back_where_a_former_reader_lost() -> None:
    assert names(decide([GONE], [effect("q", 1, 10, reads="public.pkey")], [])) == [("public.old", "undo")]
    assert decide([GONE], [effect("q", 1, 1, reads="public.pkey")], []) == ()


def test_an_index_for_what_was_not_run_and_shows_in_no_plan_stays() -> None:
    deletes = Index("public.j", "create", promised=(StatementCost("delete", 5, 1),))
    assert decide([deletes], [effect("delete", 5, 5, was_run=False)], []) == ()


def test_what_is_saved_is_of_what_was_run() -> None:
    seen = [effect("q", 10, 1), effect("update", 1000, 1, was_run=False)]
    assert saved_by(NEW, seen) == 9
    assert saved_by(NEW, seen[1:]) is None


# -- from observations ------------------------------------------------------------------------------------------------


def timing(
    ms: float | None, key: str = "a", blocks: float = 100, noise: float = 0.001, limit: float | None = None
) -> Timing:
    runs = () if ms is None else tuple(ms * (1 + noise * number) for number in (-2, -1, 0, 1, 2))
    return Timing(key, "SELECT 1", runs, ms, 1, blocks, 0, 0, "Seq Scan", None, timeout_ms=limit)


def seen(before: Timing, after: Timing, costs: tuple[float, float] = (1, 1), **weights: float) -> Effect:
    old, new = (
        Observation(Timings("18.1", {}, (one,)), (Use(one.id, one.name, cost, ("public.i",)),))
        for one, cost in zip((before, after), costs, strict=True)
    )
    (found,) = effects(old, new, weights)
    return found


def test_times_are_weighted() -> None:
    found = seen(timing(10, noise=0), timing(1, noise=0), a=7)
    assert (found.outcome, found.before, found.after, found.saved) == ("faster", 70, 7, 63)


def test_the_fastest_run_counts() -> None:
    found = seen(timing(10, noise=0.1), timing(1, noise=0))
    assert (found.before, found.after) == (8, 1)


def test_a_time_limit_counts_as_time() -> None:
    found = seen(timing(None, limit=1000), timing(1))
    assert (found.outcome, found.before, found.was_run) == ("faster", 1000, True)


@pytest.mark.parametrize(("blocks", "outcome"), [(50, "faster"), (95, "same")])
def test_where_noise_hides_the_time_the_blocks_decide(blocks: float, outcome: str) -> None:
    assert seen(timing(10, noise=0.4), timing(9, noise=0.4, blocks=blocks)).outcome == outcome


@pytest.mark.parametrize(("costs", "outcome"), [((100, 50), "faster"), ((100, 95), "same"), ((100, 150), "slower")])
def test_what_was_not_run_is_judged_by_its_cost(costs: tuple[float, float], outcome: str) -> None:
    found = seen(timing(None), timing(None), costs)
    assert (found.outcome, found.was_run) == (outcome, False)


def test_statements_that_share_id_and_name_are_told_apart_by_their_place() -> None:
    def side(*times: float) -> Observation:
        timings = tuple(timing(ms) for ms in times)
        return Observation(Timings("18.1", {}, timings), tuple(Use(one.id, None, 1) for one in timings))

    weights: Mapping[str, float] = {}
    assert [one.outcome for one in effects(side(10, 20), side(10, 2), weights)] == ["same", "faster"]
