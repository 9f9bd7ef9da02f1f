"""What was archived and where it is: rows of dbopt.archive_batch, changed in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dbopt.errors import Obstructed
from dbopt.partition.interval import moment_of
from dbopt.partition.model import Name
from dbopt.postgres import own_schema
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row, Session

# The states of a batch, in their order. Before them it has no row but those of its files in dbopt.archive_writing: the
# transaction that deletes rows began before the first file, and could not see such a row, much less change it.
VERIFIED = "verified"  # its files are right; its rows are in the table still
DONE = "done"  # its rows are in its files, and nowhere else
EXPIRING = "expiring"  # its files are not read any more, and go when the grace period is over
EXPIRED = "expired"  # they are gone
COLD = (DONE,)
"""States of batches whose rows are in the archive."""


@dataclass(frozen=True)
class Batch:
    """`lower` and `upper` are the least and the greatest position of the control column, None where that is not known:
    any may be there.
    """

    id: int
    policy: str
    table: Name
    relation: Name
    oid: int
    way: str
    state: str
    destination: str
    paths: tuple[str, ...] = ()
    manifest: str | None = None
    checksum: str | None = None
    lower: int | None = None
    upper: int | None = None
    rows: int | None = None
    bytes: int | None = None
    seconds: float | None = None
    published: bool = False
    done_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class LastRun:
    policy: str
    state: str
    boundary: int | None
    rows: int
    bytes: int
    batches: int
    why_quit: str | None
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class Restored:
    """Positions from `lower` to before `upper` of batches up to `batch` are in the table again; None is no bound."""

    policy: str
    lower: int | None
    upper: int | None
    batch: int


def exists(session: Session) -> bool:
    return bool(session.row("archive/ledger")["is_there"])


def make(session: Session) -> None:
    """Raises PrivilegeMissing where dbopt may have no schema."""
    if exists(session):
        return
    with session.transaction():
        own_schema.make(session)
        session.script(render("archive/ledger.sql"))


def batches(session: Session, policy: str | None = None) -> tuple[Batch, ...]:
    """In the order they were begun."""
    if not exists(session):
        return ()
    return tuple(_batch(row) for row in session.rows("archive/batches", policy=policy, id=None))


def find(session: Session, number: int) -> Batch | None:
    found = session.rows("archive/batches", policy=None, id=number)
    return _batch(found[0]) if found else None


def last_runs(session: Session) -> dict[str, LastRun]:
    """By policy."""
    if not exists(session):
        return {}
    return {row["policy"]: _last_run(row) for row in session.rows("archive/runs")}


def restored(session: Session) -> tuple[Restored, ...]:
    if not exists(session):
        return ()
    return tuple(Restored(**row) for row in session.rows("archive/restored"))


def next_batch(session: Session) -> int:
    """A number that no batch has had."""
    return int(session.row("archive/next_batch")["id"])


def will_write(session: Session, policy: str, batch: int, paths: Sequence[str]) -> None:
    """Before files are written: should the run be killed, the next one knows what to remove."""
    session.execute(
        SQL(
            "INSERT INTO dbopt.archive_writing (batch, policy, path)"
            " SELECT %(batch)s, %(policy)s, path FROM unnest(%(paths)s::text[]) AS path"
        ),
        {"batch": batch, "policy": policy, "paths": list(paths)},
    )


def left_behind(session: Session, policy: str) -> dict[int, tuple[str, ...]]:
    """The files of batches that came to nothing, by batch."""
    return {row["batch"]: tuple(row["paths"]) for row in session.rows("archive/left_behind", policy=policy)}


def unfinished(session: Session, policy: str) -> int:
    """How many batches a run that was killed has left; those of one that is at work count too."""
    if not exists(session):
        return 0
    verified = sum(1 for batch in batches(session, policy) if batch.state == VERIFIED)
    return verified + len(left_behind(session, policy))


def written(session: Session, policy: str, batch: int | None = None) -> None:
    """Forget what was to be written: of a batch, or of all that came to something."""
    session.execute(
        SQL(
            "DELETE FROM dbopt.archive_writing AS w WHERE policy = %(policy)s AND (w.batch = %(batch)s"
            " OR %(batch)s::bigint IS NULL AND EXISTS (SELECT FROM dbopt.archive_batch AS b WHERE b.id = w.batch))"
        ),
        {"policy": policy, "batch": batch},
    )


def record(session: Session, batch: Batch) -> None:
    """A new batch, whose files are right; one that is done, inside the transaction that deletes its rows."""
    values = {
        "id": batch.id,
        "policy": batch.policy,
        "destination": batch.destination,
        "schema_name": batch.table.schema,
        "table_name": batch.table.name,
        "relation_schema": batch.relation.schema,
        "relation_name": batch.relation.name,
        "relation": batch.oid,
        "way": batch.way,
        "state": batch.state,
        "paths": list(batch.paths),
        "manifest": batch.manifest,
        "checksum": batch.checksum,
        "lower": batch.lower,
        "upper": batch.upper,
        "rows": batch.rows,
        "bytes": batch.bytes,
        "seconds": batch.seconds,
    }
    _insert(session, "archive_batch", values)
    if batch.state == DONE:
        change(session, batch.id, state=DONE)


def change(session: Session, number: int, **values: Any) -> None:
    """Set columns of a batch's row, inside the transaction of what they tell of."""
    assignments = ", ".join(f"{name} = %({name})s" for name in values)
    if values.get("state") == DONE:
        assignments += ", done_at = clock_timestamp()"
    changed = session.changed(
        SQL(f"UPDATE dbopt.archive_batch SET {assignments} WHERE id = %(id)s"),  # noqa: S608 - names of ours
        {**values, "id": number},
    )
    if changed != 1:
        raise Obstructed(f"batch {number} is not in dbopt.archive_batch any more")


