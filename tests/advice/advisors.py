"""Who is asked: dbopt, and beside it the rules by which dexter works, both through the same shadow.

The rules (ankane/dexter, lib/dexter/indexer.rb): plain b-trees on one column, then on two in both orders, of those
that a statement names. The planner is shown all of them together for every statement that costs 100 or more. Those
that it takes are advised if single ones halve the cost, or if it is over 100 still and one pair halves it again. Never
more than two for a statement, none on columns of json and jsonb, none that an index begins with, none on partitioned
tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from sqlglot import exp

from dbopt.errors import ServerError
from dbopt.index.advise import advise
from dbopt.index.model import Index, Key
from dbopt.index.what_if import Estimate
from dbopt.postgres.schema import Relation
from dbopt.workload.model import Statement
from dbopt.workload.sql import identifier_name, parse
from tests.advice.case import Case, workload_of
from tests.advice.databases import Opened
from tests.advice.verdict import Proposal

_COSTLY = 100.0
_HALF = 0.5
_MOST = 2


def dbopt(database: Opened, case: Case) -> Proposal:
    """What `dbopt suggest --snapshot` advises. Drops on the tables of other cases are not this case's."""
    advice = advise(workload_of(case), database.catalog, database.shadow, budget_bytes=case.budget_bytes)
    own = database.tables[case.title]
    tables = {index.sql_name: ".".join(index.table) for index in database.catalog.indexes}
    return Proposal(
        [one.sql for one in advice.create],
        [one.index for one in advice.drop if tables[one.index] in own or tables[one.index] in _qualified(own)],
        [one.id for one in advice.not_advised],
        advice.cost_after,
        advice.storage_bytes,
    )


def dexter(database: Opened, case: Case) -> Proposal:
    """What dexter's rules advise. They know no drops, no budget and no writes."""
    statements, failed = _planned(database, case)
    chosen: set[Index] = set()
    for statement, cost in statements:
        if cost >= _COSTLY:
            chosen |= _taken(database, statement, cost)
    begun = {(index.relation, index.keys[:1]) for index in chosen if index.width > 1}
    kept = sorted(index for index in chosen if (index.relation, index.keys) not in begun)
    return Proposal([index.create_sql(f"dexter_{number}") for number, index in enumerate(kept, 1)], (), failed)


def _planned(database: Opened, case: Case) -> tuple[list[tuple[Statement, float]], list[str]]:
    """The statements that plan with their cost, and the ids of the others."""
    planned, failed = [], []
    for statement in case.workload:
        try:
            planned.append((statement, database.shadow.estimate(statement).cost))
        except ServerError:
            failed.append(statement.id)
    return planned, failed


def _taken(database: Opened, statement: Statement, before: float) -> frozenset[Index]:
    """The indexes that are advised for one statement."""
    one, two = (_ask(database, statement, width) for width in (1, 2))
    if one.cost > _COSTLY and two.cost < _HALF * one.cost and len(two.used) == 1:
        return two.used
    return one.used if one.cost < _HALF * before and len(one.used) <= _MOST else frozenset()


def _ask(database: Opened, statement: Statement, width: int) -> Estimate:
    """The planner's choice among the indexes of up to this width."""
    candidates = list(_candidates(database, statement, width))
    refused = database.shadow.prepare(candidates)
    return database.shadow.estimate(statement, [index for index in candidates if index not in refused])


def _candidates(database: Opened, statement: Statement, width: int) -> Iterator[Index]:
    tree = parse(statement.sql)
    if tree is None:
        return
    named = {identifier_name(column.this) for column in tree.find_all(exp.Column) if not column.find(exp.Star)}
    relations = (database.catalog.resolve(name) for name in statement.tables)
    for relation in (found for found in relations if found is not None and found.kind in "rm"):
        columns = [name for name in sorted(named) if _is_known(relation, name)]
        begun = {index.columns[:most] for index in database.catalog.indexes_of(relation) for most in (1, 2)}
        for size in range(1, width + 1):
            for names in permutations(columns, size):
                if names not in begun:
                    yield Index(relation.schema, relation.name, tuple(map(Key, names)))


def _is_known(relation: Relation, name: str) -> bool:
    column = relation.column(name)
    return column is not None and column.type not in ("json", "jsonb")


def _qualified(names: frozenset[str]) -> set[str]:
    """Names of tables on the search_path come without their schema."""
    return {name if "." in name else f"public.{name}" for name in names}
