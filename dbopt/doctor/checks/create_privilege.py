"""May the role create indexes in the schemas of its tables? apply needs it."""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient
from dbopt.postgres.identifiers import quoted


def look(patient: Patient) -> Finding:
    role = quoted(patient.capabilities.role)
    schemas = [quoted(row["schema"]) for row in patient.rows("closed_schemas")]
    if not schemas:
        return Finding(OK, f"role {role} may create indexes wherever it owns tables")
    return Finding(
        WARN,
        f"role {role} owns tables but may not create indexes in: {', '.join(schemas)}",
        "\n".join(f"GRANT CREATE ON SCHEMA {schema} TO {role};" for schema in schemas),
    )


CHECK = Check("schema-create", "creating indexes", look)
