"""`dbopt archive run --expire`: files that are older than the policy keeps them go, in two phases. First a batch is
expiring: it is not read any more; after the grace period its files are removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from dbopt.archive import ledger
from dbopt.archive.iceberg import OnNote, follow
from dbopt.archive.ledger import Batch
from dbopt.archive.policy import Policy
from dbopt.archive.shelf import expire as shelf_expire
from dbopt.archive.work import place_of, read_manifest
from dbopt.errors import UsageError
from dbopt.partition.interval import microseconds_of, moment_of
from dbopt.partition.key import Kind
from dbopt.postgres.clock import now_us
from dbopt.postgres.exclusive import exclusive, key_of
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Due:
    """Batches that begin to expire now, until when they are kept, and those whose files are removed now; `rows` are
    those of an archive table that go now, by these statements.
    """

    policy: Policy
    expiring: tuple[Batch, ...]
    until: datetime
    over: tuple[Batch, ...]
    rows: int = 0
    statements: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExpiredPolicy:
    """`bytes` are those of the files that were removed."""

    policy: str
    expiring: int
    expired: int
    rows: int
    bytes: int


@dataclass(frozen=True)
class Expired:
    SCHEMA: ClassVar[str] = "dbopt.archive-expired/1"
    WRITTEN_BY: ClassVar[str] = "dbopt archive run"

    policies: tuple[ExpiredPolicy, ...]


def due(session: Session, policy: Policy) -> Due:
    """Of the batches that begin to expire all rows are older than `keep_archive` and, whatever that says, than
    `legal_minimum`. A batch with a row of no known time never expires.

    Raises UsageError where the policy does not say how long the archive is kept, or its control column has no time.
    """
    if policy.keep_archive is None:
        raise UsageError(
            f"archive policy {policy.name} does not say how long the archive is kept",
            hint='keep_archive = "7 years" in its section',
        )
    batches = tuple(batch for batch in ledger.batches(session, policy.name) if batch.in_files)
    cold = ledger.cold(batches)
    if cold and not _kind(policy, cold[-1]).is_time:
        raise UsageError(f"archive policy {policy.name}: {policy.control} carries no time, so its rows have no age")
    now = moment_of(now_us(session))
    least = (policy.keep_archive, *((policy.legal_minimum,) if policy.legal_minimum else ()))
    before = min(microseconds_of(one.after(now, -1)) for one in least)
    return Due(
        policy,
        tuple(batch for batch in cold if batch.upper is not None and batch.upper < before),
        policy.grace.after(now),
        tuple(one for one in batches if one.state == ledger.EXPIRING and one.expires_at and one.expires_at <= now),
        0 if policy.destination.is_files else shelf_expire.rows_due(session, policy),
        () if policy.destination.is_files else shelf_expire.statements(session, policy),
    )


def expire(session: Session, policies: Sequence[Policy], on_note: OnNote | None = None) -> Expired:
    """One policy after another, each under its lock. Raises AlreadyRunning, FileError, and what `due` raises."""
    return Expired(tuple(_expire(session, policy, on_note) for policy in policies))


def _expire(session: Session, policy: Policy, on_note: OnNote | None) -> ExpiredPolicy:
    with exclusive(session, key_of("archive", policy.name), f"archives by the policy {policy.name} in"):
        todo = due(session, policy)
        for batch in todo.expiring:
            ledger.change(session, batch.id, state=ledger.EXPIRING, expires_at=todo.until, published=False)
        follow(session, policy, on_note)
        for batch in todo.over:
            _remove(session, policy, batch)
        gone = 0 if policy.destination.is_files else shelf_expire.expire(session, policy)
    rows, size = sum(batch.rows or 0 for batch in todo.over), sum(batch.bytes or 0 for batch in todo.over)
    return ExpiredPolicy(policy.name, len(todo.expiring), len(todo.over), rows + gone, size)


def _remove(session: Session, policy: Policy, batch: Batch) -> None:
    """The files first: killed in between, the next run does it again."""
    place = place_of(policy, batch)
    for path in batch.paths:
        place.remove(path)
    ledger.change(session, batch.id, state=ledger.EXPIRED)


def _kind(policy: Policy, batch: Batch) -> Kind:
    place = place_of(policy, batch)
    return Kind(read_manifest(place, batch.manifest or "").key)
