"""May the role see what other roles run? capture needs it."""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient
from dbopt.postgres.identifiers import quoted


def look(patient: Patient) -> Finding:
    role = quoted(patient.capabilities.role)
    if patient.capabilities.may_read_all_statistics:
        return Finding(OK, f"role {role} sees the statements of all roles")
    return Finding(
        WARN, f"role {role} sees its own statements only, so capture misses the rest", f"GRANT pg_monitor TO {role};"
    )


CHECK = Check("role-statistics", "statements of other roles", look)
