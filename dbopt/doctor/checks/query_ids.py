"""Does the server number its statements? pg_stat_statements and the log need it."""

from __future__ import annotations

from dbopt.doctor.model import FAIL, OK, Check, Finding, Patient


def look(patient: Patient) -> Finding:
    value = patient.setting("compute_query_id")
    if value == "off":
        return Finding(
            FAIL, "compute_query_id is off: statements are not counted", patient.set_sql("compute_query_id", "auto")
        )
    return Finding(OK, f"compute_query_id is {value}")


CHECK = Check("compute_query_id", "query identifiers", look)
