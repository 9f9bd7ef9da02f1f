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
    # membership in a superuser's role would be worth far more than an index
    grants = [f"GRANT {quoted(row['owner'])} TO {role};" for row in rows if not row["is_superuser"]]
    finding = f"role {role} does not own {tables} of the tables, so apply cannot index them: run it as their owner"
    return Finding(INFO, finding, "\n".join(grants) or None)


CHECK = Check("role-ownership", "owning tables", look)
