"""Which of many candidates the planner would take: it is asked about all of them at once. Pure over `Costs`.

Per statement: all candidates of one key column together, then those of up to two, and so on; what a plan reads is
harvested. Each round is asked again without its harvest, for the second best, which a budget may prefer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from dbopt.index.costs import Configuration, Costs
from dbopt.index.model import Index

MOST_AGAIN = 3  # rounds without what was harvested before
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
    pool: set[Index] = set()
    teams: set[Configuration] = set()
    for number, indexes in enumerate(candidates):
        on_progress(number)
        for team in _teams(costs, number, indexes, max_columns):
            pool |= team
            teams.add(team)
    every: Configuration = frozenset().union(*candidates)
    pool |= every.intersection([narrower for index in pool for narrower in narrowed(index)])
    return Harvest(every, frozenset(pool), frozenset(team for team in teams if len(team) > 1))


def _teams(costs: Costs, number: int, indexes: Configuration, max_columns: int) -> list[Configuration]:
    base = costs.cost(number, frozenset())
    found = []
    for left in _rounds(indexes, max_columns):
        for _ in range(MOST_AGAIN):
            answer = costs.answer(number, left)
            if not answer.used or answer.cost >= WORTHWHILE * base:
                break
            found.append(answer.used)
            left -= answer.used
    return found


def _rounds(indexes: Configuration, max_columns: int) -> Iterator[Configuration]:
    """B-trees over all rows by width, without and with what they include; those over some rows beside them; then each
    other access method alone, which the planner would not take beside a b-tree, though it may be far smaller.
    """
    plain = frozenset(index for index in indexes if index.method == "btree" and not index.predicate)
    for width in range(1, max_columns + 1):
        for covering in (False, True):
            yield frozenset(index for index in plain if index.width <= width and (covering or not index.include))
    partial = frozenset(index for index in indexes if index.method == "btree" and index.predicate)
    if partial:
        yield plain | partial
        yield partial
    for method in sorted({index.method for index in indexes} - {"btree"}):
        yield frozenset(index for index in indexes if index.method == method)


def narrowed(index: Index) -> list[Index]:
    """The index without what it includes, and with fewer keys: cheaper ones that may do almost as well."""
    if index.method != "btree":
        return []
    shorter = [replace(index, keys=index.keys[:width], include=()) for width in range(1, index.width)]
    return [*shorter, replace(index, include=())] if index.include else shorter
