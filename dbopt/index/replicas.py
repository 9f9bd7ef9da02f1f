"""Reads that replicas count for themselves: an index that nobody reads on the primary may be all that a report on a
replica lives by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dbopt.errors import ServerError
from dbopt.index.existing import SHORTEST_WINDOW_SECONDS
from dbopt.postgres.schema import Catalog
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Replica:
    """How often each index (schema, name) was read there, and how long that server has been counting."""

    scans: Mapping[tuple[str, str], int]
    counted_seconds: float | None


def read_replica(session: Session) -> Replica:
    """Ask a replica, physical or logical: an index is the same one by its name. Works for any role."""
    with session.rolled_back():
        scans = {(row["schema"], row["name"]): row["scans"] for row in session.rows("index/scans")}
        counted = session.row("catalog/environment")["counted_seconds"]
    return Replica(scans, counted)


def with_replicas(catalog: Catalog, opens: Sequence[Callable[[], Session]]) -> tuple[Catalog, tuple[str, ...]]:
    """The catalog with the replicas' reads in it, and remarks. Where one cannot be asked, or has counted for a short
    time only, how long was counted is not known (or short), so that no index is called unused.
    """
    found: list[Replica] = []
    remarks = []
    for number, open_ in enumerate(opens, 1):
        try:
            with open_() as session:
                found.append(read_replica(session))
        except ServerError as error:
            remarks.append(f"replica {number} was not asked, so that no index is called unused: {error.message}")
            continue
        if (found[-1].counted_seconds or 0) < SHORTEST_WINDOW_SECONDS:
            remarks.append(f"replica {number} has counted for less than a day, so that no index is called unused")
    counted = add(catalog, found)
    return (replace(counted, counted_seconds=None) if len(found) < len(opens) else counted), tuple(remarks)


def add(catalog: Catalog, replicas: Sequence[Replica]) -> Catalog:
    """Scans of all together, None of an index that one of them does not have; the shortest time of counting. Pure."""
    indexes = tuple(
        replace(index, scans=_sum([index.scans, *(one.scans.get((index.schema, index.name)) for one in replicas)]))
        for index in catalog.indexes
    )
    times = [catalog.counted_seconds, *(replica.counted_seconds for replica in replicas)]
    known = [time for time in times if time is not None]
    counted = min(known) if len(known) == len(times) else None
    return replace(catalog, indexes=indexes, counted_seconds=counted, replicas=len(replicas))


def _sum(scans: Sequence[int | None]) -> int | None:
    known = [count for count in scans if count is not None]
    return sum(known) if len(known) == len(scans) else None
