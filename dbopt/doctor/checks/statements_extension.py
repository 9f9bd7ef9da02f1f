"""Is pg_stat_statements there? `capture statements` reads it."""

from __future__ import annotations

from dbopt.doctor.model import FAIL, OK, Check, Finding, Patient
from dbopt.postgres.identifiers import literal, quoted

NAME = "pg_stat_statements"
CREATE = f"CREATE EXTENSION {NAME};"


def is_loaded(patient: Patient) -> bool:
    """Its settings exist only where it was loaded at the server's start; any role can see that."""
    return patient.setting("pg_stat_statements.max") is not None


def look(patient: Patient) -> Finding:
    known = patient.capabilities
    created = known.created(NAME)
    if not known.is_available(NAME):
        return Finding(FAIL, "the server does not have pg_stat_statements: install PostgreSQL's contrib package")
    if not is_loaded(patient):
        return Finding(
            FAIL, f"pg_stat_statements is not loaded, so there is nothing to capture{_where(patient)}", _load(patient)
        )
    if created is None:
        return Finding(
            FAIL, f"pg_stat_statements is loaded, but not created in database {quoted(known.database)}", CREATE
        )
    return Finding(OK, f"pg_stat_statements {created.version} in schema {quoted(created.schema or '')}")


def _where(patient: Patient) -> str:
    provider = patient.capabilities.provider
    return f"; add it to shared_preload_libraries in the parameters of {provider}" if provider else ""


def _load(patient: Patient) -> str:
    """The libraries that are loaded already stay; where they are unknown, the person must add them."""
    loaded = patient.capabilities.preloaded
    libraries = ", ".join(literal(name) for name in (*(loaded or ()), NAME))
    lines = [] if loaded is not None else ["-- add the libraries that shared_preload_libraries has now"]
    setting = patient.set_sql("shared_preload_libraries", libraries, restart=True)
    lines += [setting] if setting else []
    return "\n".join(lines + ([] if patient.capabilities.created(NAME) else [CREATE]))


CHECK = Check("pg_stat_statements", "statement statistics", look)
