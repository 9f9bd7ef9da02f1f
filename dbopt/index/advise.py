"""Index advice for a workload: candidates, what the planner makes of them, a selection, and what may go."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache

from dbopt.errors import NothingToDo
from dbopt.index import maintenance, wording
from dbopt.index.advice import Advice, CreateAdvice, NotAdvised, StatementCost
from dbopt.index.candidates import MAX_INCLUDED_COLUMNS, Allowed, repeats
from dbopt.index.costs import Configuration, Costs
from dbopt.index.harvest import harvest
from dbopt.index.maintenance import Condition
from dbopt.index.model import Index
from dbopt.index.naming import Names
from dbopt.index.questions import OnProgress, Question, Questions, answer, prepare, whole
from dbopt.index.selection import Problem, select
from dbopt.index.tidy import Tidied, tidy
from dbopt.index.trials import Trials
from dbopt.index.what_if import WhatIf
from dbopt.index.write_cost import write_cost
from dbopt.index.writes import writes_of
from dbopt.postgres.identifiers import qualified
from dbopt.postgres.schema import Catalog
from dbopt.workload.model import Workload

CALLS = 1400
CALLS_PER_STATEMENT = 25
_NOTICEABLE = 1e-6  # relative change of a cost that is more than rounding


def advise(
    workload: Workload,
    catalog: Catalog,
    what_if: WhatIf,
    *,
    budget_bytes: int | None = None,
    max_columns: int = 3,
    max_included: int = MAX_INCLUDED_COLUMNS,
    repeat_keys: bool = False,
    plain: bool = False,
    drop: bool = True,
    snapshot_name: str | None = None,
    on_progress: OnProgress | None = None,
    max_calls: int | None = None,
    condition: Condition | None = None,
) -> Advice:
    """Advise on the indexes of a workload. The planner is asked at most about `max_calls` configurations in the search
    (by default CALLS and CALLS_PER_STATEMENT more for each statement). `repeat_keys` allows indexes that begin with the
    columns of a primary key or unique index, and asks no more of them than of others; `plain` allows only b-trees over
    columns. `condition` is what is known of the tables' state; without it nothing but indexes is advised on.
    Deterministic, but for `elapsed_ms`.

    Raises NothingToDo for a workload without a statement, or without one that plans.
    """
    started = time.monotonic()
    tell = on_progress or (lambda *_: None)
    questions = _ask(workload, catalog, what_if, Allowed(max_columns, max_included, repeat_keys, plain), tell)
    problem = _problem(questions, workload, catalog, what_if, budget_bytes, max_calls)
    if repeat_keys:
        problem = replace(problem, repeats=lambda _: False)
    chosen = _choose(problem, questions, max_columns, tell)
    tell(0, 1, "looking for needless indexes")
    create = _create(chosen, problem, questions, catalog)
    trials = Trials(questions.asked, chosen, what_if, catalog)
    tidied = tidy(trials, problem, create) if drop else Tidied()
    upkeep = maintenance.examine(condition, trials, problem.weights) if condition is not None else ()
    every = range(len(questions.asked))
    return Advice(
        what_if=what_if.name,
        server_version=what_if.server_version,
        snapshot=snapshot_name,
        budget_bytes=budget_bytes,
        cost_before=sum(problem.weights[n] * problem.costs.cost(n, frozenset()) for n in every),
        cost_after=sum(problem.weights[n] * problem.costs.cost(n, chosen) for n in every) + tidied.cost_change,
        storage_bytes=problem.bytes(chosen) + sum(one.size_bytes for one in tidied.create),
        create=(*create, *tidied.create),
        drop=tidied.drop,
        not_advised=_not_advised(workload, questions, problem, chosen),
        planner_calls=what_if.planner_calls,
        elapsed_ms=1000 * (time.monotonic() - started),
        freed_bytes=tidied.freed_bytes,
        freed_write_cost=tidied.freed_write_cost,
        maintain=upkeep,
    )


def _ask(workload: Workload, catalog: Catalog, what_if: WhatIf, allowed: Allowed, tell: OnProgress) -> Questions:
    if not workload.statements:
        raise NothingToDo("the workload has no statement", hint="capture one with `dbopt capture`")
    statements = tuple({(statement.id, statement.sql): statement for statement in workload.statements}.values())
    questions = prepare(statements, catalog, what_if, allowed, tell)
    if not questions.asked:
        reason = next(iter(questions.failed.values()))
        raise NothingToDo(
            f"none of the {len(statements)} statements plans; the first: {reason}",
            hint="was the workload captured from this database?",
        )
    return questions


def _problem(
    questions: Questions,
    workload: Workload,
    catalog: Catalog,
    what_if: WhatIf,
    budget_bytes: int | None,
    max_calls: int | None,
) -> Problem:
    asked = questions.asked
    writes = writes_of([(question.statement, question.tree) for question in asked], catalog)
    costs = Costs(
        lambda number, indexes: answer(asked[number], what_if, indexes),
        [question.cost for question in asked],
        lambda number, index: asked[number].may_use(index),
        CALLS + CALLS_PER_STATEMENT * len(workload.statements) if max_calls is None else max_calls,
    )
    return Problem(
        costs=costs,
        weights=[question.statement.weight for question in asked],
        size=cache(what_if.size_bytes),
        write_cost=cache(lambda index: write_cost(index, catalog, writes, _share(index, what_if))),
        budget_bytes=budget_bytes,
        repeats=lambda index: repeats(index, catalog),
    )


def _share(index: Index, what_if: WhatIf) -> float:
    """Of the table's rows that the index holds: as its size is to that of the same index over all rows."""
    full = whole(index)
    if full == index or not what_if.knows(full):
        return 1.0
    return min(what_if.size_bytes(index) / max(what_if.size_bytes(full), 1), 1.0)


