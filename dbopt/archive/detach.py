"""A partition that leaves as a whole: exported and verified while it is in use, then detached and dropped in one short
transaction.

Before it is exported the partition gets triggers that note changes; what they noted is looked at under the lock of the
last transaction. A partition that changed is exported anew, and one that keeps changing is emptied a batch at a time
(dbopt/archive/move.py) before it goes.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass

from dbopt.archive import ledger
from dbopt.archive.columns import selected
from dbopt.archive.files import write
from dbopt.archive.manifest import ArchivedFile
from dbopt.archive.move import Place, move
from dbopt.archive.source import Leaf
from dbopt.archive.work import COMMITTED, DELETED, WATCHED, Task, Work
from dbopt.errors import Obstructed, ServerError
from dbopt.partition.model import Name
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.patience import patiently
from dbopt.postgres.scripts import render

_EXPORTS = 2
"""Times that a partition is exported as a whole; after that it is emptied in batches."""
_PASSES = 10


@dataclass(frozen=True)
class Detached:
    rows: int
    bytes: int
    batches: int


class _Changed(Exception):
    """Rows of the partition changed after they were exported."""


def detach(work: Work, leaf: Leaf) -> Detached:
    """Archive a partition. Raises what `move` raises, and Obstructed where it is none any more."""
    for _ in range(_EXPORTS):
        try:
            return _as_a_whole(work, leaf)
        except _Changed:
            if work.on_wait is not None:
                work.on_wait(f"{leaf.name} changed while it was exported; once more")
    return _emptied(work, leaf)


def resume(work: Work, batch: ledger.Batch) -> Detached | None:
    """Go on with a partition that was exported by a run that was killed; None where that is too late: it changed, or
    its files are not what they were.
    """
    found = work.session.rows("archive/watched", oid=batch.oid)
    if not found or not found[0]["is_watched"] or batch.relation != _name_of(work, batch.oid):
        return None
    if not work.is_right(batch):
        return None
    leaf = Leaf(batch.relation, batch.oid, 0, 0, is_ordered=False)
    try:
        _drop(work, leaf, batch.id)
    except _Changed:
        return None
    work.step(COMMITTED)
    return Detached(batch.rows or 0, batch.bytes or 0, 1)


def unwatch_all(work: Task) -> None:
    """What runs that were killed left on partitions; where that is not to be had now, the next run tries."""
    for row in work.session.rows("archive/left_watched", oid=work.source.oid):
        with suppress(ServerError):
            _unwatch(work, Leaf(Name(row["schema"], row["name"]), row["oid"], 0, 0, is_ordered=False))
    ledger.forget_unwatched(work.session)


def _as_a_whole(work: Work, leaf: Leaf) -> Detached:
    started = time.monotonic()
    _watch(work, leaf)
    batch = ledger.begin(work.log, work.policy, work.source.name, leaf.name, leaf.oid, "detach")
    try:
        files = _export(work, leaf, batch, started)
        _drop(work, leaf, batch)
    except Exception:
        _clean(work, leaf, batch)
        raise
    work.step(COMMITTED)
    return Detached(sum(file.rows for file in files), sum(file.bytes for file in files), 1)


def _watch(work: Work, leaf: Leaf) -> None:
    def attempt() -> None:
        with work.session.transaction():
            work.session.script(
                f"SET LOCAL lock_timeout = {work.limits.lock_timeout_ms};"
                f" LOCK TABLE ONLY {leaf.name} IN ACCESS EXCLUSIVE MODE"
            )
            storage = work.session.row("archive/storage", oid=leaf.oid)["storage"]
            work.session.script(render("archive/watch.sql", table=str(leaf.name), oid=leaf.oid, storage=storage))

    patiently(work.limits, attempt, work.on_wait)
    work.step(WATCHED)


def _export(work: Work, leaf: Leaf, batch: int, started: float) -> tuple[ArchivedFile, ...]:
    query = f"SELECT {selected(work.source.shape)} FROM ONLY {leaf.name}"  # noqa: S608 - quoted names

    def attempt() -> tuple[ArchivedFile, ...]:
        with work.snapshot(leaf, "ACCESS SHARE"):
            return write(work.filing(batch), work.paced(work.arrow.batches(query)))

    files = patiently(work.limits, attempt, work.on_wait)
    manifest, checksum = work.keep(batch, "detach", leaf, files)
    work.verified(batch, files, seconds=time.monotonic() - started, manifest=manifest, checksum=checksum)
    return files


def _drop(work: Work, leaf: Leaf, batch: int | None) -> None:
    """Detach and drop, unless something changed. Whoever waits for the table waits as long as this takes."""

    def attempt() -> None:
        parent = parent_of(work, leaf)
        with work.session.transaction():
            work.session.script(
                f"SET LOCAL lock_timeout = {work.limits.lock_timeout_ms};"
                f" LOCK TABLE ONLY {parent}, ONLY {leaf.name} IN ACCESS EXCLUSIVE MODE"
            )
            _require_unchanged(work, leaf, batch)
            work.session.script(render("archive/detach.sql", parent=str(parent), table=str(leaf.name), oid=leaf.oid))
            if batch is not None:
                work.finished(batch)
            work.step(DELETED)

    patiently(work.limits, attempt, work.on_wait)


def _require_unchanged(work: Work, leaf: Leaf, batch: int | None) -> None:
    if batch is None:
        if not work.session.fetch(SQL(render("archive/is_empty.sql", table=str(leaf.name))))[0]["is_empty"]:
            raise _Changed
        return
    found = work.session.rows("archive/watched", oid=leaf.oid)
    if not found or not found[0]["is_watched"] or work.session.row("archive/touched", oid=leaf.oid)["touched"]:
        raise _Changed
    if ledger.batch(work.session, batch).oid != leaf.oid:  # another run watches it by now
        raise _Changed
    work.require_columns(leaf)


def _emptied(work: Work, leaf: Leaf) -> Detached:
    """Empty the partition in batches, until it is empty when it is looked at under the lock."""
    rows = size = batches = 0
    for _ in range(_PASSES):
        place = Place()
        while not place.at_end:
            work.governor.begin()
            moved = move(work, leaf, None, place, work.policy.batch_rows)
            work.governor.end(moved.rows, moved.bytes)
            rows, size, batches, place = rows + moved.rows, size + moved.bytes, batches + bool(moved.rows), moved.place
        work.session.script(f"VACUUM (SKIP_LOCKED) {leaf.name}")  # to see under the lock, at once, that it is empty
        try:
            _drop(work, leaf, None)
        except _Changed:
            continue
        return Detached(rows, size, batches)
    raise Obstructed(
        f"{leaf.name} does not become empty: others write to it, or refer to its rows",
        hint=f"{rows:,} rows of it are archived; the next run goes on",
    )


def _clean(work: Work, leaf: Leaf, batch: int) -> None:
    work.clean(batch)
    with suppress(ServerError):
        if work.session.is_open:
            _unwatch(work, leaf)


def _unwatch(work: Task, leaf: Leaf) -> None:
    """Without keeping anybody waiting for long."""
    with work.session.transaction():
        work.session.script(f"SET LOCAL lock_timeout = {work.limits.lock_timeout_ms}")
        work.session.script(render("archive/unwatch.sql", table=str(leaf.name), oid=leaf.oid))


def parent_of(work: Task, leaf: Leaf) -> Name:
    """Raises Obstructed where it is no partition any more."""
    found = work.session.rows("archive/watched", oid=leaf.oid)
    if not found:
        raise Obstructed(f"{leaf.name} is no partition any more")
    return Name(found[0]["parent_schema"], found[0]["parent_name"])


def _name_of(work: Work, oid: int) -> Name:
    row = work.session.row("archive/table", oid=oid)
    return Name(row["schema"], row["name"])
