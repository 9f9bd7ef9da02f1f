"""The settings and the search_path with which statements are planned: the session's own, or another role's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dbopt.errors import FeatureMissing, QueryFailed, ServerError
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.session import Session
from dbopt.shadow.snapshot import Setting


@dataclass(frozen=True)
class Planning:
    settings: tuple[Setting, ...]
    search_path: tuple[str, ...]


def of_session(session: Session) -> Planning:
    """What this very session plans with."""
    path = session.row("shadow/database")["search_path"]
    return Planning(_settings(session), tuple(path))


def of_role(session: Session, role: str) -> Planning:
    """What a new session of that role in this database would plan with, its client's own wishes aside. Raises
    QueryFailed for an unknown role, FeatureMissing where a setting of the connecting role covers the server's.
    """
    with session.another(options="") as plain:  # without PGOPTIONS
        given = _given(plain, role)
        with plain.rolled_back():
            for name, value in (_beneath(plain, given) | given).items():
                _set(plain, name, _for_role(value, role) if name == "search_path" else value)
            return Planning(_settings(plain), tuple(plain.row("shadow/search_path", role=role)["search_path"]))


def _settings(session: Session) -> tuple[Setting, ...]:
    return tuple(Setting(row["name"], row["setting"], row["unit"]) for row in session.rows("shadow/settings"))


def _given(session: Session, role: str) -> dict[str, str]:
    """What ALTER ROLE and ALTER DATABASE say, the strongest of each."""
    rows = session.rows("shadow/role_settings", role=role)
    if not rows:
        raise QueryFailed(
            f"there is no role {quoted(role)} on this server",
            hint="names of roles are as \\du shows them, without quotes",
        )
    wanted = _planned_with(session)
    given: dict[str, str] = {}
    for row in rows:
        if row["name"] is not None and (name := wanted.get(row["name"].lower())):
            given.setdefault(name, row["value"])
    return given


def _planned_with(session: Session) -> dict[str, str]:
    names = [*(setting.name for setting in _settings(session)), "search_path"]
    return {name.lower(): name for name in names}


def _beneath(session: Session, given: Mapping[str, str]) -> dict[str, str]:
    """The server's own values of what the connecting role, but not the other one, has set for itself."""
    wanted = _planned_with(session).values()
    rows = session.rows("shadow/covered_settings")
    covered = {row["name"]: row["source"] for row in rows}
    defaults = {row["name"]: row["default"] for row in rows}
    hidden = sorted(name for name in covered if name in wanted and name not in given)
    if not hidden:
        return {}
    try:
        files = {row["name"]: row["value"] for row in session.rows("shadow/file_settings")}
    except ServerError:
        name = hidden[0]
        by_client = covered[name] in ("client", "session")
        who = "this connection" if by_client else session.role
        raise FeatureMissing(
            f"the server's {name} cannot be seen, since {who} sets its own",
            hint="unset PGTZ, PGDATESTYLE and PGGEQO"
            if by_client
            else f"ALTER ROLE {quoted(session.role)} RESET {name}; or connect as a role without settings of its own",
        ) from None
    return {name: files.get(name, defaults[name]) for name in hidden}


def _set(session: Session, name: str, value: str) -> None:
    """For this transaction. What the server would not take at a role's login, it would leave at that, too."""
    try:
        with session.savepoint():
            session.rows("plan/set_local", name=name, value=value)
    except ServerError:
        return


def _for_role(path: str, role: str) -> str:
    name = '"' + role.replace('"', '""') + '"'
    return path.replace('"$user"', name).replace("$user", name)
