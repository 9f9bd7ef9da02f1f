"""`dbopt partition maintain`: partitions ahead, gaps, and rows out of the default."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.partition.sets import EVENTS, days, left_behind, rows, value
from tests.servers import Database

Dbopt = Callable[..., tuple[int, str, str]]


def maintained(dbopt: Dbopt, database: Database, *arguments: str) -> dict[str, Any]:
    """The only set of the document."""
    code, out, err = dbopt("partition", "maintain", "-d", database.dsn, "--yes", "--format", "json", *arguments)
    assert code == 0, err
    (found,) = json.loads(out)["sets"]
    return dict(found)


def test_partitions_are_made_ahead_and_gaps_are_filled(dbopt: Dbopt, database: Database) -> None:
    database.session.script(EVENTS)
    days(database.session, -5, -4, -2, -1)
    done = maintained(dbopt, database, "events", "--premake", "2")
    assert [len(done["created"]), done["state"], done["notes"]] == [4, "done", []]
    offsets = database.session.fetch_workload(
        "SELECT (to_date(substr(c.relname, 9), 'YYYYMMDD') - current_date) AS day FROM pg_inherits AS i "
        "JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = 'events'::regclass ORDER BY 1"
    )
    assert [row["day"] for row in offsets] == [-5, -4, -3, -2, -1, 0, 1, 2]
    assert maintained(dbopt, database, "events", "--premake", "2")["created"] == []


def test_rows_of_the_default_get_partitions_of_their_own(dbopt: Dbopt, database: Database) -> None:
    session = database.session
    session.script(EVENTS + "CREATE TABLE events_default PARTITION OF events DEFAULT")
    days(session, -9, -8, -7)
    session.script(
        "INSERT INTO events (at, note) SELECT now() - n * interval '37 minutes', repeat('x', n % 7) "
        "FROM generate_series(1, 500) AS n"
    )
    before = rows(database)
    done = maintained(dbopt, database, "--premake", "1", "--batch-rows", "50")
    assert rows(database) == before
    assert value(session, "SELECT count(*) FROM ONLY events_default") == 0
    assert done["staying_rows"] == 0
    before_the_set = value(
        session, "SELECT count(*) FROM events WHERE at < date_trunc('day', now()) - interval '9 days'"
    )
    after_it = value(session, "SELECT count(*) FROM events WHERE at >= date_trunc('day', now()) - interval '6 days'")
    assert done["moved_rows"] == before_the_set + after_it
    assert min(before_the_set, after_it) > 100
    assert left_behind(session) == []
    made = done["created"][0]["partition"]
    assert value(session, f"SELECT count(*)::int FROM pg_index WHERE indrelid = '{made}'::regclass") == 2
    assert value(session, f"SELECT obj_description('{made}'::regclass)") is None
