"""How busy others are in a database, told from what the server counts for all sessions together and from what our own
have done.

`pg_stat_database.active_time` knows short statements, but late: a session adds to it between transactions, once a
second at most, and its last statement with the next one or after ten seconds. So our own time may be counted after we
know of it: it is kept in mind until the look after the next. And a long statement is counted only when it is done, one
that touches no table perhaps never: a session that is at work at the moment of a look counts as if it had been all the
time since the one before. Where no other session has changed its state since then, whatever was added is old.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from dbopt.postgres.session import Row

_LOOKS = 3  # are averaged, since a session's time comes once a second or not
_SURE = 2
_IDLE = 0.1  # fewer at work than this are none


@dataclass(frozen=True)
class Look:
    """What there is at a moment: `at` in seconds of a clock that never goes back, the sessions of others by their pids,
    how many of them are at work, and whether any can have worked since the look before.
    """

    at: float
    active_ms: float
    sessions: int = 0  # ever begun
    reset: str | None = None
    pids: frozenset[int] = frozenset()
    active: int = 0
    stirred: bool = True
    moment: int | None = None  # by the server's own clock, in microseconds since 1970

    @classmethod
    def of(cls, row: Row, at: float) -> Look:
        """From a row of sql/postgres/others.sql."""
        return cls(at, **{**row, "pids": frozenset(row["pids"])})


class Others:
    """What the looks of a run say. Who has not seen enough yet takes others to be busy."""

    def __init__(self) -> None:
        self._last: Look | None = None
        self._own = self._own_before = 0.0  # seconds since the last look, and between the two before
        self._uncounted = 0.0  # seconds of ours that the server may have yet to count
        self._estimates: deque[float] = deque(maxlen=_LOOKS)
        self._is_sure = False

    @property
    def last(self) -> Look | None:
        return self._last

    @property
    def busy(self) -> float | None:
        """How many are at work on average; None: not known yet."""
        return sum(self._estimates) / len(self._estimates) if self._is_sure else None

    @property
    def are_busy(self) -> bool:
        return self.busy is None or self.busy >= _IDLE

    def worked(self, seconds: float) -> None:
        """So long a session of ours was at work, in all."""
        self._own += seconds

    def seen(self, look: Look) -> None:
        """A new look, not earlier than the last one."""
        last, self._last = self._last, look
        if last is None:
            self._first(look)
            return
        grown = (look.active_ms - last.active_ms) / 1000
        own, self._own = self._own, 0.0
        if grown < 0 or look.reset != last.reset or look.at <= last.at:
            return  # the counts were reset: nothing can be told of this time
        known = self._uncounted + own
        self._uncounted = min(max(known - grown, 0.0), max(own, self._own_before))
        self._own_before = own
        is_quiet = not look.stirred and look.sessions == last.sessions and last.pids <= look.pids
        by_count = 0.0 if is_quiet else max(grown - known, 0.0) / (look.at - last.at)
        self._estimates.append(max(by_count, float(look.active)))
        self._is_sure = self._is_sure or is_quiet or len(self._estimates) >= _SURE

    def _first(self, look: Look) -> None:
        """There is nothing to compare it with; but where all others have been idle for a second, they are."""
        self._own = 0.0
        if not look.stirred or look.active:
            self._estimates.append(float(look.active))
            self._is_sure = True
