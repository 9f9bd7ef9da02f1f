"""`dbopt archive status`: by policy what is hot, what is cold, when it ran last and what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from dbopt.archive import ledger, move, units
from dbopt.archive import source as sources
from dbopt.archive.columns import reading
from dbopt.archive.ledger import Batch, LastRun
from dbopt.archive.policy import Policy
from dbopt.archive.source import Source
from dbopt.errors import DboptError, StatementTimeout
from dbopt.partition.interval import SECOND_US
from dbopt.partition.key import Infinity, literal, position_of_row
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session

_PATIENCE_MS = 5000


@dataclass(frozen=True)
class Run:
    """`finished_at` is null while it runs; `state` is running, finished, stopped or failed."""

    started_at: str
    finished_at: str | None
    state: str
    rows: int
    batches: int
    bytes: int
    why_quit: str | None


@dataclass(frozen=True)
class PolicyStatus:
    """`hot_rows` is the planner's estimate. `boundary` is the value of the control column before which the last run
    archived; `behind` how far the oldest row that should have gone is behind the policy: "3 days 02:00:00", or a
    number; null where none is. Where that took too long to find, `problem` says so.
    """

    name: str
    table: str
    hot_rows: int | None
    archived_rows: int
    bytes: int
    boundary: str | None
    behind: str | None
    last_run: Run | None
    batches: int
    unfinished: int
    expiring: int
    destination: str
    schedule: str
    problem: str | None = None


@dataclass(frozen=True)
class Status:
    SCHEMA: ClassVar[str] = "dbopt.archive/1"
    WRITTEN_BY: ClassVar[str] = "dbopt archive status"

    policies: tuple[PolicyStatus, ...]


def status(session: Session, policies: Sequence[Policy]) -> Status:
    """Raises ConnectionFailed; what cannot be told of a policy is said in it."""
    runs, gone = ledger.last_runs(session), Counter(ledger.gone(session))
    for one in ledger.restored(session):
        if one.batch:  # out of files; what left an archive table is counted already
            gone[one.policy] += one.rows
    return Status(tuple(_status(session, one, runs.get(one.name), gone[one.name]) for one in policies))


def _status(session: Session, policy: Policy, last: LastRun | None, gone: int) -> PolicyStatus:
    batches = ledger.batches(session, policy.name)
    cold = ledger.cold(batches)
    source, behind, problem = None, None, None
    try:
        source = sources.read(session, policy)
        behind = _behind(session, policy, source)
    except StatementTimeout:
        problem = f"finding the oldest row took over {_PATIENCE_MS // 1000} s"
    except DboptError as error:
        if not session.is_open:
            raise
        problem = error.message
    return PolicyStatus(
        name=policy.name,
        table=str(source.name) if source else policy.table,
        hot_rows=source.rows if source else None,
        archived_rows=max(sum(batch.rows or 0 for batch in cold) - gone, 0),
        bytes=sum(batch.bytes or 0 for batch in cold),
        boundary=literal(source.control, last.boundary) if last and source and last.boundary is not None else None,
        behind=behind,
        last_run=_run(last),
        batches=len(cold),
        unfinished=len(ledger.unfinished(batches)),
        expiring=_count(batches, ledger.EXPIRING),
        destination=str(policy.destination),
        schedule=policy.schedule,
        problem=problem,
    )


def _behind(session: Session, policy: Policy, source: Source) -> str | None:
    todo = units.units(session, source, policy)
    if todo.before is None:
        return None
    relations = [(str(leaf.name), "true") for leaf in todo.detach]
    relations += [(str(leaf.name), move.conditions(policy, source, leaf, todo.before)[0]) for leaf in todo.move]
    oldest = [found for table, condition in relations if (found := _oldest(session, policy, source, table, condition))]
    if not oldest:
        return None
    distance = todo.before - min(oldest)
    return _time(distance) if source.control.is_time else str(distance)


def _oldest(session: Session, policy: Policy, source: Source, table: str, condition: str) -> int | None:
    text = render("archive/oldest.sql", control=policy.control, table=table, condition=condition)
    with session.rolled_back(statement_timeout_ms=_PATIENCE_MS):
        session.script(reading())
        found = session.fetch(SQL(text))[0]["oldest"]
    position = None if found is None else position_of_row(source.control, found)
    return None if isinstance(position, Infinity) else position


def _time(microseconds: int) -> str:
    days, seconds = divmod(microseconds // SECOND_US, 86_400)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{days} day{'' if days == 1 else 's'} {clock}" if days else clock


def _run(last: LastRun | None) -> Run | None:
    if last is None:
        return None
    return Run(
        _utc(last.started_at),
        _utc(last.finished_at) if last.finished_at else None,
        last.state,
        last.rows,
        last.batches,
        last.bytes,
        last.why_quit,
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _count(batches: Sequence[Batch], *states: str) -> int:
    return sum(1 for batch in batches if batch.state in states)
