"""The best set of indexes by the plans that are known, found without a question to the planner. Pure.

A plan that reads the indexes U is open to the planner under every set that holds U, so that the cheapest known plan
whose indexes are all in a set is an upper bound of the statement's cost: a set that is better by this bound is better
indeed. Which set is best by it is an integer program, that of CoPhy (Dash, Polyzotis and Ailamaki, PVLDB 4(6), 2011):
a variable for each index, and one for each plan, of which every statement takes one whose indexes are all there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from dbopt.index.costs import Answer, Configuration
from dbopt.index.integer_program import Program
from dbopt.index.model import Index


def best_set(
    plans: Sequence[Iterable[Answer]],
    weights: Sequence[float],
    size: Callable[[Index], int],
    write_cost: Callable[[Index], float],
    budget_bytes: int | None,
    max_per_table: int | None = None,
) -> Configuration | None:
    """From the answers of each statement, among them one that uses no index. None where the search was given up."""
    known = [list(_undominated(answers)) for answers in plans]
    indexes = sorted({index for answers in known for answer in answers for index in answer.used})
    program = Program()
    variables = {index: program.variable(write_cost(index), whole=True) for index in indexes}
    if budget_bytes is not None:
        program.limit({variables[index]: float(size(index)) for index in indexes}, float(budget_bytes))
    if max_per_table is not None:
        limit_tables(program, variables, max_per_table)
    for answers, weight in zip(known, weights, strict=True):
        _take_one(program, answers, weight, variables)
    found = program.minimise()
    return None if found is None else frozenset(index for index in indexes if variables[index] in found)


def limit_tables(program: Program, variables: Mapping[Index, int], most: int) -> None:
    """No more indexes of one table; `variables` are those of the indexes."""
    for table in sorted({(index.schema, index.table) for index in variables}):
        beside = [index for index in variables if (index.schema, index.table) == table]
        if len(beside) > most:
            program.row({variables[index]: 1.0 for index in beside}, most=float(most))


def _take_one(program: Program, answers: Sequence[Answer], weight: float, variables: dict[Index, int]) -> None:
    """One plan of a statement. No more of its plans than of an index that they read."""
    taken = {program.variable(weight * answer.cost): answer for answer in answers}
    program.row(dict.fromkeys(taken, 1.0), least=1.0, most=1.0)
    for index in sorted(frozenset[Index]().union(*(answer.used for answer in answers))):
        reading = {plan: 1.0 for plan, answer in taken.items() if index in answer.used}
        program.row({**reading, variables[index]: -1.0}, most=0.0)


def _undominated(answers: Iterable[Answer]) -> Iterator[Answer]:
    """Without plans that read all that a cheaper one reads."""
    kept: list[Configuration] = []
    for answer in sorted(answers, key=lambda one: (one.cost, len(one.used), sorted(one.used))):
        if not any(other <= answer.used for other in kept):
            kept.append(answer.used)
            yield answer
