"""Are the times of reads and writes measured? They tell a cold cache from a slow plan."""

from __future__ import annotations

from dbopt.doctor.model import INFO, OK, Check, Finding, Patient


def look(patient: Patient) -> Finding:
    if patient.setting("track_io_timing") == "on":
        return Finding(OK, "track_io_timing is on")
    return Finding(
        INFO, "track_io_timing is off: plans do not tell time on disk", patient.set_sql("track_io_timing", "on")
    )


CHECK = Check("track_io_timing", "times of reads and writes", look)
