"""How patient a change is with locks, and trying again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dbopt.errors import LockNotAvailable

Result = TypeVar("Result")


@dataclass(frozen=True)
class Limits:
    """How patient a change is.

    `lock_timeout_ms` bounds each wait as long as nothing is lost by giving up: for locks, and for the transactions that
    use the table when the change is about to begin. Then it is tried again, `retries` times, after `pause_ms` doubled
    each time up to `longest_pause_ms`. `wait_timeout_ms` bounds the waits for other transactions once it has begun; 0
    is for ever.
    """

    lock_timeout_ms: int = 5000
    retries: int = 5
    pause_ms: int = 1000
    longest_pause_ms: int = 30_000
    wait_timeout_ms: int = 0

    def pause_seconds(self, attempt: int) -> float:
        pause_ms: int = min(self.pause_ms << attempt, self.longest_pause_ms)
        return pause_ms / 1000


def patiently(limits: Limits, attempt: Callable[[], Result], on_wait: Callable[[str], None] | None = None) -> Result:
    """Try; where a lock is held, wait and try again. Raises what the last attempt raises."""
    for number in range(limits.retries):
        try:
            return attempt()
        except LockNotAvailable as error:
            if on_wait is not None:
                on_wait(f"{error.message}; trying again")
            time.sleep(limits.pause_seconds(number))
    return attempt()
