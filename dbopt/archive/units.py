"""What a run of a policy has to do: partitions that are old as a whole, and tables with old rows in them."""

from __future__ import annotations

from dataclasses import dataclass

from dbopt.archive import source as sources
from dbopt.archive.columns import reading
from dbopt.archive.policy import Policy, boundary
from dbopt.archive.source import Leaf, Source
from dbopt.errors import UsageError
from dbopt.partition import bound
from dbopt.partition.key import Infinity, position_of_row
from dbopt.partition.model import Name, span_of
from dbopt.postgres.clock import now_us
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Units:
    """`before` is the position before which rows are to go, None where that is not known: an empty table."""

    before: int | None
    detach: tuple[Leaf, ...] = ()
    move: tuple[Leaf, ...] = ()
    notes: tuple[str, ...] = ()


def units(session: Session, source: Source, policy: Policy) -> Units:
    """Raises UsageError where the policy does not fit the table."""
    before = boundary(policy, source.control, now_us(session), _largest(session, source, policy))
    if before is None:
        return Units(None)
    if source.is_partitioned and policy.method != "move":
        return _partitions(session, source, policy, before)
    if policy.method == "detach":
        raise UsageError(
            f"archive policy {policy.name}: {source.name} has no partitions to detach",
            hint='method = "move", or dbopt partition convert',
        )
    return _rows(session, source, policy, before)


def _partitions(session: Session, source: Source, policy: Policy, before: int) -> Units:
    with session.rolled_back():
        session.script(reading())
        key = session.row("archive/partition_key", oid=source.oid)
        rows = session.rows("archive/partitions", oid=source.oid)
    if key["strategy"] != "r" or key["column"] != policy.control:
        if policy.method == "auto":
            return _rows(session, source, policy, before)
        raise UsageError(
            f"archive policy {policy.name}: {source.name} is not partitioned by range of {policy.control}",
            hint='method = "move"',
        )
    found, notes = [], []
    for row in rows:
        name = Name(row["schema"], row["name"])
        span = span_of(bound.parse(row["bound"]), source.control)
        if span is None or span[1] > before:
            continue
        if row["kind"] != "r":
            what = "a foreign table" if row["kind"] == "f" else "partitioned itself"
            notes.append(f'{name} is {what}: it stays; method = "move" takes its rows')
            continue
        is_ordered = session.row("archive/control_index", oid=row["oid"], control=policy.control)["is_ordered"]
        found.append((span, Leaf(name, row["oid"], row["rows"], row["bytes"], bool(is_ordered))))
    return Units(before, detach=tuple(leaf for _, leaf in sorted(found, key=lambda pair: pair[0])), notes=tuple(notes))


def _rows(session: Session, source: Source, policy: Policy, before: int) -> Units:
    found = sources.leaves(session, source, policy.control)
    notes = tuple(f"{leaf.name} is a foreign table: its rows stay" for leaf in found if leaf.is_foreign)
    return Units(before, move=tuple(leaf for leaf in found if not leaf.is_foreign), notes=notes)


def _largest(session: Session, source: Source, policy: Policy) -> int | None:
    if source.control.is_time:
        return None
    text = render("archive/largest.sql", control=policy.control, table=str(source.name))
    with session.rolled_back():
        found = session.fetch(SQL(text))[0]["largest"]
    position = None if found is None else position_of_row(source.control, found)
    return None if isinstance(position, Infinity) else position
