"""Partition sets, for people."""

from __future__ import annotations

from dbopt.output import render, units
from dbopt.output.report import Column, Report, Table
from dbopt.partition.listing import Bounds, Listed, ListedSet, Listing

_WIDTH = 20
_NAMED = 3  # gaps that are named in full


def report(listing: Listing) -> Report:
    """A table for each set, with a bar for the size of each partition; all partitions in one as CSV."""
    tables = tuple(map(_table, listing.sets))
    return Report(tables, document=listing, texts={"csv": lambda: render.as_text(Report((_all(listing),)), "csv")})


def _table(one: ListedSet) -> Table:
    most = max((partition.bytes for partition in one.partitions), default=0)
    columns = (
        Column("partition", wrap=True),
        Column("bounds", _short, wrap=True),
        Column("rows", units.count, right=True),
        Column("size", units.size, right=True),
        Column("", picture=True),
        Column("remark"),
    )
    rows = tuple(
        (
            partition.partition,
            partition.bound,
            partition.rows,
            partition.bytes,
            _bar(partition.bytes, most),
            _remark(one, partition),
        )
        for partition in one.partitions
    )
    styles = tuple(_style(one, partition) for partition in one.partitions)
    return Table(columns, rows, title=_title(one), footer=_footer(one), styles=styles)


def _all(listing: Listing) -> Table:
    columns = tuple(map(Column, ("table", "partition", "bound", "rows", "bytes", "is_default", "detach_pending")))
    rows = tuple(
        (one.table, each.partition, each.bound, each.rows, each.bytes, each.is_default, each.detach_pending)
        for one in listing.sets
        for each in one.partitions
    )
    return Table(columns, rows)


def _title(one: ListedSet) -> str:
    every = f" every {one.interval}" if one.interval else ""
    kind = f" ({one.kind})" if one.kind else ""
    return f"{one.table}: {one.strategy} by {one.key}{kind}{every}, {one.managed_by}"


def _footer(one: ListedSet) -> str:
    parts = [f"{len(one.partitions)} partitions, {units.size(one.bytes)}"]
    if one.gaps:
        more = f" and {len(one.gaps) - _NAMED} more" if len(one.gaps) > _NAMED else ""
        parts.append(f"gaps: {', '.join(map(_between, one.gaps[:_NAMED]))}{more}")
    if one.default_rows:
        parts.append(f"about {one.default_rows:,} rows in the default")
    if one.to_create:
        parts.append(f"to create: {len(one.to_create)}, the next {_between(one.to_create[0])}")
    if one.to_archive:
        parts.append(f"to archive: {len(one.to_archive)}, the next {one.to_archive[0]}")
    return "\n".join((*parts, *one.notes))


def _between(bounds: Bounds) -> str:
    return f"{bounds.lower} to {bounds.upper}"


def _short(bound: str) -> str:
    """Without the midnights, which are in UTC."""
    return bound.replace(" 00:00:00+00'", "'").replace(" 00:00:00'", "'")


def _bar(number: int, most: int) -> str:
    """Eighths of a character, so that small ones differ too."""
    eighths = round(8 * _WIDTH * number / most) if most else 0
    full, rest = divmod(max(eighths, 1 if number else 0), 8)
    return "█" * full + ("▏▎▍▌▋▊▉"[rest - 1] if rest else "")


def _remark(one: ListedSet, partition: Listed) -> str:
    if partition.detach_pending:
        return "DETACH interrupted"
    if partition.partition in one.to_archive:
        return "to archive"
    return "partitioned" if partition.is_partitioned else "foreign" if partition.is_foreign else ""


def _style(one: ListedSet, partition: Listed) -> str:
    if partition.detach_pending or (partition.is_default and partition.rows):
        return "yellow"
    return "dim" if partition.partition in one.to_archive else ""
