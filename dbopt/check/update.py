"""Accepting the present: a baseline that changes only where something changed, so that its diff can be read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dbopt.check.baseline import Baseline, Expected, Planner, TableFacts
from dbopt.check.ignored import without
from dbopt.check.model import Check
from dbopt.check.pairing import pair
from dbopt.check.tables import change


@dataclass(frozen=True)
class Update:
    """The baseline to be written, and how many of its statements are new, changed and gone, and how many were ignored
    and are as they were.
    """

    baseline: Baseline
    new: int
    changed: int
    removed: int
    ignored: int = 0


def updated(old: Baseline | None, present: Baseline, check: Check | None, ignored: Sequence[str] = ()) -> Update:
    """The baseline that accepts the present. What passed and has the same plan keeps its old figures: costs move a
    little with every ANALYZE, and a baseline that followed would let them creep away. What fits a pattern of `ignored`
    was not looked at, and stays.
    """
    if old is None or check is None:
        return Update(_sorted(present.planner, present.tables, present.statements), len(present.statements), 0, 0)
    compared, carried = without(old, ignored)
    passed = {(one.id, one.name, one.sql) for one in check.statements if one.verdict == "pass"}
    kept = list(carried)
    new = changed = removed = 0
    for one in pair(compared.statements, present.statements):
        if one.after is None:
            removed += 1
            continue
        accepted = one.after
        if one.before is not None and one.after.key in passed and _same(one.before, one.after):
            accepted = _measured(one.before, one.after)
        kept.append(accepted)
        new += one.before is None
        changed += one.before is not None and accepted != one.before
    return Update(_sorted(present.planner, _tables(old, present, carried), kept), new, changed, removed, len(carried))


def _same(before: Expected, after: Expected) -> bool:
    return (before.id, before.name, before.sql, before.outline) == (after.id, after.name, after.sql, after.outline)


def _measured(kept: Expected, after: Expected) -> Expected:
    """What is kept, with what was measured for the first time: a baseline may have been planned without data."""
    return replace(kept, measured=after.measured) if kept.measured is None else kept


def _tables(old: Baseline, present: Baseline, carried: Sequence[Expected]) -> list[TableFacts]:
    """The tables of the present, and those that only what was carried over reads."""
    others = {relation for one in carried for relation in one.relations} - present.by_table.keys()
    now = [_table(old.by_table.get(table.name), table) for table in present.tables]
    return now + [table for table in old.tables if table.name in others]


def _table(old: TableFacts | None, new: TableFacts) -> TableFacts:
    return old if old is not None and change(old, new) is None else new


def _sorted(planner: Planner, tables: Iterable[TableFacts], statements: Iterable[Expected]) -> Baseline:
    """By name, so that where a statement stands in its file does not matter."""
    in_order = sorted(statements, key=lambda one: (one.label, one.id, one.sql))
    return Baseline(planner, tuple(sorted(tables, key=lambda table: table.name)), tuple(in_order))
