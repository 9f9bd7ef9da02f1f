"""A token bucket that may be overdrawn: how much a batch takes is known only when it is done, and what it took too much
is waited for before the next. Source: https://en.wikipedia.org/wiki/Token_bucket
"""

from __future__ import annotations

from collections.abc import Callable

_BURST_SECONDS = 1.0


class TokenBucket:
    """So many tokens per second, empty in the beginning. It holds those of one second: what was left unused longer ago
    is lost, so that in any `t` seconds at most `(t + 1) * per_second` are taken, and one batch more.
    """

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self._per_second, self._clock = per_second, clock
        self._tokens, self._filled = 0.0, clock()

    def take(self, tokens: float) -> None:
        """Take them, whether they are there or not."""
        self._fill()
        self._tokens -= tokens

    def wait_seconds(self) -> float:
        """How long until the bucket is not overdrawn any more."""
        self._fill()
        return max(-self._tokens / self._per_second, 0.0)

    def _fill(self) -> None:
        now = self._clock()
        self._tokens += (now - self._filled) * self._per_second
        self._tokens, self._filled = min(self._tokens, self._per_second * _BURST_SECONDS), now
