"""An index finds many rows of which a filter throws nearly all away, though an index on more columns could tell."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.conditions import Condition
from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.indexes import Seekable, create_index, seekable
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.scans import Scan, scans
from dbopt.plan.findings.waste import Waste
from dbopt.plan.tree import Node
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import Catalog

NAME = "index-filter"
LEAST_REMOVED = 1000  # rows over all loops: some milliseconds of visits to the table
LEAST_READ = 10  # rows in each loop: of fewer, looking them up takes longer than visiting them for nothing
LEAST_ENTRIES = 200  # the same where only the index is read: about a page of them
MOST_KEPT = 0.1  # of the rows that the index finds


def check(context: Context) -> Iterator[Finding]:
    if not context.measured:  # how many rows the index finds before the filter, EXPLAIN does not say
        return
    for scan in scans(context, "Index Scan", "Index Only Scan", "Bitmap Heap Scan"):
        if not context.weighs(scan.share) or scan.removed * scan.passes < LEAST_REMOVED:
            continue
        read = scan.kept + scan.removed
        if read < _least_read(scan) or scan.kept > MOST_KEPT * read:
            continue
        search = _search(scan, read)
        if search is not None:
            yield _finding(scan, read, search)


def _least_read(scan: Scan) -> float:
    visits_table = scan.first.node_type != "Index Only Scan" or scan.fetches >= LEAST_REMOVED
    return LEAST_READ if visits_table else LEAST_ENTRIES


def _search(scan: Scan, read: float) -> Seekable | None:
    """The columns of an index that would find the kept rows alone."""
    context = scan.context
    assert context.catalog is not None  # noqa: S101 - a scan has a relation of it
    filtered = seekable(scan.conditions(), scan.relation)
    if not Waste(scan, read, scan.kept, scan.kept).is_spared_by(filtered, rows=MOST_KEPT * read):
        return None
    searched = seekable(_searched(scan), scan.relation)
    if searched.others:
        return None
    both = seekable([*_searched(scan), *scan.conditions()], scan.relation)
    return None if _exists(context.catalog, scan, both) else both


def _searched(scan: Scan) -> list[Condition]:
    """What the index is searched by. A bitmap's heap scan repeats it."""
    name = "Recheck Cond" if scan.first.node_type == "Bitmap Heap Scan" else "Index Cond"
    return list(scan.conditions(name))


def _exists(catalog: Catalog, scan: Scan, search: Seekable) -> bool:
    """Whether there is such an index, which the planner chose not to use."""
    count = len(search.equal)
    for index in catalog.indexes_of(scan.relation):
        leads = set(index.columns[:count]) == set(search.equal)
        goes_on = not search.ranges or (len(index.columns) > count and index.columns[count] in search.ranges)
        if index.is_valid and leads and goes_on:
            return True
    return False


def _finding(scan: Scan, read: float, search: Seekable) -> Finding:
    loops = f" in {scan.passes:,.0f} loops" if scan.passes > 1 else ""
    keys = search.keys
    return Finding(
        NAME,
        f"{_index(scan.first)} finds {counted(read * scan.passes, 'rows')} of {scan.relation.sql_name}{loops}, of "
        f"which the filter keeps {scan.kept * scan.passes:,.0f}",
        f"An index on {', '.join(keys)} finds the kept rows alone. `dbopt suggest` weighs it against the rest of the "
        "workload, and merges it with the present one.",
        (create_index(scan.relation, keys),),
        scan.first.number,
        scan.share,
    )


def _index(node: Node) -> str:
    names = [one.index for one in node.walk() if one.index]
    return f"the index {quoted(names[0])}" if len(names) == 1 else "a bitmap of several indexes"
