"""What changed in what the planner knows of a table. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dbopt.check.baseline import TableFacts

FACTOR = 1.5
"""Tables that grew or shrank by less are as large as they were: their plans' costs stay comparable."""
_ROWS_FLOOR = 1000
_BLOCKS_FLOOR = 100


@dataclass(frozen=True)
class Change:
    """A table of which the planner knows something else. `resized` is a sentence where it is much larger or smaller.
    `lost` names statistics, keys and columns' statistics that are gone, `gained` those that are new.
    """

    table: str
    resized: str | None
    lost: tuple[str, ...]
    gained: tuple[str, ...]


def change(before: TableFacts, after: TableFacts) -> Change | None:
    """None where nothing changed much."""
    old, new = _known(before), _known(after)
    found = Change(before.name, _resized(before, after), tuple(sorted(old - new)), tuple(sorted(new - old)))
    return found if found.resized or found.lost or found.gained else None


def _known(table: TableFacts) -> set[str]:
    return {f"statistics of the column {column}" for column in table.columns} | set(table.knowledge)


def _resized(before: TableFacts, after: TableFacts) -> str | None:
    if _much(before.rows, after.rows, _ROWS_FLOOR):
        return f"{before.name} had {before.rows:,.0f} rows and has {after.rows:,.0f}"
    if _much(before.blocks, after.blocks, _BLOCKS_FLOOR):
        return f"{before.name} had {before.blocks:,} blocks and has {after.blocks:,}"
    return None


def _much(before: float, after: float, floor: float) -> bool:
    return abs(after - before) >= floor and max(before, after) > FACTOR * max(min(before, after), 1.0)
