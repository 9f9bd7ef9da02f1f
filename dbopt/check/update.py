"""Accepting the present: a baseline that changes only where something changed, so that its diff can be read. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dbopt.check.baseline import Baseline, Expected, Planner, TableFacts
from dbopt.check.model import Check
from dbopt.check.pairing import pair
from dbopt.check.tables import change


@dataclass(frozen=True)
class Update:
    """The baseline to be written, and how many of its statements are new, changed and gone."""

    baseline: Baseline
    new: int
    changed: int
    removed: int

    @property
    def anything(self) -> bool:
        return bool(self.new or self.changed or self.removed)


def updated(old: Baseline | None, present: Baseline, check: Check | None) -> Update:
    """The baseline that accepts the present. What passed and has the same plan keeps its old figures: costs move a
    little with every ANALYZE, and a baseline that followed would let them creep away.
    """
    if old is None or check is None:
        return Update(_sorted(present.planner, present.tables, present.statements), len(present.statements), 0, 0)
    passed = {(one.id, one.name) for one in check.statements if one.verdict == "pass"}
    kept = []
    new = changed = removed = 0
    for one in pair(old.statements, present.statements):
        if one.after is None:
            removed += 1
            continue
        stays = one.before is not None and _same(one.before, one.after) and (one.after.id, one.after.name) in passed
        kept.append(one.before if stays and one.before is not None else one.after)
        new += one.before is None
        changed += one.before is not None and not stays and one.before != one.after
    tables = tuple(_table(old.by_table.get(table.name), table) for table in present.tables)
    return Update(_sorted(present.planner, tables, kept), new, changed, removed)


def _same(before: Expected, after: Expected) -> bool:
    return (before.id, before.name, before.sql, before.outline) == (after.id, after.name, after.sql, after.outline)


def _table(old: TableFacts | None, new: TableFacts) -> TableFacts:
    return old if old is not None and change(old, new) is None else new


def _sorted(planner: Planner, tables: Iterable[TableFacts], statements: Iterable[Expected]) -> Baseline:
    """By name, so that where a statement stands in its file does not matter."""
    in_order = sorted(statements, key=lambda one: (one.label, one.id, one.sql))
    return Baseline(planner, tuple(sorted(tables, key=lambda table: table.name)), tuple(in_order))
