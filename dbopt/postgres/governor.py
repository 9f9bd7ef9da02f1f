"""What a long run of batches takes from a server: only so much, and only when nobody else needs it.

Between two batches it waits until the limits of rows and bytes allow another, no standby lags and nobody waits for a
lock of ours; and as long as others are at work in the database, the run has a small share of the time only, and rests
for the remainder. All waits end when the run is to stop, which is asked twice a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from dbopt.errors import UsageError
from dbopt.postgres.others import Look, Others
from dbopt.postgres.session import Row, Session
from dbopt.postgres.token_bucket import TokenBucket

_STEP_SECONDS = 0.5
_LOOK_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Restraint:
    """What a run may take; None is no limit of that kind.

    `max_rows_per_second` and `max_bytes_per_second` hold on average, `sleep_ms` is the least pause after a batch, and
    `busy_share` the share of the time that it works while others do. It waits while a standby is more than `max_lag_ms`
    behind; and while others wait for its locks, or a transaction older than `max_transaction_seconds` keeps deleted
    rows from being vacuumed, though no longer than `patience_seconds`: waiting may never end these. Raises UsageError
    for limits that allow nothing at all.
    """

    max_rows_per_second: float | None = None
    max_bytes_per_second: float | None = None
    sleep_ms: float = 0
    busy_share: float | None = 0.1
    max_lag_ms: float | None = 10_000
    max_transaction_seconds: float | None = 3600
    patience_seconds: float = 60

    def __post_init__(self) -> None:
        for what, limit in (("rows", self.max_rows_per_second), ("bytes", self.max_bytes_per_second)):
            if limit is not None and limit <= 0:
                raise UsageError(f"a limit of {limit:g} {what} per second would wait for ever")
        if self.busy_share is not None and not 0 < self.busy_share <= 1:
            raise UsageError(f"{self.busy_share:.0%} is no share of the time to work in", hint="above 0% up to 100%")


@dataclass(frozen=True)
class Reason:
    """Why a batch waits. Two with the same key are the same, whatever the text says by now."""

    key: str
    text: str
    is_endless: bool = False  # waited for as long as it takes


def rest_seconds(worked_seconds: float, share: float) -> float:
    """How long to rest after work, so that it has had this share of the time."""
    return worked_seconds * (1 - share) / share


def reasons(restraint: Restraint, found: Row) -> Iterator[Reason]:
    """What speaks against a batch now, by a row of sql/postgres/pressure.sql and one of in_the_way.sql, as far as they
    were asked.
    """
    lag, longest_ms = found.get("lag_seconds"), restraint.max_lag_ms
    if lag is not None and longest_ms is not None and lag * 1000 > longest_ms:
        yield Reason("lag", f"a standby is {lag:.0f} s behind", is_endless=True)
    if found.get("waiting"):
        yield Reason("lock", f"others wait for a lock that this run holds: {found['waiting']}")
    age, oldest = found.get("age_seconds"), restraint.max_transaction_seconds
    if age is not None and oldest is not None and age > oldest:
        text = f"{found['whose']} has a transaction open since {found['begun']} UTC"
        yield Reason(f"{found['whose']} {found['begun']}", f"{text}: what it may still see cannot be vacuumed")


class Governor:
    """Between batches. `session` looks, and is in no transaction then; `pids` are the backends of the run's other
    sessions, a collection that may change meanwhile. `on_wait` is told why it waits, once for each reason; `on_note`
    what it goes on in spite of. `stop` says that the run is to end.
    """

    def __init__(
        self,
        session: Session,
        restraint: Restraint,
        *,
        pids: Collection[int] = (),
        stop: Callable[[], bool] = lambda: False,
        on_wait: Callable[[str], None] | None = None,
        on_note: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._session, self._restraint, self._pids, self._stop = session, restraint, pids, stop
        self._on_wait, self._on_note, self._clock, self._sleep = on_wait, on_note, clock, sleep
        self._rows = _bucket(restraint.max_rows_per_second, clock)
        self._bytes = _bucket(restraint.max_bytes_per_second, clock)
        self._others = Others()
        self._begun = clock()
        self._ended: float | None = None  # the last batch
        self._took = 0.0
        self._free_at: float | None = None  # when nothing spoke against a batch, last
        self._is_told = False  # that others are busy
        self._borne: frozenset[str] = frozenset()  # the keys of reasons that it waits for no longer

    @property
    def others_busy(self) -> float | None:
        """How many other sessions are at work in the database, on average of late; None: not known yet."""
        return self._others.busy

    def begin(self) -> bool:
        """Wait until a batch may begin. False: the run is to stop."""
        if not (self._rest() and self._give_way()):
            return False
        self._begun = self._clock()
        return True

    def end(self, rows: int, size_bytes: int = 0, busy_seconds: float | None = None) -> None:
        """A batch is done, with so many rows and bytes. `busy_seconds` is how long the server worked for it, where that
        is known to differ from the time since it began.
        """
        self._ended = self._clock()
        self._took = self._ended - self._begun
        self._others.worked(self._took if busy_seconds is None else busy_seconds)
        if self._rows is not None:
            self._rows.take(rows)
        if self._bytes is not None:
            self._bytes.take(size_bytes)

    # -- pauses -----------------------------------------------------------------------------------------------------

    def _rest(self) -> bool:
        while not self._stop():
            seconds = self._rest_left()
            if seconds <= 0:
                return True
            self._sleep(min(max(seconds, 0.001), _STEP_SECONDS))
        return False

    def _rest_left(self) -> float:
        """Looking at the others may show that there is no need."""
        share = self._restraint.busy_share
        others_are_busy = share is not None and self._are_others_busy()
        if self._ended is None:
            return 0.0
        pause = self._restraint.sleep_ms / 1000
        if share is not None and others_are_busy:
            pause = max(pause, rest_seconds(self._took, share))
        waits = [bucket.wait_seconds() for bucket in (self._rows, self._bytes) if bucket is not None]
        return max(self._ended + pause - self._clock(), *waits, 0.0)

    def _are_others_busy(self) -> bool:
        last = self._others.last
        if last is None or self._clock() - last.at >= _LOOK_EVERY_SECONDS:
            self._look(last)
            is_known = self._others.busy is not None
            if self._others.are_busy and is_known and not self._is_told:
                self._tell(self._on_wait, f"others are at work: {self._restraint.busy_share:.0%} of the time is taken")
            self._is_told = self._others.are_busy and is_known
        return self._others.are_busy

    def _look(self, last: Look | None) -> None:
        at = self._clock()
        since = None if last is None else last.moment
        row = self._session.row("postgres/others", pids=list(self._pids), since=since)
        self._others.seen(Look.of(row, at))
        self._others.worked(self._clock() - at)

    # -- what speaks against a batch --------------------------------------------------------------------------------

    def _give_way(self) -> bool:
        """Wait until nothing speaks against a batch that is to be waited for."""
        if self._free_at is not None and self._clock() - self._free_at < _LOOK_EVERY_SECONDS:
            return not self._stop()
        since: dict[str, float] = {}
        while not self._stop():
            if not self._must_wait(since):
                self._free_at = self._clock()
                return True
            self._sleep(_STEP_SECONDS)
        return False

    def _must_wait(self, since: dict[str, float]) -> bool:
        """`since` is when each reason was found."""
        now, found = self._clock(), list(reasons(self._restraint, self._found()))
        self._borne &= {reason.key for reason in found}
        for reason in found:
            if reason.key in self._borne:
                continue
            if reason.key not in since:
                since[reason.key] = now
                self._tell(self._on_wait, reason.text)
            if not reason.is_endless and now - since[reason.key] >= self._restraint.patience_seconds:
                self._borne |= {reason.key}
                self._tell(self._on_note, f"{reason.text}; going on")
        return any(reason.key not in self._borne for reason in found)

    def _found(self) -> Row:
        lag = self._session.row("postgres/pressure") if self._restraint.max_lag_ms is not None else {}
        return {**lag, **self._session.row("postgres/in_the_way", pids=list(self._pids))}

    def _tell(self, listener: Callable[[str], None] | None, text: str) -> None:
        if listener is not None:
            listener(text)


def _bucket(per_second: float | None, clock: Callable[[], float]) -> TokenBucket | None:
    return None if per_second is None else TokenBucket(per_second, clock)
