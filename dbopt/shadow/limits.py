"""What a snapshot may use of the machine: time and disk are watched from outside, since settings that bound them can
be changed by whom they bind.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dbopt.errors import DboptError, EmbeddedServerError, ServerError
from dbopt.postgres.embedded import EmbeddedServer
from dbopt.postgres.session import Session
from dbopt.shadow import roles

_PAUSE_S = 0.25
_GRACE_S = 5.0  # the server's own time limit comes first, and is the clearer error
_HINT = "is the snapshot to be trusted? dbopt writes none that needs so much"


@dataclass(frozen=True)
class Limits:
    """Of one statement, of the whole restore, and of the server's files on disk."""

    statement_s: float = 60.0
    restore_s: float = 900.0
    disk_bytes: int = 8 * 2**30

    def of_memory(self) -> Limits:
        """The same for files that are kept in memory."""
        return replace(self, disk_bytes=min(self.disk_bytes, 2 * 2**30))


@contextmanager
def watched(server: EmbeddedServer, limits: Limits) -> Iterator[None]:
    """Hold everything that the ordinary role does to the limits: what goes beyond loses its connection, and the block
    ends with EmbeddedServerError.
    """
    with roles.superuser(server) as session:
        watch = _Watch(server.directory, session, limits)
        watch.start()
        try:
            yield
        except DboptError as error:
            watch.stop()  # it may be about to say why
            if watch.reason is None:
                raise
            raise EmbeddedServerError(watch.reason, hint=_HINT) from error
        finally:
            watch.stop()
    if watch.reason is not None:
        raise EmbeddedServerError(watch.reason, hint=_HINT)


class _Watch(threading.Thread):
    def __init__(self, directory: Path, session: Session, limits: Limits) -> None:
        super().__init__(name="dbopt-watch", daemon=True)
        self.reason: str | None = None
        self._directory = directory
        self._session = session
        self._limits = limits
        self._done = threading.Event()

    def run(self) -> None:
        try:
            while not self._done.wait(_PAUSE_S):
                self._look()
        except ServerError:  # the server is gone, as its other sessions will find
            return

    def stop(self) -> None:
        self._done.set()
        self.join()

    def _look(self) -> None:
        limits = self._limits
        if self.reason is not None:
            self._session.rows("shadow/end_sessions", role=roles.ORDINARY, seconds=None)
        elif disk_bytes(self._directory) > limits.disk_bytes:
            self.reason = f"what the snapshot does fills more than {limits.disk_bytes / 2**30:.3g} GB of disk"
            self._session.rows("shadow/end_sessions", role=roles.ORDINARY, seconds=None)
        elif self._session.rows("shadow/end_sessions", role=roles.ORDINARY, seconds=limits.statement_s + _GRACE_S):
            self.reason = f"a statement in the snapshot's database did not end within {limits.statement_s:g} s"


def disk_bytes(directory: Path) -> int:
    """What the files beneath a directory take on disk: holes count nothing."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512  # noqa: PTH118 - thousands, four times a second
            except OSError:  # it was just removed
                continue
    return total
