"""Which indexes of a set are worth having, and smaller ones that do almost as well. Pure over `Costs`."""

from __future__ import annotations

from dataclasses import replace

from dbopt.index.costs import Configuration
from dbopt.index.harvest import Harvest, narrowed
from dbopt.index.model import Index
from dbopt.index.problem import Problem

THRIFT = 0.05  # share of an index's benefit that is given up for a smaller one, and by which its readers become dearer
SMALL_PART, THRIFT_FOR_PART = 0.2, 0.5  # the same where an index over at most so large a share of the rows does
LESS_SPACE = 0.9  # share of an index's size that one of another kind may take in its place
MIN_SHARE = 0.01  # of a statement's cost that an index must save,
MIN_COST = 4.0  # and no less than the read of one random page each time it runs
MIN_SHARE_OF_PART = 0.5  # of the cost without it, of one over a small part of the rows of such another
MIN_SHARE_OF_REPEATED = 0.10  # asked, of the cost without any index, of one that begins like another


def drop_needless(problem: Problem, chosen: Configuration) -> Configuration:
    """Without the indexes that are not worth it, the least useful first."""
    while chosen:
        useless = [index for index in chosen if not is_worthwhile(problem, chosen, index)]
        if not useless:
            break
        chosen -= {min(useless, key=lambda index: (problem.gain(chosen - {index}, frozenset((index,))), index))}
    return chosen


def is_worthwhile(problem: Problem, chosen: Configuration, index: Index) -> bool:
    """Whether the index saves more than it costs, and a share of some statement that is worth an index."""
    return problem.gain(chosen - {index}, frozenset((index,))) > 0 and saves_enough(problem, chosen, index)


def saves_enough(problem: Problem, chosen: Configuration, index: Index) -> bool:
    """Whether the index saves a share of some statement that is worth an index."""
    without = chosen - {index}
    repeats = problem.repeats(index) or any(begins(index, other) for other in without)
    is_small = all(problem.size(index) <= SMALL_PART * problem.size(other) for other in without if begins(index, other))
    for number in problem.costs.statements(frozenset((index,))):
        before = problem.costs.cost(number, without)
        asked = MIN_SHARE * before
        if repeats:
            asked = MIN_SHARE_OF_REPEATED * problem.costs.cost(number, frozenset())
            if index.predicate and is_small:
                asked = min(asked, MIN_SHARE_OF_PART * before)
        if before - problem.costs.cost(number, chosen) >= max(asked, MIN_COST):
            return True
    return False


def begins(index: Index, other: Index) -> bool:
    """Whether the other serves what this one serves, if less well: its keys begin with the same, and it holds the same
    rows, or all. What BRIN and hash serve, a b-tree does.
    """
    if (index.schema, index.table) != (other.schema, other.table) or other.predicate not in ("", index.predicate):
        return False
    if other.method == "btree" and index.method in ("btree", "brin", "hash"):
        return other.keys[: index.width] == index.keys
    return other.method == index.method and other.columns == index.columns


def slim(problem: Problem, chosen: Configuration, harvest: Harvest) -> Configuration:
    """Smaller indexes where they do almost as well: narrower ones, which are useful to more statements of tomorrow, and
    those over fewer rows or by another method.
    """
    for index in sorted(chosen):
        without = chosen - {index}
        least = (1 - THRIFT) * problem.gain(without, frozenset((index,)))
        for smaller in _smaller(problem, index, harvest):
            trial = without | {smaller}
            if (
                not _ruins_one(problem, chosen, trial)
                and problem.change(chosen, trial) <= _bearable(problem, chosen, index, smaller)
                and problem.gain(without, frozenset((smaller,))) >= least
            ):
                chosen = trial
                break
    return chosen


def _ruins_one(problem: Problem, chosen: Configuration, trial: Configuration) -> bool:
    """Whether some statement becomes half as dear again, and by more than one page: a frequent one beside it does not
    make up for that.
    """
    for number in problem.costs.statements(chosen ^ trial):
        before, after = problem.costs.cost(number, chosen), problem.costs.cost(number, trial)
        if after > max((1 + THRIFT_FOR_PART) * before, before + 1.01 * MIN_COST):
            return True
    return False


def _bearable(problem: Problem, chosen: Configuration, index: Index, smaller: Index) -> float:
    """By how much the index's readers may become dearer: a little; for what it includes, one page of the table each
    time they run; for a small part of the rows in place of all, half as much again.
    """
    reads = problem.reads(chosen, index)
    if smaller == replace(index, include=()):
        runs = sum(problem.weights[number] for number in problem.costs.statements(frozenset((index,))))
        return max(THRIFT * reads, 1.01 * MIN_COST * runs)
    is_part = smaller.method == index.method and bool(smaller.predicate) and not index.predicate
    if is_part and problem.size(smaller) <= SMALL_PART * problem.size(index):
        return THRIFT_FOR_PART * reads
    return THRIFT * reads


def _smaller(problem: Problem, index: Index, harvest: Harvest) -> list[Index]:
    """What could stand in for the index, the smallest first."""
    narrower = harvest.candidates.intersection(narrowed(index))
    found = [other for other in narrower if problem.size(other) <= problem.size(index)]
    asked = set(problem.costs.statements(frozenset((index,))))
    found += [
        other
        for other in harvest.pool
        if (other.schema, other.table) == (index.schema, index.table)
        and (other.method, other.predicate) != (index.method, index.predicate)
        and problem.size(other) <= LESS_SPACE * problem.size(index)
        and not asked.isdisjoint(problem.costs.statements(frozenset((other,))))
    ]
    return sorted(dict.fromkeys(found), key=lambda other: (problem.size(other), other))
