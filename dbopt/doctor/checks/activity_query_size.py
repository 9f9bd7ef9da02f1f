"""How much of a running statement's text can be seen?"""

from __future__ import annotations

from dbopt.doctor.model import INFO, OK, Check, Finding, Patient

_ENOUGH_BYTES = 4096


def look(patient: Patient) -> Finding:
    size = patient.number("track_activity_query_size")
    if size is None or size >= _ENOUGH_BYTES:
        return Finding(OK, "running statements are shown whole, as a rule")
    return Finding(
        INFO,
        f"the text of a running statement is cut after {size:.0f} bytes, so capture activity may miss its end",
        patient.set_sql("track_activity_query_size", "'16kB'", restart=True),
    )


CHECK = Check("track_activity_query_size", "texts of running statements", look)
