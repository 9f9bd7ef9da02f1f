"""What a server offers and what the connected role may do there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dbopt.postgres.session import Session

_PROVIDERS = {
    "rds_superuser": "Amazon RDS",
    "rdsadmin": "Amazon RDS",
    "cloudsqlsuperuser": "Google Cloud SQL",
    "alloydbsuperuser": "Google AlloyDB",
    "azure_pg_admin": "Azure Database",
    "neon_superuser": "Neon",
    "supabase_admin": "Supabase",
    "doadmin": "DigitalOcean",
    "aiven_superuser": "Aiven",
}


@dataclass(frozen=True)
class Extension:
    """An extension that the server has. `version` and `schema` are None where it is not created in this database."""

    name: str
    available_version: str
    version: str | None
    schema: str | None


@dataclass(frozen=True)
class Capabilities:
    """`version` is as PostgreSQL numbers it (150018 is 15.18). `roles` are the predefined roles (pg_monitor, ...) whose
    privileges this role has. `settings` are those that it may read, in their base units. `provider` is a guess at the
    managed service, None for a server of one's own.
    """

    version: int
    server_version: str
    database: str
    role: str
    is_superuser: bool
    roles: frozenset[str]
    in_recovery: bool
    current_schema: str | None
    may_create: bool
    may_create_schemas: bool
    may_create_temporary: bool
    extensions: Mapping[str, Extension]
    settings: Mapping[str, str]
    provider: str | None

    @property
    def major(self) -> int:
        return self.version // 10000

    def has_role(self, name: str) -> bool:
        """Whether the role has the privileges of that predefined role; a superuser has them all."""
        return self.is_superuser or name in self.roles

    @property
    def may_read_all_statistics(self) -> bool:
        """Whether other roles' statements and sessions are shown (pg_read_all_stats, pg_monitor)."""
        return self.has_role("pg_read_all_stats")

    @property
    def may_read_all_data(self) -> bool:
        return self.has_role("pg_read_all_data")

    @property
    def preloaded(self) -> tuple[str, ...] | None:
        """Libraries loaded at start; None where the role may not know (it takes pg_read_all_settings)."""
        value = self.settings.get("shared_preload_libraries")
        return None if value is None else tuple(name.strip() for name in value.split(",") if name.strip())

    def created(self, extension: str) -> Extension | None:
        """The extension, if it is created in this database."""
        found = self.extensions.get(extension)
        return found if found is not None and found.version is not None else None

    def is_available(self, extension: str) -> bool:
        return extension in self.extensions


def capabilities(session: Session) -> Capabilities:
    """Read them in one snapshot. Works for any role."""
    with session.rolled_back():
        row = session.row("postgres/capabilities")
        extensions = [Extension(**found) for found in session.rows("postgres/extensions")]
    settings: dict[str, str] = row["settings"]
    return Capabilities(
        version=session.version,
        server_version=session.server_version,
        database=row["database"],
        role=row["role"],
        is_superuser=row["is_superuser"],
        roles=frozenset(row["roles"]),
        in_recovery=row["in_recovery"],
        current_schema=row["current_schema"],
        may_create=row["may_create"],
        may_create_schemas=row["may_create_schemas"],
        may_create_temporary=row["may_create_temporary"],
        extensions={extension.name: extension for extension in extensions},
        settings=settings,
        provider=_provider(row["provider_roles"], settings),
    )


def _provider(roles: list[str], settings: Mapping[str, str]) -> str | None:
    if any(name.startswith("apg_") or name == "aurora_stat_plans" for name in settings):
        return "Amazon Aurora"
    return next((_PROVIDERS[role] for role in roles), None)
