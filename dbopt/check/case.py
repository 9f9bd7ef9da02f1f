"""One plan before and after, with what it rests on: what a rule of the gate is given. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dbopt.check import guesses
from dbopt.check.baseline import Measured, TableFacts
from dbopt.check.facts import Facts, Read
from dbopt.check.guesses import Guess
from dbopt.check.tables import Change, change

BIG_BLOCKS = 1000
"""From this size on (8 MB) reading a whole table counts by itself; the server's own min_parallel_table_scan_size."""
COST_FLOOR = 1.0
"""Smaller differences of cost are nothing, whatever their ratio: one page read in order costs 1."""
ESTIMATE_FACTOR = 10.0
"""By how much an estimate must move to be a blow-up."""


@dataclass(frozen=True)
class Case:
    """`same_text` is False where the statement's own text changed, its literals included."""

    before: Facts
    after: Facts
    tables_before: Mapping[str, TableFacts]
    tables_after: Mapping[str, TableFacts]
    tolerance: float
    same_text: bool = True
    measured_before: Measured | None = None
    measured_after: Measured | None = None

    # -- cost ---------------------------------------------------------------------------------------------------------

    @cached_property
    def cost_ratio(self) -> float:
        return max(self.after.cost, 0.01) / max(self.before.cost, 0.01)

    @property
    def costs_more(self) -> bool:
        ratio = self.cost_ratio / self.partition_growth
        return ratio > 1 + self.tolerance and self.after.cost - self.before.cost > COST_FLOOR

    @cached_property
    def partition_growth(self) -> float:
        """By how much the number of partitions grew, of the table where it grew most: so much more is to be planned and
        opened, and costs that grew with it are not the statement's.
        """
        grown = (
            1 + self.new_partitions(name) / max(self.partitions(self.tables_before, name), 1) for name in self.relations
        )
        return max(grown, default=1.0)

    def new_partitions(self, relation: str) -> int:
        """How many partitions a table has more than before."""
        before, after = (self.partitions(side, relation) for side in (self.tables_before, self.tables_after))
        return max(after - before, 0) if before else 0

    def partitions(self, side: Mapping[str, TableFacts], relation: str) -> int:
        return side[relation].partitions if relation in side else 0

    @property
    def costs_less(self) -> bool:
        return self.cost_ratio < 1 / (1 + self.tolerance) and self.before.cost - self.after.cost > COST_FLOOR

    @property
    def same_shape(self) -> bool:
        return self.before.shape == self.after.shape

    # -- what the plans rest on -------------------------------------------------------------------------------------

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The tables read on either side about which the planner was told something much different."""
        names = {read.relation for read in (*self.before.reads, *self.after.reads)}
        both = [name for name in sorted(names) if name in self.tables_before and name in self.tables_after]
        found = [change(self.tables_before[name], self.tables_after[name]) for name in both]
        return tuple(one for one in found if one is not None)

    @property
    def comparable(self) -> bool:
        """Whether costs before and after can be compared: the tables are as large as they were, and as well known."""
        return not self.guesses and not any(one.resized or one.lost for one in self.changes)

    @cached_property
    def guesses(self) -> tuple[Guess, ...]:
        """What another text makes the planner guess."""
        if self.same_text:
            return ()
        found = guesses.find(self.before.estimates, self.after.estimates)
        tables = self.tables_after
        return tuple(
            one
            for one in found
            if one.relation not in tables or not guesses.is_known(one, tables[one.relation].knowledge)
        )

    def blocks(self, relation: str) -> int:
        """The table's size, the larger of before and after."""
        sides = (self.tables_before.get(relation), self.tables_after.get(relation))
        return max((side.blocks for side in sides if side is not None), default=0)

    @cached_property
    def estimate_moves(self) -> dict[str, tuple[float, float]]:
        """Planned rows before and after of what both plans have, where they differ."""
        common = {key: (rows, self.after.estimates.get(key)) for key, rows in self.before.estimates.items()}
        return {key: (rows, now) for key, (rows, now) in common.items() if now is not None and now != rows}

    # -- reads --------------------------------------------------------------------------------------------------------

    def reads(self, side: Facts, relation: str) -> list[Read]:
        return [read for read in side.reads if read.relation == relation]

    @cached_property
    def relations(self) -> tuple[str, ...]:
        """The tables that the plan reads now, in its order."""
        return tuple(dict.fromkeys(read.relation for read in self.after.reads))


def through_index(reads: Sequence[Read]) -> int:
    """How many tables and partitions are read through an index."""
    return sum(read.partitions or 1 for read in reads if read.index)


def whole(reads: Sequence[Read]) -> int:
    """How many tables and partitions are read whole."""
    return sum(read.partitions or 1 for read in reads if read.is_whole)


def times(ratio: float) -> str:
    """A ratio above or below 1 in words."""
    shown = ratio if ratio >= 1 else 1 / ratio
    text = f"{shown:.0f}" if shown >= 9.95 else f"{shown:.1f}" if shown >= 1.95 else f"{shown:.2f}"
    return f"{text} times"


def rows(number: float) -> str:
    """A count as people write it."""
    return f"{number:,.0f} row{'' if round(number) == 1 else 's'}"
