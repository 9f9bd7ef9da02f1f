"""Does the role own the tables? apply needs it."""

from __future__ import annotations

from dbopt.doctor.model import INFO, OK, Check, Finding, Patient
from dbopt.postgres.identifiers import quoted


def look(patient: Patient) -> Finding:
    role = quoted(patient.capabilities.role)
    rows = patient.rows("other_owners")
    if not rows:
        return Finding(OK, f"role {role} may build indexes on every table")
    tables = sum(row["tables"] for row in rows)
    grants = "\n".join(f"GRANT {quoted(row['owner'])} TO {role};" for row in rows)
    return Finding(INFO, f"role {role} does not own {tables} of the tables, so apply cannot index them", grants)


CHECK = Check("role-ownership", "owning tables", look)
