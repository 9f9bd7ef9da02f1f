"""One run at a time in a database, by advisory locks that end with their session, however it ends."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from dbopt.errors import AlreadyRunning, ServerError
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session

INDEXES = 1
"""The key of whatever changes indexes; keys of tables are those of `key_of`."""

_PATIENCE_SECONDS = 3


def key_of(*names: str) -> int:
    """The key for an object by its names: a positive number of 31 bits but INDEXES."""
    return max(zlib.crc32("\0".join(names).encode()) & 0x7FFFFFFF, INDEXES + 1)


@contextmanager
def exclusive(session: Session, key: int = INDEXES, what: str = "changes the indexes of") -> Iterator[None]:
    """Hold the lock of this key. Raises AlreadyRunning, which says what the other run does to the database."""
    if not _locked(session, key):
        holders = [str(row["pid"]) for row in session.rows("postgres/lock_holder", key=key)]
        raise AlreadyRunning(
            f"another dbopt {what} database {session.database}",
            hint=f"it is session {', '.join(holders)}; try again when it is done" if holders else "try again",
        )
    try:
        _notice_a_dead_client(session)
        yield
    finally:
        _unlock(session, key)


def _locked(session: Session, key: int) -> bool:
    """The server may need some seconds to notice that an earlier run was killed."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not session.row("postgres/lock", key=key)["locked"]:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _unlock(session: Session, key: int) -> None:
    try:
        session.row("postgres/unlock", key=key)
    except ServerError:
        return  # the lock went with the connection


def _notice_a_dead_client(session: Session) -> None:
    """Should this process be killed, the server is to stop working for it: the next run cleans up and starts anew."""
    try:
        session.execute(SQL("SET client_connection_check_interval = '1s'"))
    except ServerError:
        return  # the server's platform cannot
