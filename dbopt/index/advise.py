"""Index advice for a workload: candidates, what the planner makes of them, a selection, and what may go."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from typing import Any

from dbopt.errors import NothingToDo
from dbopt.index import maintenance, wording
from dbopt.index.advice import Advice, Alternative, CreateAdvice, NotAdvised, StatementCost
from dbopt.index.alternatives import alternatives
from dbopt.index.build_time import MAINTENANCE_WORK_MEM, build_ms
from dbopt.index.candidates import MAX_INCLUDED_COLUMNS, Allowed, repeats
from dbopt.index.costs import Configuration, Costs
from dbopt.index.explanations import Explainer
from dbopt.index.extension import Extender
from dbopt.index.harvest import Harvest, harvest, widened
from dbopt.index.maintenance import Condition
from dbopt.index.merging import merged
from dbopt.index.model import Index
from dbopt.index.problem import Problem
from dbopt.index.questions import OnProgress, Question, Questions, answer, prepare, whole
from dbopt.index.search import Search, names_of
from dbopt.index.selection import select
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
    drop: bool = True,
    snapshot_name: str | None = None,
    memory_bytes: int | None = None,
    on_progress: OnProgress | None = None,
    condition: Condition | None = None,
    **options: Any,
) -> Advice:
    """Search, with the options of `search`, and say what was found. `condition` is what is known of the tables' state;
    without it nothing but indexes is advised on. Deterministic, but for `elapsed_ms`.

    Raises NothingToDo for a workload without a statement, or without one that plans.
    """
    started = time.monotonic()
    found = search(workload, catalog, what_if, drop=drop, on_progress=on_progress, **options)
    if on_progress is not None:
        on_progress(0, 1, "looking for needless indexes" if drop else "explaining")
    advice = advice_of(found, drop=drop, snapshot_name=snapshot_name, memory_bytes=memory_bytes, condition=condition)
    return replace(advice, elapsed_ms=1000 * (time.monotonic() - started))


def search(
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
    max_per_table: int | None = None,
    on_progress: OnProgress | None = None,
    max_calls: int | None = None,
) -> Search:
    """Search the indexes that serve a workload best. The planner is asked at most about `max_calls` configurations (by
    default CALLS and CALLS_PER_STATEMENT more for each statement). `repeat_keys` allows indexes that begin with the
    columns of a primary key or unique index, and asks no more of them than of others; `plain` allows nothing but
    b-trees over columns; with `drop` new indexes may take the place of existing ones. No table gets more than
    `max_per_table` indexes. Raises NothingToDo.
    """
    tell = on_progress or (lambda *_: None)
    allowed = Allowed(max_columns, max_included, repeat_keys, plain)
    questions = _ask(workload, catalog, what_if, allowed, tell)
    problem = _problem(questions, workload, catalog, what_if, budget_bytes, max_calls)
    if repeat_keys:
        problem = replace(problem, repeats=lambda _: False)
    problem = replace(problem, max_per_table=max_per_table)
    harvested = _with_merged(_harvest(problem, questions, max_columns, tell), problem, what_if, max_included)
    tell(0, 1, "selecting")
    chosen = select(problem, harvested)
    extender = Extender(questions, problem, what_if, catalog, allowed, harvested, chosen)
    if drop:
        extender.run()
    chosen, harvested = extender.chosen, extender.harvest
    names = names_of(chosen, catalog)
    return Search(workload, catalog, what_if, questions, problem, harvested, chosen, names, allowed)


def advice_of(
    found: Search,
    *,
    drop: bool = True,
    snapshot_name: str | None = None,
    memory_bytes: int | None = None,
    condition: Condition | None = None,
) -> Advice:
    """What a search found, in words. `memory_bytes` is the maintenance_work_mem that indexes will be built with,
    PostgreSQL's default where it is not known.
    """
    problem, questions, chosen = found.problem, found.questions, found.chosen
    create = _create(found, memory_bytes or MAINTENANCE_WORK_MEM)
    trials = Trials(questions.asked, chosen, found.what_if, found.catalog)
    tidied = tidy(trials, problem, found.names, found.allowed) if drop else Tidied()
    upkeep = maintenance.examine(condition, trials, problem.weights) if condition is not None else ()
    every = range(len(questions.asked))
    reads = sum(problem.weights[n] * problem.costs.cost(n, chosen) for n in every) + tidied.cost_change
    bound = _bound(found, tidied, reads + sum(one.write_cost for one in (*create, *tidied.create)))
    return Advice(
        what_if=found.what_if.name,
        server_version=found.what_if.server_version,
        snapshot=snapshot_name,
        budget_bytes=problem.budget_bytes,
        cost_before=sum(problem.weights[n] * problem.costs.cost(n, frozenset()) for n in every),
        cost_after=reads,
        storage_bytes=problem.bytes(chosen) + sum(one.size_bytes for one in tidied.create),
        create=(*create, *tidied.create),
        drop=tidied.drop,
        not_advised=_not_advised(found.workload, questions, problem, chosen),
        planner_calls=found.what_if.planner_calls,
        elapsed_ms=None,
        freed_bytes=tidied.freed_bytes,
        freed_write_cost=tidied.freed_write_cost,
        maintain=upkeep,
        cost_bound=bound,
    )


def _bound(found: Search, tidied: Tidied, reached: float) -> float:
    """What the workload costs at least, its writes to new indexes too, whichever of the candidates and merged indexes
    are created. It costs `reached` under the advice.
    """
    costs = found.problem.costs
    with costs.besides(len(costs.statements(tidied.tried))):
        known = widened(costs, found.harvest, tidied.tried)
    return found.problem.bound(known.candidates, reached)


def _ask(workload: Workload, catalog: Catalog, what_if: WhatIf, allowed: Allowed, tell: OnProgress) -> Questions:
    if not workload.statements:
        raise NothingToDo("the workload has no statement", hint="capture one with `dbopt capture`")
    questions = prepare(workload.statements, catalog, what_if, allowed, tell)
    if not questions.asked:
        reason = next(iter(questions.failed.values()))
        raise NothingToDo(
            f"none of the {len(workload.statements)} statements plans; the first: {reason}",
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
    writes = writes_of([(one, question.tree) for question in asked for one in question.statements], catalog)
    costs = Costs(
        lambda number, indexes: answer(asked[number], what_if, indexes),
        [question.cost for question in asked],
        lambda number, index: asked[number].may_use(index),
        CALLS + CALLS_PER_STATEMENT * min(len(workload.statements), len(asked)) if max_calls is None else max_calls,
    )
    return Problem(
        costs=costs,
        weights=[question.weight for question in asked],
        size=cache(what_if.size_bytes),
        write_cost=cache(lambda index: write_cost(index, catalog, writes, _share(index, what_if))),
        budget_bytes=budget_bytes,
        repeats=lambda index: repeats(index, catalog),
    )


def _share(index: Index, what_if: WhatIf) -> float:
    """Of the table's rows that the index holds: as its size is to that of the same index over all rows."""
    full = whole(index)
    if full == index or not (what_if.knows(full) and what_if.knows(index)):
        return 1.0
    return min(what_if.size_bytes(index) / max(what_if.size_bytes(full), 1), 1.0)


