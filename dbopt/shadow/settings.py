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
_RENAMED = {"force_parallel_mode": "debug_parallel_query"}
PLANNING_TIMEOUT_MS = 60_000


def apply(session: Session, snapshot: Snapshot) -> None:
    """Make the session plan as the source does, as far as it can."""
    try:
        _set(session, snapshot.settings)
    except ServerError:
        for setting in snapshot.settings:
            _set_one(session, setting)
    look_up(session, snapshot)
    session.limit(statement_timeout_ms=PLANNING_TIMEOUT_MS)


def unmet(session: Session, snapshot: Snapshot) -> tuple[str, ...]:
    """Remarks on what a session lacks to which they were applied."""
    names = [row["name"] for row in session.rows("shadow/unmet_settings", **_columns(snapshot.settings))]
    found = session.row("shadow/search_path", role=session.role)["search_path"]
    schemas = [quoted(schema) for schema in snapshot.search_path if schema not in found]
    settings = f"settings of the source that this planner does not know: {', '.join(names)}"
    path = f"schemas of the search_path that the shadow does not have: {', '.join(schemas)}"
    return (*([settings] if names else []), *([path] if schemas else []))


def look_up(session: Session, snapshot: Snapshot) -> None:
    """Make the session find names where the source's did."""
    path = ", ".join(quoted(schema) for schema in snapshot.search_path)
    session.fetch(SQL("SELECT set_config('search_path', %(path)s, false)"), {"path": path})


def _set(session: Session, settings: tuple[Setting, ...]) -> None:
    session.rows("shadow/apply_settings", **_columns(settings))


def _set_one(session: Session, setting: Setting) -> None:
    try:
        _set(session, (setting,))
    except ServerError:
        return


def _columns(settings: tuple[Setting, ...]) -> dict[str, list[str | None]]:
    return {
        "names": [_RENAMED.get(setting.name, setting.name) for setting in settings],
        "values": [setting.value for setting in settings],
        "units": [setting.unit for setting in settings],
    }
