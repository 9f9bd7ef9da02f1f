"""May the role read all tables? snapshot and explain need it."""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient
from dbopt.postgres.identifiers import quoted


def look(patient: Patient) -> Finding:
    role = quoted(patient.capabilities.role)
    hidden = patient.rows("unreadable_tables")[0]["tables"]
    if not hidden:
        return Finding(OK, f"role {role} may read every table")
    return Finding(
        WARN,
        f"role {role} may not read {hidden} of the tables: snapshot, explain and measure cannot use them",
        f"GRANT pg_read_all_data TO {role};",
    )


CHECK = Check("role-data", "reading tables", look)
