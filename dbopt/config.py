"""Settings: dbopt.toml, or [tool.dbopt] in pyproject.toml. Flags and DBOPT_* variables are read by the command line
and go before what stands here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dbopt.errors import ConfigurationError, FileMissing


@dataclass(frozen=True)
class Config:
    """The file's content; `path` is None where there is no file."""

    path: Path | None = None
    values: dict[str, Any] = field(default_factory=dict)

    def dsn(self, database: str | None = None) -> str | None:
        """The connection string of a database of the file, or its main one. Raises ConfigurationError."""
        if database is None:
            return self._text(self.values, "dsn", "dsn")
        databases = self.values.get("databases", {})
        if not isinstance(databases, dict) or database not in databases:
            known = ", ".join(sorted(databases)) if isinstance(databases, dict) else ""
            raise ConfigurationError(
                f"there is no database {database} in {self.path or 'dbopt.toml'}",
                hint=f"known: {known}" if known else "add a [databases.NAME] section with a dsn",
            )
        section = databases[database]
        if not isinstance(section, dict) or "dsn" not in section:
            raise ConfigurationError(f"{self.path}: [databases.{database}] has no dsn")
        return self._text(section, "dsn", f"databases.{database}.dsn")

    def _text(self, values: dict[str, Any], key: str, label: str) -> str | None:
        value = values.get(key)
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(f"{self.path}: {label} must be a string")
        return value


def load(path: str | None = None, directory: Path | None = None) -> Config:
    """Read the named file, else dbopt.toml or pyproject.toml of the directory.

    Raises ConfigurationError and FileMissing.
    """
    if path is not None:
        named = Path(path)
        if not named.is_file():
            raise FileMissing(f"there is no configuration file {path}")
        return _read(named)
    folder = directory or Path.cwd()
    for candidate in (folder / "dbopt.toml", folder / "pyproject.toml"):
        if candidate.is_file():
            config = _read(candidate)
            if candidate.name == "dbopt.toml" or config.values:
                return config
    return Config()


def _read(path: Path) -> Config:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None
    return Config(path, _ours(values, path) if path.name == "pyproject.toml" else values)


def _ours(values: dict[str, Any], path: Path) -> dict[str, Any]:
    """The section [tool.dbopt]."""
    tool = values.get("tool", {})
    section = tool.get("dbopt", {}) if isinstance(tool, dict) else None
    if not isinstance(section, dict):
        raise ConfigurationError(f"{path}: [tool.dbopt] must be a section")
    return section
