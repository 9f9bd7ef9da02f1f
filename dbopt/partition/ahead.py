"""Which partitions a set lacks: those between its first and its last, and those for the time or the numbers to come.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from dbopt.errors import UsageError
from dbopt.partition.grid import Grid, Span
from dbopt.partition.interval import EPOCH, MICROSECOND
from dbopt.partition.model import NEGATIVE, POSITIVE, PartitionSet, gaps, span_of

MOST = 1000
"""Partitions that one gap may ask for. More come of a clock that jumped or of a stray number, not of a wish."""

BACK, FORTH = 5000, 1000
"""Steps before and after now between which rows of a default partition get partitions of their own."""

_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


@dataclass(frozen=True)
class Ahead:
    """What is to be made, in order, and what was left out, in words."""

    spans: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()


def ahead(asked: PartitionSet, grid: Grid, current: int | None, premake: int) -> Ahead:
    """The spans that are missing: the one of `current` (now, or the largest number; None: of an empty set of numbers),
    `premake` after it, and the gaps before. They overlap no partition.
    """
    if any(span_of(one.bound, grid.kind) is None for one in asked.others):
        return Ahead(notes=("some of its bounds are no times or numbers that an interval reaches: none is made",))
    taken = tuple(span for span, _ in asked.spans(grid.kind))
    edges = [edge for span in taken for edge in span if _is_finite(edge)]
    if current is None:
        current = min(edges, default=0)
    start, end = _around(grid, current, premake)
    if edges and end <= min(edges):
        return Ahead(notes=(f"{said(grid, current)} lies before its first partition: none is made",))
    spans: list[Span] = []
    notes: list[str] = []
    for lower, upper in gaps(taken, min([start, *edges]), end):
        if _steps(grid, lower, upper) > MOST:
            notes.append(_too_many(grid, lower, upper))
        else:
            spans += grid.spans(lower, upper)
    largest = _LARGEST.get(asked.key[0].type, POSITIVE) if not grid.kind.is_time else POSITIVE
    return Ahead(tuple(span for span in spans if span[1] <= largest), tuple(notes))


def window(asked: PartitionSet, grid: Grid, current: int) -> Span:
    """Between which positions rows of the default partition get partitions of their own."""
    edges = [edge for span, _ in asked.spans(grid.kind) for edge in span if _is_finite(edge)]
    start = grid.floor(current)
    lower = min([_walked(grid, start, -BACK), *edges])
    return lower, _walked(grid, start, FORTH)


def free(asked: PartitionSet, grid: Grid, start: int, end: int) -> tuple[Span, ...]:
    """The spans between two positions that no partition takes, cut at the bounds of the grid."""
    taken = tuple(span for span, _ in asked.spans(grid.kind))
    return tuple(span for gap in gaps(taken, start, end) for span in grid.spans(*gap))


def said(grid: Grid, position: int) -> str:
    """A position, for people."""
    if not grid.kind.is_time:
        return f"{position:,}"
    try:
        return f"{EPOCH + position * MICROSECOND:%Y-%m-%d %H:%M} UTC"
    except OverflowError:
        return "the end of the calendar" if position > 0 else "the beginning of the calendar"


def _around(grid: Grid, current: int, premake: int) -> Span:
    start = grid.floor(current)
    return start, grid.following(start, premake + 1)


def _is_finite(edge: int) -> bool:
    return NEGATIVE + 1 < edge < POSITIVE - 1


def _steps(grid: Grid, lower: int, upper: int) -> int:
    size = grid.step if isinstance(grid.step, int) else grid.step.approximate_us
    return (upper - lower) // size


def _walked(grid: Grid, start: int, times: int) -> int:
    """So many steps on, fewer where the calendar ends."""
    while times:
        try:
            return grid.following(start, times)
        except UsageError:
            times = int(times / 2)
    return start


def _too_many(grid: Grid, lower: int, upper: int) -> str:
    return (
        f"between {said(grid, lower)} and {said(grid, upper)} would be {_steps(grid, lower, upper):,} partitions, "
        f"more than {MOST:,}: none is made there; is the clock right, or a stray number the largest?"
    )
