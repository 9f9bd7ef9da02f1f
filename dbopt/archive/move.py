"""Rows of a table that stays: a batch at a time they go to a file, which is read again, and are deleted, in one
REPEATABLE READ transaction.

So a DELETE concerns the rows that were written and no other: a row that somebody changed in between makes it fail with
a serialization failure, upon which the batch is tried anew; a row that came in between is not seen, and stays. A batch
is a stretch of rows in the order of the control column, cut by (value, ctid) where many rows have one value; without an
index to read them in that order, a stretch of blocks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dbopt.archive import ledger
from dbopt.archive.columns import selected
from dbopt.archive.files import write
from dbopt.archive.manifest import ArchivedFile
from dbopt.archive.policy import Policy
from dbopt.archive.source import Leaf, Referring, Source
from dbopt.archive.work import COMMITTED, DELETED, Task, Work
from dbopt.errors import LockNotAvailable, Obstructed, QueryFailed
from dbopt.partition.key import literal as position_literal
from dbopt.postgres.identifiers import SQL, literal, quoted
from dbopt.postgres.scripts import render

if TYPE_CHECKING:
    import pyarrow as pa

_CONFLICTS = ("40001", "23503")  # a row was changed in between, or another came to refer to it
_ATTEMPTS = 20
_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0


@dataclass(frozen=True)
class Place:
    """How far a pass has come in a table: the value of the control column, or the block, where it goes on."""

    value: str | None = None
    block: int = 0
    at_end: bool = False


@dataclass(frozen=True)
class Moved:
    """What one batch did, and where the next begins."""

    rows: int
    bytes: int
    place: Place


@dataclass(frozen=True)
class Stretch:
    """The rows of a batch, as a condition."""

    condition: str
    next: Place = field(default_factory=Place)


def move(work: Work, leaf: Leaf, boundary: int | None, place: Place, rows: int) -> Moved:
    """Archive the next batch of at most so many rows before the boundary; all rows where it is None.

    Raises FileError, ArchiveDamaged, ServerError, and Obstructed where the rows cannot be deleted: then all of them are
    in the table still.
    """
    return tried(work, leaf, rows, lambda size: _attempt(work, leaf, boundary, place, size))


def tried(work: Task, leaf: Leaf, rows: int, attempt: Callable[[int], Moved]) -> Moved:
    """A batch of at most so many rows, tried again with fewer where others are in the way. Raises what the last attempt
    raises.
    """
    size = rows
    for number in range(_ATTEMPTS):
        try:
            return attempt(size)
        except (LockNotAvailable, QueryFailed) as error:
            if number == _ATTEMPTS - 1 or not (isinstance(error, LockNotAvailable) or error.sqlstate in _CONFLICTS):
                raise
            if work.on_wait is not None:
                work.on_wait(f"{leaf.name}: {error.message}; trying again")
        size = max(size // 2, 1)
        time.sleep(min(_PAUSE_SECONDS * 2**number, _LONGEST_PAUSE_SECONDS))
    raise AssertionError("unreachable")


def _attempt(work: Work, leaf: Leaf, boundary: int | None, place: Place, rows: int) -> Moved:
    started = time.monotonic()
    # before the snapshot: a transaction changes only what it sees
    batch = ledger.begin(work.log, work.policy, work.source.name, leaf.name, leaf.oid, "move")
    try:
        with work.snapshot(leaf, "ROW EXCLUSIVE"):
            stretch = next_stretch(work, leaf, boundary, place, rows)
            found = list(work.arrow.batches(_query(work, leaf, stretch)))
            count = sum(len(one) for one in found)
            files = _archive(work, leaf, stretch, batch, found, started) if count else ()
    except Exception:
        work.clean(batch)
        raise
    if not count:
        ledger.forget(work.log, batch)
        return Moved(0, 0, stretch.next)
    work.step(COMMITTED)
    return Moved(count, sum(file.bytes for file in files), stretch.next)


def _archive(
    work: Work, leaf: Leaf, stretch: Stretch, batch: int, found: Sequence[pa.RecordBatch], started: float
) -> tuple[ArchivedFile, ...]:
    files = write(work.filing(batch), found)
    manifest, checksum = work.keep(batch, "move", leaf, files)
    _delete(work, leaf, stretch, sum(file.rows for file in files))
    work.done(batch, files, seconds=time.monotonic() - started, manifest=manifest, checksum=checksum)
    work.step(DELETED)
    return files


def next_stretch(work: Task, leaf: Leaf, boundary: int | None, place: Place, rows: int) -> Stretch:
    """The next batch of at most so many rows, as the transaction of the session sees the table."""
    old = conditions(work.policy, work.source, leaf, boundary)
    return _ordered(work, leaf, old, place, rows) if leaf.is_ordered else _blocks(work, leaf, old, place, rows)


def _ordered(work: Task, leaf: Leaf, old: Sequence[str], place: Place, rows: int) -> Stretch:
    control = quoted(work.policy.control)
    work.session.script("SET LOCAL enable_seqscan = off")
    left = [*old, *([f"{control} >= {literal(place.value)}"] if place.value is not None else [])]
    text = render(
        "archive/upto.sql", table=str(leaf.name), control=work.policy.control, old=" AND ".join(left), rows=rows
    )
    last = work.session.fetch(SQL(text))
    if not last:
        return Stretch(" AND ".join(left), Place(at_end=True))
    value, spot = literal(last[0]["value"]), literal(last[0]["place"])
    cut = [f"{control} <= {value}", f"({control} < {value} OR ctid <= {spot})"]
    return Stretch(" AND ".join([*left, *cut]), Place(last[0]["value"]))


def _blocks(work: Task, leaf: Leaf, old: Sequence[str], place: Place, rows: int) -> Stretch:
    """As many blocks as hold about so many rows."""
    row = work.session.row("archive/blocks", oid=leaf.oid)
    per_block = max(row["rows"] / max(row["blocks"], 1), 1.0)
    end = min(place.block + max(round(rows / per_block), 1), max(row["blocks"], place.block))
    span = [f"ctid >= '({place.block},0)'", f"ctid < '({end},0)'"]
    return Stretch(" AND ".join([*span, *old]), Place(block=end, at_end=end >= row["blocks"]))


def conditions(policy: Policy, source: Source, leaf: Leaf, boundary: int | None) -> list[str]:
    """Under which a row is to go: it is old, and no row refers to it."""
    old = f"{quoted(policy.control)} < {literal(position_literal(source.control, boundary or 0))}"
    return ["true" if boundary is None else old, *(_unreferred(leaf, one) for one in source.referring)]


def _unreferred(leaf: Leaf, key: Referring) -> str:
    pairs = " AND ".join(f"dbopt_r.{quoted(theirs)} = {leaf.name}.{quoted(ours)}" for theirs, ours in key.pairs)
    return f"NOT EXISTS (SELECT FROM {key.table} AS dbopt_r WHERE {pairs})"


def _query(work: Work, leaf: Leaf, stretch: Stretch) -> str:
    return f"SELECT {selected(work.source.shape)} FROM ONLY {leaf.name} WHERE {stretch.condition}"  # noqa: S608


def _delete(work: Work, leaf: Leaf, stretch: Stretch, rows: int) -> None:
    deleted = work.session.changed(SQL(f"DELETE FROM ONLY {leaf.name} WHERE {stretch.condition}"))  # noqa: S608
    if deleted != rows:
        triggers = ", ".join(work.source.delete_triggers)
        raise Obstructed(
            f"{rows:,} rows of {leaf.name} were written, but {deleted:,} could be deleted; all are in the table still",
            hint=f"a trigger keeps rows: {triggers}" if triggers else None,
        )
