"""Statistics of ranges, which pg_dump leaves out of a server before PostgreSQL 17, written into its text as it writes
those of later ones. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dbopt.shadow import dump
from dbopt.shadow.dump import STATISTICS_DATA

Place = tuple[str, str, str, bool]
"""Schema, table and column, and whether the statistics are those of the table with what inherits from it."""


@dataclass(frozen=True)
class RangeStatistics:
    """What ANALYZE found of a column: histograms of the ranges' lengths and bounds, in their text form, and which share
    of the ranges is empty.
    """

    schema: str
    table: str
    column: str
    inherited: bool
    lengths: str
    bounds: str
    empty_share: float


def written_into(text: str, items: Iterable[RangeStatistics]) -> str:
    """The dump with these statistics. What has no statistics in it otherwise gets none."""
    wanted = {(item.schema, item.table, item.column, item.inherited): item for item in items}
    tables = {key[:2] for key in wanted}
    if not wanted:
        return text
    pieces, backslashes = [], dump.doubles_backslashes(text)
    for entry, piece in dump.pieces(text):
        if entry is not None and entry.type == STATISTICS_DATA and (entry.schema, entry.name) in tables:
            piece = "".join(_calls(piece, wanted, entry.schema, entry.name, backslashes=backslashes))
        pieces.append(piece)
    return "".join(pieces).removesuffix("\n")


def _calls(
    piece: str, wanted: Mapping[Place, RangeStatistics], schema: str, table: str, *, backslashes: bool
) -> Iterator[str]:
    head, calls = dump.statistics_calls(piece)
    yield head
    for call in calls:
        item = wanted.get((schema, table, call.column or "", call.inherited))
        yield call.text if item is None else call.with_arguments(_arguments(item, backslashes=backslashes))


def _arguments(item: RangeStatistics, *, backslashes: bool) -> list[str]:
    arguments = (
        ("range_length_histogram", item.lengths, "text"),
        ("range_empty_frac", repr(item.empty_share), "real"),
        ("range_bounds_histogram", item.bounds, "text"),
    )
    return [f"'{name}', {dump.quoted(value, backslashes=backslashes)}::{cast}" for name, value, cast in arguments]