def _choose(problem: Problem, questions: Questions, max_columns: int, tell: OnProgress) -> Configuration:
    fitting = [
        frozenset(index for index in question.candidates if problem.fits(frozenset((index,))))
        for question in questions.asked
    ]
    harvested = harvest(problem.costs, fitting, max_columns, lambda done: tell(done, len(fitting), "trying candidates"))
    tell(0, 1, "selecting")
    return select(problem, harvested)


# -- in words -------------------------------------------------------------------------------------------------------


def _create(
    chosen: Configuration, problem: Problem, questions: Questions, catalog: Catalog
) -> tuple[CreateAdvice, ...]:
    """The indexes, the one that saves most first."""
    advised = [_advice(index, chosen, problem, questions) for index in sorted(chosen)]
    order = sorted(range(len(advised)), key=lambda n: (-advised[n].cost_saved, n))
    names, indexes = Names(catalog), sorted(chosen)
    return tuple(_named(advised[n], indexes[n], names.choose(indexes[n]), catalog) for n in order)


def _advice(index: Index, chosen: Configuration, problem: Problem, questions: Questions) -> CreateAdvice:
    served = _served(index, chosen, problem, questions)
    saved = sum(question.statement.weight * (cost.cost_before - cost.cost_after) for question, cost in served)
    return CreateAdvice(
        sql="",
        undo_sql="",
        table=index.relation,
        access_method=index.method,
        columns=tuple(key.sql() for key in index.keys),
        include=index.include,
        predicate=index.predicate,
        size_bytes=problem.size(index),
        cost_saved=saved,
        write_cost=problem.write_cost(index),
        statements=tuple(cost for _, cost in served),
        reason=wording.of_index(index, served),
    )


def _served(
    index: Index, chosen: Configuration, problem: Problem, questions: Questions
) -> list[tuple[Question, StatementCost]]:
    """Statements that would cost more without the index, the one that gains most first."""
    without = chosen - {index}
    found = []
    for number, question in enumerate(questions.asked):
        before, after = problem.costs.cost(number, without), problem.costs.cost(number, chosen)
        if after < before * (1 - _NOTICEABLE):
            found.append((question, StatementCost(question.statement.id, before, after)))
    return sorted(found, key=lambda pair: -pair[0].statement.weight * (pair[1].cost_before - pair[1].cost_after))


def _named(advice: CreateAdvice, index: Index, name: str, catalog: Catalog) -> CreateAdvice:
    """A partitioned table takes no CONCURRENTLY: `dbopt apply` builds its indexes one partition at a time."""
    relation = catalog.find(index.schema, index.table)
    concurrently = relation is None or relation.kind != "p"
    word = "CONCURRENTLY " if concurrently else ""
    return replace(
        advice,
        sql=index.create_sql(name, concurrently=concurrently),
        undo_sql=f"DROP INDEX {word}IF EXISTS {qualified(index.schema, name)}",
    )


def _not_advised(
    workload: Workload, questions: Questions, problem: Problem, chosen: Configuration
) -> tuple[NotAdvised, ...]:
    """Every statement that no advised index makes cheaper, with the reason, in the order of the workload."""
    reasons = dict(questions.failed)
    for number, question in enumerate(questions.asked):
        before, after = problem.costs.cost(number, frozenset()), problem.costs.cost(number, chosen)
        if after >= before * (1 - _NOTICEABLE):
            best = problem.costs.least(number)
            reasons[question.statement.id] = wording.of_no_index(question, best)
    ids = dict.fromkeys(statement.id for statement in workload.statements)
    return tuple(NotAdvised(id_, reasons[id_]) for id_ in ids if id_ in reasons)
