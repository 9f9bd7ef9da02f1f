"""What a check finds. The result's file format is dbopt.doctor/1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from dbopt.postgres.capabilities import Capabilities
from dbopt.postgres.session import Row, Session

OK, INFO, WARN, FAIL = "ok", "info", "warn", "fail"
_PATIENCE_MS = 10_000


@dataclass(frozen=True)
class Patient:
    """The server as a check sees it."""

    session: Session
    capabilities: Capabilities

    def rows(self, query_name: str, **values: Any) -> list[Row]:
        """Rows of `sql/doctor/<query_name>.sql`, read only and within a time limit."""
        with self.session.rolled_back(statement_timeout_ms=_PATIENCE_MS):
            return self.session.rows(f"doctor/{query_name}", **values)

    def setting(self, name: str) -> str | None:
        """A setting in its base unit; None where the server has none of that name or the role may not read it."""
        return self.capabilities.settings.get(name)

    def number(self, name: str) -> float | None:
        value = self.setting(name)
        return None if value is None else float(value)

    def set_sql(self, name: str, value: str, *, restart: bool = False) -> str | None:
        """The SQL that changes a setting of the server; None on a managed service, which has its own way."""
        if self.capabilities.provider is not None:
            return None
        then = "-- then restart PostgreSQL" if restart else "SELECT pg_reload_conf();"
        return f"ALTER SYSTEM SET {name} = {value};\n{then}"


@dataclass(frozen=True)
class Finding:
    """What one check has to say: a sentence, and the SQL that mends it."""

    verdict: str  # ok, info, warn or fail
    finding: str
    fix_sql: str | None = None


@dataclass(frozen=True)
class Check:
    """One check: what it looks at, and how."""

    id: str
    title: str
    look: Callable[[Patient], Finding]


@dataclass(frozen=True)
class Checked:
    id: str
    title: str
    verdict: str
    finding: str
    fix_sql: str | None


@dataclass(frozen=True)
class Diagnosis:
    SCHEMA: ClassVar[str] = "dbopt.doctor/1"
    WRITTEN_BY: ClassVar[str] = "dbopt doctor --format json"

    server_version: str
    role: str
    database: str
    checks: tuple[Checked, ...]

    @property
    def is_healthy(self) -> bool:
        """Whether no check failed; warnings do not count."""
        return all(check.verdict != FAIL for check in self.checks)
