"""Very many rows are read and sorted to give the first few, which an index would hand out in order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbopt.plan.findings.conditions import column_of
from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.indexes import Seekable, create_index, seekable
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.scans import Scan, scans
from dbopt.plan.tree import Node
from dbopt.postgres.identifiers import quoted

NAME = "top-n-sort"
LEAST_ROWS = 10_000  # rows sorted: some milliseconds
LEAST_FACTOR = 100  # so many times the rows that are wanted
LEAST_PASSING = 0.1  # of the rows on the way along the index: the filter throws away at most ten for each that is kept
_READS = ("Seq Scan", "Bitmap Heap Scan", "Index Scan")
_BETWEEN = frozenset({"Gather Merge", "Result", "Subquery Scan", "LockRows"})
_ORDER = re.compile(r"^(?P<key>.*?)(?P<descending> DESC)?(?P<nulls> NULLS (?:FIRST|LAST))?$", re.DOTALL)


def check(context: Context) -> Iterator[Finding]:
    for scan in scans(context, *_READS):
        sort = context.parent(scan.first)
        if sort is None or sort.node_type != "Sort" or len(scan.nodes) > 1:
            continue
        limit = _limit(context, sort)
        share = context.share(sort, *scan.nodes)
        if limit is None or not context.weighs(share):
            continue
        wanted = limit.actual_rows if context.measured and limit.actual_rows else limit.plan_rows
        if scan.kept < max(LEAST_ROWS, LEAST_FACTOR * wanted):
            continue
        keys = _keys(scan, sort)
        if keys:
            yield Finding(
                NAME,
                f"{counted(scan.kept, 'rows')} of {scan.relation.sql_name} are sorted to give the first {wanted:,.0f}",
                f"An index on {', '.join(keys)} has them in that order, so that only the first ones are read. `dbopt "
                "suggest` weighs it against the rest of the workload.",
                (create_index(scan.relation, keys),),
                sort.number,
                share,
            )


def _limit(context: Context, sort: Node) -> Node | None:
    for one in context.above(sort):
        if one.node_type == "Limit":
            return one
        if one.node_type not in _BETWEEN or one.filter:
            return None
    return None


def _keys(scan: Scan, sort: Node) -> tuple[str, ...]:
    """What is compared by equality, then the order; none where that is no order of the table's columns, where the other
    conditions throw most away, or where there is such an index.
    """
    found = [_parsed(str(key)) for key in sort.raw.get("Sort Key", ())]
    columns = [column_of(key) for key, _ in found]
    if not found or any(column is None or column[0] != scan.first.alias for column in columns):
        return ()
    names = [column[1] for column in columns if column is not None]
    every = [one for name in ("Index Cond", "Recheck Cond", "Filter") for one in scan.conditions(name)]
    search = seekable(every, scan.relation)
    order = [name for name in names if name not in search.equal]
    if not order or not _passes(scan, search) or _exists(scan, search, order):
        return ()
    orders = {words for (_, words), name in zip(found, names, strict=True) if name in order}
    same = orders in ({""}, {" DESC"})  # an index is read in either direction
    written = [
        quoted(name) + ("" if same else words) for (_, words), name in zip(found, names, strict=True) if name in order
    ]
    return (*(quoted(name) for name in search.equal), *written)


def _parsed(text: str) -> tuple[str, str]:
    """A sort key and its direction."""
    match = _ORDER.match(text)
    assert match is not None  # noqa: S101 - the pattern takes any text
    return match["key"], f"{match['descending'] or ''}{match['nulls'] or ''}"


def _passes(scan: Scan, search: Seekable) -> bool:
    """Whether most rows along the index would be wanted."""
    if not search.ranges and not search.others:
        return True
    return scan.kept >= LEAST_PASSING * max(scan.rows, scan.kept + scan.removed)


def _exists(scan: Scan, search: Seekable, order: list[str]) -> bool:
    catalog = scan.context.catalog
    assert catalog is not None  # noqa: S101 - a scan has a relation of it
    for index in catalog.indexes_of(scan.relation):
        rest = [name for name in index.columns if name not in search.equal]
        if index.is_valid and index.method == "btree" and rest[: len(order)] == order:
            return True
    return False
