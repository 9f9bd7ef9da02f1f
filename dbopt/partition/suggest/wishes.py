"""How long rows are kept, as the [[archive]] sections of the configuration say it. Pure."""

from __future__ import annotations

from typing import Any

from dbopt.config import Config
from dbopt.errors import ConfigurationError, UsageError
from dbopt.partition import interval
from dbopt.partition.suggest.candidates import Wish


def wishes(config: Config) -> dict[str, Wish]:
    """By the table as it is written there. Raises ConfigurationError."""
    sections = config.values.get("archive", [])
    if not isinstance(sections, list) or not all(isinstance(section, dict) for section in sections):
        raise ConfigurationError(f"{config.path}: archive must be sections [[archive]]")
    found = (_wish(section, f"{config.path}: [[archive]] {number}") for number, section in enumerate(sections, 1))
    return dict(one for one in found if one is not None)


def _wish(section: dict[str, Any], label: str) -> tuple[str, Wish] | None:
    """None for a section that keeps no time, or names no table."""
    table, keep, control = (section.get(name) for name in ("table", "keep_hot", "control"))
    for name, value in (("table", table), ("keep_hot", keep), ("control", control)):
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(f"{label}: {name} must be a string")
    if not table or not keep:
        return None
    try:
        interval.parse(keep)
    except UsageError as error:
        raise ConfigurationError(f"{label}: {error.message}", hint=error.hint) from None
    return table, Wish(keep, control, "archive")
