"""What was archived and where it is: rows of dbopt.archive_batch, changed in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dbopt.archive.policy import Policy
from dbopt.errors import Obstructed
from dbopt.partition.interval import moment_of
from dbopt.partition.model import Name
from dbopt.postgres import own_schema
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row, Session

# The states of a batch, in their order.
EXPORTING = "exporting"  # its files may be there, in part; its rows are in the table
VERIFIED = "verified"  # its files are right; its rows are in the table still
DONE = "done"  # its rows are in its files, and nowhere else
EXPIRING = "expiring"  # its files are not read any more, and go when the grace period is over
EXPIRED = "expired"  # they are gone
COLD = (DONE,)
"""States of batches whose rows are in the archive."""


@dataclass(frozen=True)
class Batch:
    """`lower` and `upper` are the least and the greatest position of the control column, None where that is not known:
    any may be there. `published` is whether the policy's Iceberg table shows it as it is now.
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

    @property
    def in_files(self) -> bool:
        """Whether its rows are in files, and not in a table of this database."""
        return not self.destination.startswith("schema:")


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
    rows: int


def exists(session: Session) -> bool:
    return bool(session.row("archive/ledger")["is_there"])


def make(session: Session) -> None:
    """Raises PrivilegeMissing where dbopt may have no schema."""
    if session.row("archive/ledger")["is_whole"]:
        return
    with session.transaction():
        own_schema.make(session)
        session.script(render("archive/ledger.sql"))


def batches(session: Session, policy: str | None = None) -> tuple[Batch, ...]:
    """In the order they were begun."""
    if not exists(session):
        return ()
    return tuple(_batch(row) for row in session.rows("archive/batches", policy=policy, id=None))


def batch(session: Session, number: int) -> Batch:
    return _batch(session.row("archive/batches", policy=None, id=number))


def last_runs(session: Session) -> dict[str, LastRun]:
    """By policy."""
    if not exists(session):
        return {}
    return {row["policy"]: _last_run(row) for row in session.rows("archive/runs")}


def restored(session: Session) -> tuple[Restored, ...]:
    if not exists(session):
        return ()
    return tuple(Restored(**row) for row in session.rows("archive/restored"))


def gone(session: Session) -> dict[str, int]:
    """How many rows of its batches the archive tables of this database have no more, by policy."""
    if not exists(session):
        return {}
    return {row["policy"]: int(row["rows"]) for row in session.rows("archive/gone")}


def begin(session: Session, policy: Policy, table: Name, relation: Name, oid: int, way: str) -> int:
    """A new batch, whose files may be written from now on; its number."""
    values = {
        "policy": policy.name,
        "destination": str(policy.destination),
        "schema_name": table.schema,
        "table_name": table.name,
        "relation_schema": relation.schema,
        "relation_name": relation.name,
        "relation": oid,
        "way": way,
        "state": EXPORTING,
    }
    return int(_insert(session, "archive_batch", values))


def will_write(session: Session, batch: int, path: str) -> None:
    """Before a file is written: should the run be killed, the next one knows what to remove."""
    _one(
        session.changed(
            SQL(
                "INSERT INTO dbopt.archive_path (batch, path) SELECT id, %(path)s FROM dbopt.archive_batch"
                " WHERE id = %(id)s AND state = %(state)s FOR KEY SHARE"
            ),
            {"path": path, "id": batch, "state": EXPORTING},
        ),
        batch,
    )


def change(session: Session, number: int, **values: Any) -> None:
    """Set columns of a batch's row, inside the transaction of what they tell of."""
    assignments = ", ".join(f"{name} = %({name})s" for name in values)
    if values.get("state") == DONE:
        assignments += ", done_at = clock_timestamp()"
    _one(
        session.changed(
            SQL(f"UPDATE dbopt.archive_batch SET {assignments} WHERE id = %(id)s"),  # noqa: S608 - names of ours
            {**values, "id": number},
        ),
        number,
    )


def also_writes(session: Session, number: int, path: str) -> None:
    """A file that stands for one of a batch in the Iceberg table: it goes when the batch expires."""
    session.execute(
        SQL(
            "INSERT INTO dbopt.archive_path (batch, path) SELECT %(id)s, %(path)s"
            " WHERE NOT EXISTS (SELECT FROM dbopt.archive_path WHERE batch = %(id)s AND path = %(path)s)"
        ),
        {"id": number, "path": path},
    )


def publish(session: Session, numbers: Sequence[int]) -> None:
    """The Iceberg table shows these batches as the ledger has them."""
    session.execute(
        SQL("UPDATE dbopt.archive_batch SET published = true WHERE id = ANY(%(ids)s) AND NOT published"),
        {"ids": list(numbers)},
    )


def claim(session: Session, number: int) -> Batch | None:
    """Inside the transaction that forgets a batch: the batch, if it came to nothing. Raises LockNotAvailable where a
    transaction that may yet make it done holds it.
    """
    found = session.fetch(
        SQL(
            "SELECT id FROM dbopt.archive_batch WHERE id = %(id)s AND state IN ('exporting', 'verified')"
            " FOR UPDATE NOWAIT"
        ),
        {"id": number},
    )
    return batch(session, number) if found else None


def forget(session: Session, batch: int) -> None:
    for table, column in (("archive_path", "batch"), ("archive_batch", "id")):
        session.execute(SQL(f"DELETE FROM dbopt.{table} WHERE {column} = %(id)s"), {"id": batch})  # noqa: S608 - ours


def forget_unwatched(session: Session) -> None:
    """What tables noted that do not exist any more, or note nothing any more."""
    session.execute(
        SQL(
            "DELETE FROM dbopt.archive_touched AS t WHERE NOT EXISTS"
            " (SELECT FROM pg_trigger WHERE tgrelid = t.relation AND tgname = 'zzz_dbopt_archive_touch')"
        )
    )


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


def count_rows_in_run(session: Session, run: int, rows: int) -> None:
    """The rows of a batch that was counted in without them."""
    session.execute(
        SQL("UPDATE dbopt.archive_run SET rows = rows + %(rows)s WHERE id = %(id)s"), {"rows": rows, "id": run}
    )


def end_run(session: Session, run: int, state: str, why_quit: str) -> None:
    session.execute(
        SQL(
            "UPDATE dbopt.archive_run SET state = %(state)s, why_quit = %(why)s, finished_at = clock_timestamp()"
            " WHERE id = %(id)s"
        ),
        {"state": state, "why": why_quit, "id": run},
    )


def _one(changed: int, batch: int) -> None:
    """What the ledger does not know of must not happen."""
    if changed != 1:
        raise Obstructed(f"the ledger has no batch {batch} any more: another run took it for one that had ended")


def _insert(session: Session, table: str, values: dict[str, Any]) -> int:
    names = ", ".join(values)
    holders = ", ".join(f"%({name})s" for name in values)
    found = session.fetch(
        SQL(f"INSERT INTO dbopt.{table} ({names}) VALUES ({holders}) RETURNING id"),  # noqa: S608 - names of ours
        values,
    )
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


def unfinished(found: Sequence[Batch]) -> tuple[Batch, ...]:
    """Those that a run which was killed has left, or one is at work on."""
    return tuple(batch for batch in found if batch.state in (EXPORTING, VERIFIED))
