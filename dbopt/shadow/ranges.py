"""Statistics of ranges, which pg_dump leaves out of a server before PostgreSQL 17, written into its text as it writes
those of later ones. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbopt.postgres.identifiers import literal
from dbopt.shadow import dump
from dbopt.shadow.dump import STATISTICS_DATA


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
    pieces = []
    for entry, piece in dump.pieces(text):
        if entry is not None and entry.type == STATISTICS_DATA and (entry.schema, entry.name) in tables:
            piece = "".join(_calls(piece, entry.schema, entry.name, wanted))
        pieces.append(piece)
    return "".join(pieces).removesuffix("\n")


def _calls(
    piece: str, schema: str, table: str, wanted: dict[tuple[str, str, str, bool], RangeStatistics]
) -> Iterator[str]:
    head, calls = dump.statistics_calls(piece)
    yield head
    for call in calls:
        item = wanted.get((schema, table, call.column or "", call.inherited))
        yield call.text if item is None else call.with_arguments(_arguments(item))


def _arguments(item: RangeStatistics) -> list[str]:
    return [
        f"'range_length_histogram', {literal(item.lengths)}::text",
        f"'range_empty_frac', {literal(repr(item.empty_share))}::real",
        f"'range_bounds_histogram', {literal(item.bounds)}::text",
    ]
