"""Are the planner's statistics there, and of today's data?"""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient
from dbopt.postgres.identifiers import qualified

_WORST = 10


def look(patient: Patient) -> Finding:
    rows = patient.rows("stale_statistics")
    if not rows:
        return Finding(OK, "every table with rows has fresh statistics")
    never = sum(row["never_analysed"] for row in rows)
    worst = rows[0]
    how = "was never analysed" if worst["never_analysed"] else f"has {worst['changed_rows']:,} changed rows since"
    return Finding(
        WARN,
        f"{len(rows)} tables have no or old statistics ({never} were never analysed); "
        f"worst: {qualified(worst['schema'], worst['name'])} {how}",
        "\n".join(f"ANALYZE {qualified(row['schema'], row['name'])};" for row in rows[:_WORST]),
    )


CHECK = Check("statistics", "planner statistics", look)
