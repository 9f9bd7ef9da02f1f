"""Did a failed CREATE INDEX CONCURRENTLY leave something behind?"""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient
from dbopt.postgres.identifiers import qualified


def look(patient: Patient) -> Finding:
    names = [qualified(row["schema"], row["name"]) for row in patient.rows("invalid_indexes")]
    if not names:
        return Finding(OK, "there is no invalid index")
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return Finding(
        WARN,
        f"invalid indexes cost writes and serve nobody: {shown}",
        "\n".join(f"DROP INDEX CONCURRENTLY IF EXISTS {name};" for name in names),
    )


CHECK = Check("invalid-indexes", "invalid indexes", look)
