"""Sets for the tests, and looking at them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dbopt.postgres.session import Session
from tests.servers import Database

EVENTS = """
CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz, note text, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
CREATE INDEX ON events (note) WHERE note <> '';
"""


def days(session: Session, *offsets: int, table: str = "events") -> None:
    """Daily partitions, by their distance from today (UTC)."""
    session.script("SET timezone = 'UTC'")
    for number in offsets:
        day = value(session, f"SELECT to_char(now() + '{number} days', 'YYYYMMDD')")
        following = value(session, f"SELECT to_char(now() + '{number + 1} days', 'YYYYMMDD')")
        session.script(
            f"CREATE TABLE {table}_p{day} PARTITION OF {table} FOR VALUES FROM ('{day} UTC') TO ('{following} UTC')"
        )


def value(session: Session, query: str) -> Any:
    """The only value of a query."""
    (row,) = session.fetch_workload(query)
    (found,) = row.values()
    return found


def rows(database: Database, table: str = "events") -> Counter[str]:
    """The rows of a table as a multiset of their texts."""
    found = database.session.fetch_workload(f"SELECT t::text AS row FROM {table} AS t")
    return Counter(row["row"] for row in found)


def partitions(session: Session, table: str = "events") -> dict[str, str]:
    """Bounds by the name of the partition."""
    session.script("SET timezone = 'UTC'")
    found = session.fetch_workload(
        "SELECT c.relname::text AS name, pg_get_expr(c.relpartbound, c.oid) AS bound FROM pg_inherits AS i "
        f"JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = '{table}'::regclass ORDER BY c.relname"
    )
    return {row["name"]: row["bound"] for row in found}


def left_behind(session: Session) -> list[str]:
    """Relations, functions and triggers that a move made for itself."""
    found = session.fetch_workload(
        "SELECT relname::text AS name FROM pg_class WHERE relname LIKE 'dbopt%' "
        "UNION SELECT proname FROM pg_proc WHERE proname LIKE 'dbopt%' "
        "UNION SELECT tgname FROM pg_trigger WHERE tgname LIKE '%dbopt%' "
        "UNION SELECT conname FROM pg_constraint WHERE conname LIKE 'dbopt%'"
    )
    return [row["name"] for row in found]
