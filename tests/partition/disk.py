"""A disk that fills up."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dbopt.errors import ServerError
from dbopt.postgres.session import Session
from tests.disk import mounted
from tests.partition.sets import value
from tests.servers import Database


@contextmanager
def small_disk(database: Database, directory: Path, *tables: str) -> Iterator[str]:
    """A tablespace on a file system of 4 MB, which takes root to mount. The tables are dropped in the end."""
    with mounted(directory / "small", 4) as place:
        try:
            data = Path(value(database.session, "SELECT current_setting('data_directory')"))
            os.chown(place, data.stat().st_uid, data.stat().st_gid)
            database.session.script(f"CREATE TABLESPACE small LOCATION '{place}'")
            yield "small"
        finally:
            for table in tables:
                database.session.script(f"DROP TABLE IF EXISTS {table} CASCADE")
            _dropped(database.session)


def _dropped(session: Session) -> None:
    for _ in range(50):  # files of dropped tables go with the next checkpoint
        try:
            session.script("CHECKPOINT")
            session.script("DROP TABLESPACE IF EXISTS small")
            return
        except ServerError:
            time.sleep(0.1)
