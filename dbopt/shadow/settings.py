"""Sessions on a shadow plan as the source's would: its planner settings and its search_path."""

from __future__ import annotations

from dbopt.errors import ServerError
from dbopt.postgres.identifiers import SQL, quoted
from dbopt.postgres.session import Session
from dbopt.shadow.snapshot import Setting, Snapshot

# The shadow itself. Its files are changed by hand, so nothing may write or read them behind its back; planning a query
# on thousands of partitions takes a lock on each.
SERVER_SETTINGS = {
    "event_triggers": "off",
    "temp_file_limit": "4GB",
    "shared_buffers": "32MB",
    "max_locks_per_transaction": "2048",
    "max_parallel_maintenance_workers": "0",
    "checkpoint_timeout": "1d",
    "jit": "off",
}
PLANNING_TIMEOUT_MS = 60_000


def apply(session: Session, snapshot: Snapshot) -> list[str]:
    """Make the session plan as the source does; returns the names of settings that could not be set."""
    refused = []
    try:
        _set(session, snapshot.settings)
    except ServerError:
        refused = [setting.name for setting in snapshot.settings if not _set_one(session, setting)]
    look_up(session, snapshot)
    session.limit(statement_timeout_ms=PLANNING_TIMEOUT_MS)
    return refused


def look_up(session: Session, snapshot: Snapshot) -> None:
    """Make the session find names where the source's did."""
    path = ", ".join(quoted(schema) for schema in snapshot.search_path)
    session.fetch(SQL("SELECT set_config('search_path', %(path)s, false)"), {"path": path})


def _set(session: Session, settings: tuple[Setting, ...]) -> None:
    session.rows(
        "shadow/apply_settings",
        names=[setting.name for setting in settings],
        values=[setting.value for setting in settings],
        units=[setting.unit for setting in settings],
    )


def _set_one(session: Session, setting: Setting) -> bool:
    try:
        _set(session, (setting,))
    except ServerError:
        return False
    return True
