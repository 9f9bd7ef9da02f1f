"""Batches that leave room for others: as long as asked for, with pauses, and none while a standby lags or the server is
busy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dbopt.postgres.session import Session

_LOOK_AGAIN_SECONDS = 0.5
_LOOK_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Throttle:
    """`batch_ms` is how long a batch shall take, `sleep_ms` the pause after each; a batch waits while a standby is more
    than `max_lag_ms` behind, or more than `max_active` other sessions are at work (None: whatever it is).
    """

    batch_ms: float = 200
    sleep_ms: float = 0
    max_lag_ms: float | None = 10_000
    max_active: int | None = None


class Pacer:
    """Between batches: waits as the throttle asks, and says how large the next one may be."""

    def __init__(
        self, session: Session, throttle: Throttle, first: int, most: int, on_wait: Callable[[str], None] | None = None
    ) -> None:
        self._session, self._throttle, self._most, self._on_wait = session, throttle, most, on_wait
        self._size = min(first, most)
        self._started = self._looked = 0.0

    def begin(self) -> int:
        """Wait until a batch may begin; its size."""
        if time.monotonic() - self._looked > _LOOK_EVERY_SECONDS:
            while reason := self._pressure():
                if self._on_wait is not None:
                    self._on_wait(reason)
                time.sleep(_LOOK_AGAIN_SECONDS)
            self._looked = time.monotonic()
        self._started = time.monotonic()
        return self._size

    def end(self) -> None:
        """A batch is done: the next one takes as long as asked for, though at most twice or half the size."""
        took_ms = max((time.monotonic() - self._started) * 1000, 0.1)
        factor = min(max(self._throttle.batch_ms / took_ms, 0.5), 2)
        self._size = min(max(round(self._size * factor), 1), self._most)
        if self._throttle.sleep_ms:
            time.sleep(self._throttle.sleep_ms / 1000)

    def _pressure(self) -> str | None:
        throttle = self._throttle
        if throttle.max_lag_ms is None and throttle.max_active is None:
            return None
        row = self._session.row("postgres/pressure")
        lag = row["lag_seconds"]
        if throttle.max_lag_ms is not None and lag is not None and lag * 1000 > throttle.max_lag_ms:
            return f"a standby is {lag:.0f} s behind"
        if throttle.max_active is not None and row["active"] > throttle.max_active:
            return f"{row['active']} sessions are at work"
        return None
