"""What the statements of a workload ask of a table, as far as partitions can answer it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlglot import exp

from dbopt.index.candidates import Need, needs_of
from dbopt.index.candidates.constants import with_constants
from dbopt.index.writes import columns_set, target
from dbopt.postgres.schema import Catalog
from dbopt.workload.model import Statement
from dbopt.workload.sql import parse

Key = tuple[str, str]


@dataclass(frozen=True)
class Use:
    """One statement and one table that it touches: the columns that it compares with a value by equality, and by order;
    those that it sets; `deletes_by` those by which alone it chooses the rows that it deletes.
    """

    statement: Statement
    equal: frozenset[str] = frozenset()
    ranges: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    deletes_by: frozenset[str] = frozenset()


def uses_of(statements: Iterable[Statement], catalog: Catalog) -> dict[Key, list[Use]]:
    """The uses of every table that the workload touches, through views, too, in the workload's order."""
    found: dict[Key, list[Use]] = {}
    for statement in statements:
        for key, use in _uses(statement, catalog).items():
            found.setdefault(key, []).append(use)
    return found


def _uses(statement: Statement, catalog: Catalog) -> dict[Key, Use]:
    tree = parse(statement.sql)
    named = (catalog.resolve(name) for name in statement.tables)
    found = {relation.key: Use(statement) for relation in named if relation is not None and relation.kind in "rp"}
    if tree is None:
        return found
    try:
        needs = needs_of(with_constants(tree, statement.parameters), catalog)
    except RecursionError:
        needs = []
    for need in needs:
        key = need.relation.key
        found[key] = _with_need(found.get(key, Use(statement)), need)
    for change in tree.find_all(exp.Insert, exp.Update, exp.Delete, exp.Merge):
        relation = target(change, catalog)
        if relation is None:
            continue
        use = found.get(relation.key, Use(statement))
        columns = columns_set(change) if not isinstance(change, (exp.Insert, exp.Delete)) else _on_conflict(change)
        alone = use.ranges if isinstance(change, exp.Delete) and not use.equal else frozenset()
        found[relation.key] = replace(use, sets=use.sets | columns, deletes_by=use.deletes_by | alone)
    return found


def _with_need(use: Use, need: Need) -> Use:
    equal = {key.name for branch in need.branches for key in (*branch.equal, *branch.joins) if not key.is_expression}
    ranges = {key.name for branch in need.branches for key in branch.ranges if not key.is_expression}
    return replace(use, equal=use.equal | equal, ranges=use.ranges | ranges)


def _on_conflict(change: exp.Expression) -> frozenset[str]:
    """The columns that INSERT ... ON CONFLICT DO UPDATE sets."""
    conflict = change.args.get("conflict")
    return frozenset(columns_set(conflict)) if isinstance(conflict, exp.Expression) else frozenset()
