"""Which of many candidates the planner would take: it is asked about all of them at once. Pure over `Costs`.

Per statement: the candidates of all statements that it could read, since what is asked at once need not be asked index
by index later, however many statements share a table; its cost is then the least that it can have. Then its own ones in
rounds; what a plan reads is harvested, and each round is asked again without its harvest, for the second best, which a
budget may prefer. So many calls a statement, whatever the others are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from dbopt.index.costs import Configuration, Costs
from dbopt.index.model import Index

MOST_AGAIN = 3  # rounds without what was harvested before
MOST_OFFERED = 400  # at once of the candidates of other statements: planning takes longer with each
WORTHWHILE = 0.99  # a plan dearer than this share of the plan without indexes has nothing to harvest


@dataclass(frozen=True)
class Harvest:
    """`candidates` are all that the planner knows; `pool` those that some plan reads, and narrower ones; `teams` are
    sets that one plan reads together.
    """

    candidates: Configuration
    pool: Configuration
    teams: frozenset[Configuration]


def harvest(
    costs: Costs,
    candidates: Sequence[Configuration],
    max_columns: int,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Harvest:
    """Harvest every statement; `candidates` are by statement number."""
    every: Configuration = frozenset().union(*candidates)
    teams: set[Configuration] = set()
    for number, indexes in enumerate(candidates):
        on_progress(number)
        teams.update(_teams(costs, number, indexes, every, max_columns))
    pool: Configuration = frozenset().union(*teams)
    for number, indexes in enumerate(candidates):
        if len(costs.relevant(number, every)) > MOST_OFFERED:
            teams.add(costs.answer(number, costs.relevant(number, indexes | pool)).used)
    pool = pool.union(*teams)
    pool |= every.intersection([narrower for index in pool for narrower in narrowed(index)])
    return Harvest(every, pool, frozenset(team for team in teams if len(team) > 1))


def widened(costs: Costs, harvested: Harvest, fresh: Configuration) -> Harvest:
    """The harvest with further indexes, each as good as harvested. What a statement costs at least is known under all
    candidates at once only: those that could read one of these are asked again.
    """
    every = harvested.candidates | fresh
    teams = set(harvested.teams)
    for number in costs.statements(fresh):
        readable = costs.relevant(number, every)
        if len(readable) <= MOST_OFFERED:
            teams.add(costs.answer(number, readable).used)
    return Harvest(every, (harvested.pool | fresh).union(*teams), frozenset(team for team in teams if len(team) > 1))


def _teams(
    costs: Costs, number: int, own: Configuration, every: Configuration, max_columns: int
) -> list[Configuration]:
    base = costs.cost(number, frozenset())
    readable = costs.relevant(number, every)
    found = [costs.answer(number, readable).used] if len(readable) <= MOST_OFFERED else []
    for left in _rounds(own, max_columns):
        for _ in range(MOST_AGAIN):
            answer = costs.answer(number, left)
            if not answer.used or answer.cost >= WORTHWHILE * base:
                break
            found.append(answer.used)
            left -= answer.used
    return found


def _rounds(indexes: Configuration, max_columns: int) -> Iterator[Configuration]:
    """The widest first: where the planner takes a narrow one of all, the rounds of narrower ones are answered already.
    B-trees over all rows with those over some; those over all rows by width, with and without what they include; then
    those over some, and each other access method alone, which the planner would not take beside a b-tree, though it may
    be far smaller.
    """
    plain = frozenset(index for index in indexes if index.method == "btree" and not index.predicate)
    partial = frozenset(index for index in indexes if index.method == "btree" and index.predicate)
    if partial:
        yield plain | partial
    for width in range(max_columns, 0, -1):
        for covering in (True, False):
            yield frozenset(index for index in plain if index.width <= width and (covering or not index.include))
    if partial:
        yield partial
    for method in sorted({index.method for index in indexes} - {"btree"}):
        yield frozenset(index for index in indexes if index.method == method)


def narrowed(index: Index) -> list[Index]:
    """The index without what it includes, and with fewer keys: cheaper ones that may do almost as well."""
    if index.method != "btree":
        return []
    shorter = [replace(index, keys=index.keys[:width], include=()) for width in range(1, index.width)]
    return [*shorter, replace(index, include=())] if index.include else shorter
