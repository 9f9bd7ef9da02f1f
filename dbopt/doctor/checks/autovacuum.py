"""Is autovacuum on? Without it, statistics and tables rot."""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient


def look(patient: Patient) -> Finding:
    for name in ("track_counts", "autovacuum"):
        if patient.setting(name) == "off":
            return Finding(WARN, f"{name} is off: tables bloat and statistics grow old", patient.set_sql(name, "on"))
    return Finding(OK, "autovacuum is on")


CHECK = Check("autovacuum", "autovacuum", look)
