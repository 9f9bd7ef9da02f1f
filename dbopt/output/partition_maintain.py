"""What `partition maintain` did, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dbopt.output import units
from dbopt.output.report import Column, Report, Table
from dbopt.partition.maintain import Plan
from dbopt.partition.maintained import Kept, Maintained

_STYLES = {"done": "green", "skipped": "dim", "failed": "red"}


def report(done: Maintained) -> Report:
    """The sets, then the partitions that were made."""
    sets = Table(
        (
            Column("table"),
            Column("state"),
            Column("made", right=True),
            Column("rows moved", units.count, right=True),
            Column("rows in default", units.count, right=True),
            Column("locked", units.milliseconds, right=True),
        ),
        tuple(
            (one.table, one.state, len(one.created), one.moved_rows, one.staying_rows, one.locked_ms)
            for one in done.sets
        ),
        styles=tuple(_STYLES[one.state] for one in done.sets),
    )
    made = Table(
        (Column("partition"), Column("from"), Column("to"), Column("rows", units.count, right=True)),
        tuple((new.partition, new.lower, new.upper, new.rows) for one in done.sets for new in one.created),
        title="Made",
    )
    return Report((sets, made) if made.rows else (sets,), document=done)


def said(done: Maintained) -> Iterator[str]:
    """The remarks on each set, and what failed."""
    for one in done.sets:
        yield from _said(one)
    if not done.sets:
        yield "there is no partition set"


def remarks(plans: Sequence[Plan]) -> Iterator[str]:
    """What is to be said before anything is done."""
    for one in plans:
        for note in one.notes:
            yield f"{one.set.table}: {note}"


def _said(one: Kept) -> Iterator[str]:
    for note in one.notes:
        yield f"{one.table}: {note}"
    if one.error is not None:
        yield f"{one.table}: {one.error}" + (f"\nhint: {one.hint}" if one.hint else "")
