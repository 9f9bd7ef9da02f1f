"""Watching CREATE or DROP INDEX CONCURRENTLY from a second connection: how far it is, for whom it waits, and when that
has lasted too long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from dbopt.errors import LockNotAvailable, ServerError, StatementTimeout
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import Row, Session

_EVERY_SECONDS = 0.2

OnProgress = Callable[[str, int, int], None]  # phase in words, done, total (0: not known)


class Watch:
    """A context manager around one statement of `session`. Should the statement fail, `verdict` says whether it was
    this watch that ended it, and why.
    """

    def __init__(self, session: Session, limits: Limits, on_progress: OnProgress | None) -> None:
        self.verdict: ServerError | None = None
        self._session = session
        self._limits = limits
        self._on_progress = on_progress
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._waiting_since: float | None = None
        self._was_early = True

    def __enter__(self) -> Watch:
        try:
            other = self._session.another()
        except ServerError:  # no connection left for it: the server's own limit must do
            self._session.limit(lock_timeout_ms=self._limits.lock_timeout_ms)
            return self
        self._session.limit()
        pid = self._session.row("postgres/backend")["pid"]
        self._thread = threading.Thread(target=self._look, args=(other, pid), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self, other: Session, pid: int) -> None:
        with other:
            try:
                while not self._ended.wait(_EVERY_SECONDS) and self.verdict is None:
                    for row in other.rows("apply/progress", pid=pid):
                        self._report(row)
                        self._judge(row)
            except ServerError:
                return  # only the view is lost

    def _report(self, row: Row) -> None:
        if self._on_progress is None:
            return
        words = row["phase"] or "starting"
        if row["blockers"]:
            words = f"{words} ({'; '.join(row['blockers'])})" if row["phase"] else f"waiting for {row['blockers'][0]}"
        by_tuples = bool(row["tuples_total"])
        done, total = ("tuples_done", "tuples_total") if by_tuples else ("blocks_done", "blocks_total")
        self._on_progress(words, int(row[done] or 0), int(row[total] or 0))

    def _judge(self, row: Row) -> None:
        """End the statement when it has waited too long."""
        if row["waits_for"] is None:
            self._waiting_since = None
            return
        early = row["waits_for"] != "virtualxid"
        now = time.monotonic()
        if self._waiting_since is None or early != self._was_early:
            self._waiting_since, self._was_early = now, early
        limit_ms = self._limits.lock_timeout_ms if early else self._limits.wait_timeout_ms
        if limit_ms and (now - self._waiting_since) * 1000 >= limit_ms and not self._ended.is_set():
            self.verdict = _given_up(row, early, limit_ms)
            self._session.cancel()


def wait_for_lockers(
    session: Session, table: str, limits: Limits, on_progress: OnProgress | None, *, readers_too: bool
) -> None:
    """Wait until the transactions that use the table now have ended. An index change waits for them anyway, but then
    its half-made index can be neither finished nor dropped before they end. Raises LockNotAvailable.
    """
    deadline = time.monotonic() + limits.lock_timeout_ms / 1000
    waiting = _lockers(session, table, readers_too)
    while waiting:
        who = "; ".join(sorted(waiting.values()))
        if time.monotonic() > deadline:
            raise LockNotAvailable(
                f"{table} is in use by {who}", hint="try again when that transaction is done, or end it"
            )
        if on_progress is not None:
            on_progress(f"waiting for {who}", 0, 0)
        time.sleep(min(0.1, limits.lock_timeout_ms / 1000))
        still = _lockers(session, table, readers_too)
        waiting = {transaction: own for transaction, own in waiting.items() if transaction in still}


def _lockers(session: Session, table: str, readers_too: bool) -> dict[str, str]:
    rows = session.rows("apply/lockers", table=table, readers_too=readers_too)
    return {row["transaction"]: row["who"] for row in rows}


def _given_up(row: Row, early: bool, limit_ms: int) -> ServerError:
    who = "; ".join(row["blockers"] or ()) or "another session"
    if early:
        return LockNotAvailable(
            f"no lock within {limit_ms} ms: {who} holds it", hint="try again when that session is done, or end it"
        )
    return StatementTimeout(
        f"waited more than {limit_ms} ms for older transactions: {who}", hint="raise --wait-timeout, or end them"
    )