def _harvest(problem: Problem, questions: Questions, max_columns: int, tell: OnProgress) -> Harvest:
    fitting = [
        frozenset(index for index in question.candidates if problem.fits(frozenset((index,))))
        for question in questions.asked
    ]
    return harvest(problem.costs, fitting, max_columns, lambda done: tell(done, len(fitting), "trying candidates"))


def _with_merged(harvested: Harvest, problem: Problem, what_if: WhatIf, max_included: int) -> Harvest:
    """The harvest, and indexes that do the work of two of it."""
    fresh = merged(harvested.pool, max_included)
    refused = what_if.prepare(fresh)
    able = frozenset(index for index in fresh if index not in refused and problem.fits(frozenset((index,))))
    return widened(problem.costs, harvested, able)


def in_order(advice: Advice, found: Search) -> list[Index | None]:
    """The indexes of `advice.create`, in its order; None for one that the search did not choose: it stands in for two
    existing ones.
    """
    by_sql = {_statements(index, name, found.catalog)[0]: index for index, name in found.names.items()}
    return [by_sql.get(one.sql) for one in advice.create]


# -- in words -------------------------------------------------------------------------------------------------------


def _create(found: Search, memory_bytes: int) -> tuple[CreateAdvice, ...]:
    """The indexes, the one that saves most first."""
    explainer = Explainer(found)
    advised = [_advice(index, found, explainer, memory_bytes) for index in sorted(found.chosen)]
    return tuple(sorted(advised, key=lambda one: -one.cost_saved))


