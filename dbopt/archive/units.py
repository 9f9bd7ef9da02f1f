"""What a run of a policy has to do: partitions that are old as a whole, and tables with old rows in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dbopt.archive import source as sources
from dbopt.archive.columns import reading
from dbopt.archive.policy import Policy, boundary
from dbopt.archive.shelf import detach as shelf_detach
from dbopt.archive.shelf import table
from dbopt.archive.source import Leaf, Source
from dbopt.errors import Obstructed, UsageError
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


def obstacles(session: Session, source: Source, policy: Policy, policies: Sequence[Policy]) -> tuple[str, ...]:
    """Why the table cannot be archived, or its rows not be put where they are to go."""
    found = sources.obstacles(source, policy, policies)
    return found if policy.destination.is_files else (*found, *table.obstacles(session, source, policy))


def units(session: Session, source: Source, policy: Policy) -> Units:
    """Raises UsageError where the policy does not fit the table, Obstructed where a partition cannot go as it is to."""
    found = _units(session, source, policy)
    return found if policy.destination.is_files else _shelved(session, source, policy, found)


def _shelved(session: Session, source: Source, policy: Policy, todo: Units) -> Units:
    """A partition that cannot be put below an archive table as a whole is emptied, unless that is not asked for."""
    found = {leaf: shelf_detach.obstacles(session, source, leaf) for leaf in todo.detach}
    reasons = [text for texts in found.values() for text in texts]
    if reasons and policy.method == "detach":
        raise Obstructed(f"archive policy {policy.name}: " + "; ".join(reasons), hint='method = "move" takes the rows')
    return replace(
        todo,
        detach=tuple(leaf for leaf, texts in found.items() if not texts),
        move=(*todo.move, *(leaf for leaf, texts in found.items() if texts)),
        notes=(*todo.notes, *(f"{text}: its rows go, and it stays" for text in reasons)),
    )


def _units(session: Session, source: Source, policy: Policy) -> Units:
    before = boundary(policy, source.control, now_us(session), _largest(session, source, policy))
    if before is None:
        return Units(None)
    if source.is_partitioned and policy.method != "move" and (source.is_mine or policy.method == "detach"):
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