def forget(session: Session, batch: int) -> None:
    session.execute(SQL("DELETE FROM dbopt.archive_batch WHERE id = %(id)s"), {"id": batch})


def begin_run(session: Session, policy: str, boundary: int | None) -> int:
    """A new run; its number. A former one that says it is running was killed."""
    session.execute(
        SQL(
            "UPDATE dbopt.archive_run SET state = 'failed', why_quit = 'killed', finished_at = clock_timestamp()"
            " WHERE policy = %(policy)s AND state = 'running'"
        ),
        {"policy": policy},
    )
    return int(_insert(session, "archive_run", {"policy": policy, "state": "running", "boundary": boundary}))


def count_in_run(session: Session, run: int, rows: int, size_bytes: int) -> None:
    """A batch more, inside the transaction that makes it done."""
    session.execute(
        SQL(
            "UPDATE dbopt.archive_run SET rows = rows + %(rows)s, bytes = bytes + %(bytes)s, batches = batches + 1"
            " WHERE id = %(id)s"
        ),
        {"rows": rows, "bytes": size_bytes, "id": run},
    )


def end_run(session: Session, run: int, state: str, why_quit: str) -> None:
    session.execute(
        SQL(
            "UPDATE dbopt.archive_run SET state = %(state)s, why_quit = %(why)s, finished_at = clock_timestamp()"
            " WHERE id = %(id)s"
        ),
        {"state": state, "why": why_quit, "id": run},
    )


def _insert(session: Session, table: str, values: dict[str, Any]) -> int:
    names = ", ".join(values)
    holders = ", ".join(f"%({name})s" for name in values)
    insert = f"INSERT INTO dbopt.{table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({holders}) RETURNING id"  # noqa: S608
    found = session.fetch(SQL(insert), values)
    return int(found[0]["id"])


def _batch(row: Row) -> Batch:
    names = {
        "table": Name(row.pop("schema_name"), row.pop("table_name")),
        "relation": Name(row.pop("relation_schema"), row.pop("relation_name")),
        "oid": row.pop("relation"),
        "paths": tuple(row.pop("paths")),
        "done_at": _moment(row.pop("done_us")),
        "expires_at": _moment(row.pop("expires_us")),
    }
    return Batch(**names, **row)


def _last_run(row: Row) -> LastRun:
    started, finished = moment_of(row.pop("started_us")), _moment(row.pop("finished_us"))
    return LastRun(started_at=started, finished_at=finished, **row)


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else moment_of(microseconds)


def cold(found: Sequence[Batch]) -> tuple[Batch, ...]:
    """Those whose rows are in the archive."""
    return tuple(batch for batch in found if batch.state in COLD)