def _advice(index: Index, found: Search, explainer: Explainer, memory_bytes: int) -> CreateAdvice:
    problem = found.problem
    served = served_by(index, found)
    saved = sum(question.weight * (cost.cost_before - cost.cost_after) for question, cost in served)
    change = explainer.change(index, served[0][0]) if served else None
    size = problem.size(index)
    sql, undo_sql = _statements(index, found.names[index], found.catalog)
    return CreateAdvice(
        sql=sql,
        undo_sql=undo_sql,
        table=index.relation,
        access_method=index.method,
        columns=tuple(key.sql() for key in index.keys),
        include=index.include,
        predicate=index.predicate,
        size_bytes=size,
        cost_saved=saved,
        write_cost=problem.write_cost(index),
        statements=tuple(cost for _, cost in served),
        reason=wording.of_index(index, served),
        build_ms=build_ms(index, found.catalog, size, memory_bytes),
        plan_change=change.sentence if change is not None else "",
        alternatives=_others(index, found, [question for question, _ in served]),
    )


def _others(index: Index, found: Search, served: list[Question]) -> tuple[Alternative, ...]:
    asked = found.questions.asked
    return alternatives(
        index,
        found.chosen,
        found.problem,
        frozenset[Index]().union(*(question.candidates for question in served)),
        found.catalog,
        lambda number, indexes: answer(asked[number], found.what_if, sorted(indexes)).cost,
    )


def served_by(index: Index, found: Search) -> list[tuple[Question, StatementCost]]:
    """Statements that would cost more without the index, the one that gains most first."""
    costs, without = found.problem.costs, found.chosen - {index}
    served = []
    for number in costs.statements(frozenset((index,))):
        question = found.questions.asked[number]
        before, after = costs.cost(number, without), costs.cost(number, found.chosen)
        if after < before * (1 - _NOTICEABLE):
            served.append((question, StatementCost(question.statement.id, before, after)))
    return sorted(served, key=lambda pair: -pair[0].weight * (pair[1].cost_before - pair[1].cost_after))


def _statements(index: Index, name: str, catalog: Catalog) -> tuple[str, str]:
    """What builds the index and what undoes that. A partitioned table takes no CONCURRENTLY: `dbopt apply` builds its
    indexes one partition at a time.
    """
    relation = catalog.find(index.schema, index.table)
    concurrently = relation is None or relation.kind != "p"
    word = "CONCURRENTLY " if concurrently else ""
    undo = f"DROP INDEX {word}IF EXISTS {qualified(index.schema, name)}"
    return index.create_sql(name, concurrently=concurrently), undo


def _not_advised(
    workload: Workload, questions: Questions, problem: Problem, chosen: Configuration
) -> tuple[NotAdvised, ...]:
    """Every statement that no advised index makes cheaper, with the reason, in the order of the workload."""
    reasons, helped = dict(questions.failed), set()
    for number, question in enumerate(questions.asked):
        before, after = problem.costs.cost(number, frozenset()), problem.costs.cost(number, chosen)
        if after < before * (1 - _NOTICEABLE):
            helped.add(question.statement.id)
        elif question.foreign_key is None:
            reasons[question.statement.id] = wording.of_no_index(question, number, problem)
    ids = dict.fromkeys(statement.id for statement in workload.statements)
    return tuple(NotAdvised(id_, reasons[id_]) for id_ in ids if id_ in reasons and id_ not in helped)
