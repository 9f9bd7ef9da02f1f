"""What a default partition holds, and how far numbers have come."""

from __future__ import annotations

from dataclasses import dataclass

from dbopt.errors import UsageError
from dbopt.partition.ahead import free
from dbopt.partition.grid import Grid, Span
from dbopt.partition.key import Infinity, Kind, literal, position
from dbopt.partition.model import PartitionSet
from dbopt.postgres.clock import now_us
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Held:
    """The rows of a default partition: all, those with a NULL key, by span those that could have a partition. The
    others lie outside of the window that was looked at.
    """

    rows: int = 0
    without_key: int = 0
    by_span: tuple[tuple[Span, int], ...] = ()

    @property
    def outside(self) -> int:
        return self.rows - self.without_key - sum(number for _, number in self.by_span)


def current(session: Session, asked: PartitionSet, kind: Kind) -> int | None:
    """Where the set is at: now, or its largest number; None where it has none."""
    if kind.is_time:
        return now_us(session)
    text = render("partition/largest.sql", key=asked.key[0].expression, table=str(asked.table))
    with session.rolled_back():
        largest = session.fetch(SQL(text))[0]["largest"]
    found = None if largest is None else position(kind, largest)
    return None if isinstance(found, Infinity) else found


def survey(session: Session, asked: PartitionSet, grid: Grid, window: Span) -> Held:
    """Count the rows of the default partition in one pass over it. `window` is where partitions may come to be."""
    if asked.default is None or asked.default.bytes == 0:
        return Held()
    spans = tuple(span for span in free(asked, grid, *window) if _is_written(grid.kind, span))
    edges = sorted({edge for span in spans for edge in span})
    is_text = grid.kind is Kind.ULID
    text = render(
        "partition/buckets_of_default.sql",
        key=asked.key[0].expression,
        table=str(asked.default.name),
        cast="::text" if is_text else "",
        type="text" if is_text else asked.key[0].type,
        bounds="{" + ",".join(f'"{literal(grid.kind, edge)}"' for edge in edges) + "}",
    )
    with session.rolled_back():
        session.script("SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'")
        rows = {row["bucket"]: row["rows"] for row in session.fetch(SQL(text))}
    numbers = {edge: number for number, edge in enumerate(edges, 1)}
    by_span = ((span, rows.get(numbers[span[0]], 0)) for span in spans)
    return Held(sum(rows.values()), rows.get(None, 0), tuple((span, number) for span, number in by_span if number))


def _is_written(kind: Kind, span: Span) -> bool:
    """Whether the kind has values for its bounds: identifiers have none before 1970."""
    try:
        literal(kind, span[0]), literal(kind, span[1])
    except UsageError:
        return False
    return True
