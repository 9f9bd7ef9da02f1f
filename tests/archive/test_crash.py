"""Runs that are killed at any step lose no row and keep none twice, whatever others write meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from dbopt.archive.work import COMMITTED, STEPS, WATCHED
from tests.archive.killed import Happening, ended, started
from tests.archive.world import WAYS, archived, make_table, writers, wrong
from tests.servers import Database

# Each step on both servers, each way on both: benchmarks/archive_crash.py has all of them.
CASES = [
    pytest.param(major, way, step, id=f"pg{major}-{way}-{step}")
    for n, way in enumerate(WAYS)
    for m, step in enumerate(STEPS)
    for major in [(15, 18)[(n + m) % 2]]
    if step != WATCHED or way in ("detach", "busy")
]


@pytest.mark.parametrize(("major", "way", "step"), CASES)
def test_killed_at_any_step_it_goes_on_and_loses_nothing(
    request: pytest.FixtureRequest,
    new_database: Callable[..., Database],
    tmp_path: Path,
    major: int,
    way: str,
    step: str,
) -> None:
    database = new_database(request.getfixturevalue(f"pg{major}"))
    make_table(database.session, way, 1200)
    with writers(database.dsn, seed=STEPS.index(step)):
        for nth in (1, 2) if step == COMMITTED else (2,):
            code, output = ended(started(database.dsn, tmp_path, way, "killed", step, nth))
            assert code == -signal.SIGKILL, output
        archived(database.session, tmp_path, way, Happening(database.dsn, tmp_path, busy=way == "busy"))
    assert wrong(database.session, tmp_path) == []
