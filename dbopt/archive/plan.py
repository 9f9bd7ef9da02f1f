"""`dbopt archive plan`: what a run would do now, and why it would not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from dbopt.archive import ledger, move, units
from dbopt.archive import source as sources
from dbopt.archive.columns import reading, selected
from dbopt.archive.ledger import Batch
from dbopt.archive.policy import Policy
from dbopt.archive.shelf import detach as shelf_detach
from dbopt.archive.shelf import move as shelf_move
from dbopt.archive.shelf import table
from dbopt.archive.shelf.table import Shelf
from dbopt.archive.source import Leaf, Source
from dbopt.errors import DboptError
from dbopt.partition.key import literal
from dbopt.partition.model import Name
from dbopt.postgres.identifiers import SQL, quoted
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session

_BATCH_LOCKS = "ROW EXCLUSIVE on {table}, row locks on a batch until it is committed"
_DETACH_LOCKS = (
    "SHARE ROW EXCLUSIVE on {table} for a moment, before it is exported; ACCESS EXCLUSIVE on {parent} and {table} while"
    " it is detached and dropped"
)

_SHELF_LOCKS = (
    "ACCESS EXCLUSIVE on {table} for a moment, for a CHECK of its bounds; ACCESS EXCLUSIVE on {parent} and {table}"
    " while it is detached"
)


@dataclass(frozen=True)
class PlannedUnit:
    """A partition that goes, or a table whose old rows go. `rows` and `bytes` are estimates; `statements` are those
    that change the server.
    """

    relation: str
    way: str
    rows: int
    bytes: int
    batches: int
    locks: str
    statements: tuple[str, ...]


@dataclass(frozen=True)
class PlannedPolicy:
    """`boundary` is the value of the control column before which rows go, null where there are none. `seconds` is by
    the rate of the last batches, null where there are none. `unfinished` counts batches of a run that was killed.
    """

    name: str
    table: str
    control: str
    keep_hot: str
    destination: str
    boundary: str | None
    rows: int
    bytes: int
    seconds: float | None
    unfinished: int
    obstacles: tuple[str, ...]
    notes: tuple[str, ...]
    units: tuple[PlannedUnit, ...]


@dataclass(frozen=True)
class ArchivePlan:
    SCHEMA: ClassVar[str] = "dbopt.archive-plan/1"
    WRITTEN_BY: ClassVar[str] = "dbopt archive plan"

    server_version: str
    database: str
    policies: tuple[PlannedPolicy, ...]


def plan(session: Session, policies: Sequence[Policy], all_policies: Sequence[Policy]) -> ArchivePlan:
    """Nothing is changed. What stands in the way of a policy is said in it; raises ConnectionFailed."""
    found = tuple(_planned(session, policy, all_policies) for policy in policies)
    return ArchivePlan(session.server_version, session.database, found)


def _planned(session: Session, policy: Policy, policies: Sequence[Policy]) -> PlannedPolicy:
    batches = ledger.batches(session, policy.name)
    unfinished = len(ledger.unfinished(batches))
    try:
        source = sources.read(session, policy)
        obstacles = units.obstacles(session, source, policy, policies)
        todo = units.units(session, source, policy)
    except DboptError as error:
        if not session.is_open:
            raise
        return _empty(policy, policy.table, (error.message,), unfinished)
    if obstacles:
        return _empty(policy, str(source.name), obstacles, unfinished)
    shelf = None if policy.destination.is_files else _shelf(session, source, policy)
    gone = [_detached(session, source, leaf, shelf) for leaf in todo.detach]
    left = [_moved(session, source, policy, leaf, todo.before, shelf) for leaf in todo.move]
    found = tuple(unit for unit in (*gone, *left) if unit.rows or unit.way == "detach")
    rows = sum(unit.rows for unit in found)
    return PlannedPolicy(
        name=policy.name,
        table=str(source.name),
        control=policy.control,
        keep_hot=str(policy.keep_hot),
        destination=str(policy.destination),
        boundary=None if todo.before is None else literal(source.control, todo.before),
        rows=rows,
        bytes=sum(unit.bytes for unit in found),
        seconds=_seconds(rows, batches),
        unfinished=unfinished,
        obstacles=(),
        notes=(*todo.notes, *_remarks(source, todo.move)),
        units=found,
    )


def _empty(policy: Policy, table: str, obstacles: tuple[str, ...], unfinished: int) -> PlannedPolicy:
    return PlannedPolicy(
        policy.name,
        table,
        policy.control,
        str(policy.keep_hot),
        str(policy.destination),
        None,
        0,
        0,
        None,
        unfinished,
        obstacles,
        (),
        (),
    )


def _shelf(session: Session, source: Source, policy: Policy) -> Shelf | None:
    """The archive table, or what it will be."""
    names = table.free_names(session, source, policy)
    found = table.find(session, policy)
    return found or (Shelf(policy.name, source.name, *names, None) if names else None)


def _detached(session: Session, source: Source, leaf: Leaf, shelf: Shelf | None) -> PlannedUnit:
    parent = str(source.name)
    if shelf is not None:
        locks = _SHELF_LOCKS.format(table=leaf.name, parent=parent)
        texts = shelf_detach.statements(session, source, shelf, leaf)
        return PlannedUnit(str(leaf.name), "detach", leaf.rows, leaf.bytes, 1, locks, texts)
    storage = session.row("archive/storage", oid=leaf.oid)["storage"]
    statements = (
        render("archive/watch.sql", table=str(leaf.name), oid=leaf.oid, storage=storage),
        _export(source, leaf, "true"),
        render("archive/detach.sql", parent=parent, table=str(leaf.name), oid=leaf.oid),
    )
    locks = _DETACH_LOCKS.format(table=leaf.name, parent=parent)
    return PlannedUnit(str(leaf.name), "detach", leaf.rows, leaf.bytes, 1, locks, statements)


def _moved(
    session: Session, source: Source, policy: Policy, leaf: Leaf, before: int | None, shelf: Shelf | None
) -> PlannedUnit:
    condition = " AND ".join(move.conditions(policy, source, leaf, before))
    rows = _estimated(session, leaf.name, condition)
    share = rows / leaf.rows if leaf.rows else 0.0
    statements: tuple[str, ...] = (
        _export(source, leaf, condition),
        f"DELETE FROM ONLY {leaf.name} WHERE {condition}",  # noqa: S608 - shown, and quoted
    )
    if shelf is not None:
        names = ", ".join(quoted(one.name) for one in source.columns)
        value = table.value(source.control, policy.control)
        statements = (shelf_move.statement(names, leaf, str(shelf.name), condition, value),)
    batches = -(-rows // policy.batch_rows)
    locks = _BATCH_LOCKS.format(table=leaf.name)
    return PlannedUnit(str(leaf.name), "move", rows, round(leaf.bytes * min(share, 1.0)), batches, locks, statements)


def _export(source: Source, leaf: Leaf, condition: str) -> str:
    query = f"SELECT {selected(source.shape)}\nFROM ONLY {leaf.name} WHERE {condition}"
    return f"COPY ({query}) TO STDOUT (FORMAT binary)"


def _estimated(session: Session, relation: Name, condition: str) -> int:
    """Rows, by the planner."""
    with session.rolled_back():
        session.script(reading())
        query = f"EXPLAIN (FORMAT JSON) SELECT FROM ONLY {relation} WHERE {condition}"
        found = session.fetch(SQL(query))[0]["QUERY PLAN"][0]["Plan"]
    return int(found["Plan Rows"]) if found["Plan Rows"] > 1 else _any(session, relation, condition)


def _any(session: Session, relation: Name, condition: str) -> int:
    """Whether there is a row at all: the planner never says that there is none."""
    with session.rolled_back():
        session.script(reading())
        query = f"SELECT count(*) AS rows FROM (SELECT FROM ONLY {relation} WHERE {condition} LIMIT 1) AS one"  # noqa: S608
        return int(session.fetch(SQL(query))[0]["rows"])


def _seconds(rows: int, batches: Sequence[Batch]) -> float | None:
    timed = [batch for batch in batches if batch.seconds and batch.rows][-100:]
    took = sum(batch.seconds or 0.0 for batch in timed)
    return rows * took / sum(batch.rows or 0 for batch in timed) if took else None


def _remarks(source: Source, leaves: Sequence[Leaf]) -> tuple[str, ...]:
    slow = [str(leaf.name) for leaf in leaves if not leaf.is_ordered]
    found = []
    if slow:
        found.append(
            f"no index leads with the control column: {', '.join(slow)} is read from its first block to its last"
        )
    if source.delete_triggers and leaves:
        found.append(f"its DELETE triggers fire for each row: {', '.join(source.delete_triggers)}")
    return tuple(found)
