"""Changes of a database as statements: shown by --dry-run, and run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dbopt.errors import ServerError
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.patience import Limits, patiently
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Change:
    """Statements that are done together or not at all; `undo` takes them back. The last semicolon of each is left out,
    not those of others before it in the same text. One that cannot stand in a transaction stands alone, with `alone`.
    """

    title: str
    statements: tuple[str, ...]
    undo: tuple[str, ...] = ()
    alone: bool = False


def script(changes: Sequence[Change]) -> str:
    """The changes as a script for psql, each with its title as a comment."""
    return "\n".join(_block(change) for change in changes)


def undo_of(changes: Sequence[Change]) -> tuple[Change, ...]:
    """What takes changes back: the last first."""
    return tuple(Change(f"undo: {one.title}", one.undo) for one in reversed(changes) if one.undo)


def perform(
    session: Session, change: Change, limits: Limits | None = None, on_wait: Callable[[str], None] | None = None
) -> None:
    """Run a change; where a lock is held longer than the lock timeout, nothing is done and it is tried again.

    Raises ServerError.
    """
    patience = limits or Limits()
    patiently(patience, lambda: _attempt(session, change, patience), on_wait)


def _attempt(session: Session, change: Change, limits: Limits) -> None:
    if change.alone:
        session.limit(lock_timeout_ms=limits.lock_timeout_ms)
        try:
            for statement in change.statements:
                session.execute(SQL(statement))
        finally:
            _unlimited(session)
        return
    with session.transaction():
        session.script(f"SET LOCAL lock_timeout = {limits.lock_timeout_ms}")
        for statement in change.statements:
            session.script(statement)


def _unlimited(session: Session) -> None:
    try:
        session.limit()
    except ServerError:
        return  # the connection is gone, and its limits with it


def _block(change: Change) -> str:
    title = "-- " + change.title.replace("\n", " ")
    body = [f"{statement};" for statement in change.statements]
    holds_several = len(body) > 1 or any(";\n" in statement for statement in change.statements)
    if holds_several and not change.alone:
        body = ["BEGIN;", *body, "COMMIT;"]
    return "\n".join([title, *body]) + "\n"
