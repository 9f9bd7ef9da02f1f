"""Does the server log the plans of slow statements?"""

from __future__ import annotations

from dbopt.doctor.model import INFO, OK, Check, Finding, Patient


def look(patient: Patient) -> Finding:
    threshold = patient.setting("auto_explain.log_min_duration")
    if threshold is None:
        return Finding(INFO, "auto_explain (optional) is not loaded: the log has no plans of slow statements")
    if threshold == "-1":
        return Finding(
            INFO,
            "auto_explain is loaded but logs nothing",
            patient.set_sql("auto_explain.log_min_duration", "'1s'"),
        )
    return Finding(OK, f"auto_explain logs plans from {threshold} ms on")


CHECK = Check("auto_explain", "plans in the log", look)
