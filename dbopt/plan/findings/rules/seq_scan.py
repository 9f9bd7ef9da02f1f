"""A table is read whole and nearly all its rows are thrown away, where an index would find the few that are kept."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.conditions import EQUAL
from dbopt.plan.findings.context import Context
from dbopt.plan.findings.immutable import index_key
from dbopt.plan.findings.indexes import create_index, seekable, serving
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.scans import Scan, scans
from dbopt.plan.findings.waste import Waste, waste

NAME = "seq-scan"


def check(context: Context) -> Iterator[Finding]:
    for scan in scans(context, "Seq Scan"):
        found = waste(scan)
        if found is None or not context.weighs(scan.share):
            continue
        keys = _keys(scan, found)
        if keys:
            yield Finding(
                NAME,
                found.in_words,
                f"An index on {', '.join(keys)} finds the rows. `dbopt suggest` weighs it against the rest of the "
                "workload.",
                (create_index(scan.relation, keys),),
                scan.first.number,
                scan.share,
            )


def _keys(scan: Scan, found: Waste) -> tuple[str, ...]:
    """Of an index that would spare the scan; none where there is no such index, or it exists."""
    context, search = scan.context, seekable(scan.conditions(), scan.relation)
    assert context.catalog is not None  # noqa: S101 - a scan has a relation of it
    single = scan.relation.column(search.columns[0]) if len(search.columns) == 1 else None
    if not found.is_large(single):
        return ()
    if found.is_spared_by(search):
        served = all(serving(context.catalog, scan.relation, [name]) for name in search.columns)
        return () if served else search.keys
    return () if search.columns else _expression(scan)


def _expression(scan: Scan) -> tuple[str, ...]:
    """An expression that is the only thing compared."""
    [*found] = scan.conditions()
    if len(found) != 1 or found[0].operator not in EQUAL or not found[0].compares_with_value or found[0].column:
        return ()
    key = index_key(scan.context, scan.relation, found[0].left)
    return () if key is None else (key,)
