"""A run of batches leaves the server to others. What is asserted is what was decided, never how long it took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from dbopt.errors import UsageError
from dbopt.postgres.governor import Governor, Reason, Restraint, reasons, rest_seconds
from dbopt.postgres.session import Session, connect
from tests.background import working
from tests.postgres.clock import Clock
from tests.servers import Database, Server
from tests.standby import standby

ALONE = Restraint(busy_share=None, max_lag_ms=None, max_transaction_seconds=None)
SHORT = "SELECT count(*) FROM pg_class, generate_series(1, 50)"  # sessions count their time only if they touch a table


class Still:
    """Stands for a session on a server where nothing happens."""

    def row(self, query: str, **_values: object) -> dict[str, Any]:
        if query == "postgres/others":
            counts = {"active_ms": 0.0, "sessions": 1, "reset": None, "moment": None}
            return {**counts, "pids": [], "active": 0, "stirred": False}
        return {"lag_seconds": None, "waiting": None, "age_seconds": None}


def governed(restraint: Restraint, clock: Clock, **values: Any) -> Governor:
    return Governor(Still(), restraint, clock=clock, sleep=clock.sleep, **values)  # type: ignore[arg-type]


def batch(governor: Governor, clock: Clock, seconds: float = 0.0, rows: int = 0, size_bytes: int = 0) -> float:
    """Do one; how long it had to wait to begin."""
    clock.slept.clear()
    assert governor.begin()
    clock.now += seconds
    governor.end(rows, size_bytes)
    return sum(clock.slept)


# -- what it works out ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "rest"), [(0.1, 18), (0.5, 2), (1, 0)])
def test_rest_and_work_make_the_share(share: float, rest: float) -> None:
    assert rest_seconds(2, share) == pytest.approx(rest)


def test_the_first_batch_waits_for_nothing_and_the_next_for_the_narrowest_limit() -> None:
    clock = Clock()
    governor = governed(Restraint(100, 1000, sleep_ms=500), clock)
    assert batch(governor, clock, rows=200, size_bytes=100) == 0
    assert batch(governor, clock, rows=1, size_bytes=3000) == pytest.approx(2)
    assert batch(governor, clock) == pytest.approx(2)  # the bytes of a second were saved up meanwhile
    assert batch(governor, clock) == pytest.approx(0.5)
    assert max(clock.slept) <= 0.5


def test_without_limits_on_a_still_server_nothing_is_waited_for() -> None:
    clock = Clock()
    governor = governed(Restraint(), clock)
    assert [batch(governor, clock, seconds=0.3, rows=10**6, size_bytes=10**9) for _ in range(20)] == [0] * 20


def test_a_run_that_is_to_stop_does_not_wait() -> None:
    clock = Clock()
    governor = governed(Restraint(max_rows_per_second=1), clock, stop=lambda: clock.now > 1010)
    assert governor.begin()
    governor.end(10**9)
    assert not governor.begin()
    assert clock.now < 1011


@pytest.mark.parametrize(
    "limits", [{"max_rows_per_second": 0}, {"max_bytes_per_second": -1}, {"busy_share": 0}, {"busy_share": 1.1}]
)
def test_limits_that_allow_nothing_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Restraint(**limits)


def test_what_speaks_against_a_batch() -> None:
    begun = datetime(2024, 1, 1, tzinfo=UTC)
    found = {"lag_seconds": 11, "waiting": "session 5", "whose": "session 7", "begun": begun, "age_seconds": 3601}
    lag, lock, transaction = reasons(Restraint(), found)
    assert lag == Reason("lag", "a standby is 11 s behind", is_endless=True)
    assert lock.text == "others wait for a lock that this run holds: session 5"
    assert transaction.text.startswith("session 7 has a transaction open since 2024-01-01 00:00:00")
    assert not list(reasons(Restraint(), {**found, "lag_seconds": 10, "waiting": None, "age_seconds": 3600}))
    assert [one.key for one in reasons(ALONE, found)] == ["lock"]


def test_lag_is_waited_for_as_long_as_it_takes_and_the_rest_for_a_while() -> None:
    clock = Clock()
    waits: list[str] = []
    notes: list[str] = []
    governor = governed(Restraint(), clock, on_wait=waits.append, on_note=notes.append)
    found: dict[str, Any] = {"lag_seconds": None, "waiting": "session 5", "age_seconds": None}
    governor._found = lambda: {**found, "lag_seconds": 60 if clock.now < 2000 else None}  # type: ignore[method-assign]
    batch(governor, clock, seconds=2)
    assert clock.now == pytest.approx(2002)
    assert waits == ["a standby is 60 s behind", "others wait for a lock that this run holds: session 5"]
    assert notes == ["others wait for a lock that this run holds: session 5; going on"]
    assert batch(governor, clock, seconds=2) == 0  # it goes on waiting, and is not waited for again
    found["waiting"] = None
    assert batch(governor, clock, seconds=2) == 0
    found["waiting"] = "session 6"
    assert batch(governor, clock, seconds=2) == pytest.approx(60)
    assert len(waits) == 3
    assert len(notes) == 2


# -- on servers -------------------------------------------------------------------------------------------------------


def deadline() -> Callable[[], bool]:
    """Stops what would never end; a minute is more than anything here takes."""
    at = time.monotonic() + 60
    return lambda: time.monotonic() > at


def until(happens: Callable[[], object], do: Callable[[], object] = lambda: time.sleep(0.05)) -> None:
    """Do something again and again until it happens."""
    is_over = deadline()
    while not happens():
        assert not is_over(), "it did not happen"
        do()


def test_who_waits_for_a_lock_of_ours_is_noticed(database: Database) -> None:
    session, waits, notes = database.session, list[str](), list[str]()
    session.script("CREATE TABLE t (a int)")
    with session.another() as ours, session.another() as other, ThreadPoolExecutor() as pool:
        with ours.transaction():
            ours.script("LOCK TABLE t")
            pool.submit(other.script, "SELECT * FROM t")
            until(lambda: session.fetch_workload("SELECT 1 FROM pg_locks WHERE NOT granted"))
            assert Governor(session, ALONE).begin()  # the lock is not its own
            pids, expected = [ours.backend_pid], f"a lock that this run holds: session {other.backend_pid}"
            stopped = Governor(session, ALONE, pids=pids, stop=lambda: bool(waits), on_wait=waits.append)
            assert not stopped.begin()
            hasty = Restraint(busy_share=None, patience_seconds=0)
            assert Governor(session, hasty, pids=pids, on_note=notes.append).begin()
    assert waits == [f"others wait for {expected}"]
    assert notes == [f"others wait for {expected}; going on"]


def test_an_old_transaction_is_noted_once(database: Database) -> None:
    session, notes, clock = database.session, list[str](), Clock()
    restraint = Restraint(busy_share=None, max_lag_ms=None, max_transaction_seconds=0, patience_seconds=0)
    governor = Governor(session, restraint, on_note=notes.append, clock=clock, sleep=clock.sleep)
    with session.another() as other:
        with other.transaction():
            other.script("SELECT 1")  # keeps nothing from being vacuumed
            batch(governor, clock, seconds=2)
            assert notes == []
            other.script("SELECT txid_current()")
            batch(governor, clock, seconds=2)
            batch(governor, clock, seconds=2)
            assert len(notes) == 1
            assert notes[0].startswith(f"session {other.backend_pid} has a transaction open since ")
        batch(governor, clock, seconds=2)
        with other.transaction():
            other.script("SELECT txid_current()")
            assert Governor(session, restraint, pids=[other.backend_pid], on_note=notes.append).begin()
    assert len(notes) == 1


def test_an_idle_database_gives_no_pause(database: Database) -> None:
    """Our own sessions are no others, and one that does nothing is not at work."""
    clock = Clock()
    with database.session.another() as ours, database.session.another():
        pids = [ours.backend_pid]
        governor = Governor(database.session, Restraint(), pids=pids, clock=clock, sleep=clock.sleep)
        for _ in range(3):  # the session that was just opened might have been at work
            batch(governor, clock, seconds=1)
        pauses = []
        for _ in range(5):
            ours.script(SHORT)
            database.session.script(SHORT)
            pauses.append(batch(governor, clock, seconds=5))
    assert pauses == [0] * 5
    assert governor.others_busy == 0


def test_a_busy_database_gives_pauses_until_it_is_idle(database: Database) -> None:
    """A batch of an hour, as its clock says, is rested for nine hours, were it not that the others stop."""
    jumped, pauses, waits, ended = [0.0], list[float](), list[str](), threading.Event()

    def work(session: Session) -> None:
        time.sleep(0.05) if ended.is_set() else session.script(SHORT)

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if waits:
            ended.set()
        time.sleep(seconds)

    governor = Governor(
        database.session,
        Restraint(),
        clock=lambda: time.monotonic() + jumped[0],
        sleep=sleep,
        stop=deadline(),
        on_wait=waits.append,
    )
    with database.session.another() as one, database.session.another() as two:

        def do() -> None:
            assert governor.begin()
            jumped[0] += 3600
            governor.end(1, busy_seconds=0)

        with working(lambda: work(one), lambda: work(two)):
            until(ended.is_set, do)  # on a loaded machine the others may get nothing done at first
    assert waits[0] == "others are at work: 10% of the time is taken"
    assert 0 < max(pauses) <= 0.5


def test_one_long_statement_is_a_busy_database(database: Database) -> None:
    clock, session = Clock(), database.session
    with session.another() as other, ThreadPoolExecutor() as pool:
        pool.submit(other.script, "DO 'BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN END'")
        try:
            until(lambda: session.fetch_workload("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
            governor = Governor(session, Restraint(), clock=clock, sleep=clock.sleep)
            batch(governor, clock, seconds=2)
            assert batch(governor, clock, seconds=2) == pytest.approx(18)
            ours = Governor(session, Restraint(), pids=[other.backend_pid], clock=clock, sleep=clock.sleep)
            batch(ours, clock, seconds=2)
            assert batch(ours, clock, seconds=2) == 0
        finally:
            other.cancel()


def test_without_the_privilege_to_look_it_is_told_by_the_counts(database: Database) -> None:
    role = f"plain_{database.name}"
    database.session.script(f"CREATE ROLE {role} LOGIN")
    waits: list[str] = []
    try:
        with database.session.another(user=role) as looking:
            governor = Governor(looking, Restraint(busy_share=0.9), on_wait=waits.append, stop=deadline())

            def do() -> None:
                governor.begin()
                governor.end(1)

            with working(lambda: database.session.script(SHORT)):
                until(lambda: waits, do)
    finally:
        database.session.script(f"DROP ROLE {role}")
    assert waits == ["others are at work: 90% of the time is taken"]


def test_counts_that_are_reset_do_not_matter(database: Database) -> None:
    clock = Clock()
    governor = Governor(database.session, Restraint(), clock=clock, sleep=clock.sleep)
    batch(governor, clock, seconds=2)
    database.session.script(SHORT)
    database.session.script("SELECT pg_stat_reset()")
    assert batch(governor, clock, seconds=2) == 0
    assert batch(governor, clock, seconds=2) == 0


def test_a_standby_that_lags_is_waited_for(pg15: Server, new_database: Callable[..., Database]) -> None:
    database = new_database(pg15, "CREATE TABLE t (a int)")
    waits: list[str] = []
    with standby(pg15) as there, connect(f"{there} dbname=postgres") as replay:
        replay.script("SELECT pg_wal_replay_pause()")

        def on_wait(text: str) -> None:
            waits.append(text)
            replay.script("SELECT pg_wal_replay_resume()")

        def write(seconds: float = 0.1) -> None:
            time.sleep(seconds)
            database.session.script("INSERT INTO t VALUES (1)")

        restraint = Restraint(busy_share=None, max_lag_ms=1000)
        governor = Governor(database.session, restraint, on_wait=on_wait, sleep=write, stop=deadline())

        def do() -> None:
            write()
            assert governor.begin()

        until(lambda: waits, do)
    assert waits[0].endswith("s behind")
