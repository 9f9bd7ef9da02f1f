"""Are connections running out?"""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient

_NEAR = 0.8


def look(patient: Patient) -> Finding:
    used = patient.rows("connections")[0]["used"]
    limit = patient.number("max_connections") or 0.0
    text = f"{used} of {limit:.0f} connections are in use"
    if limit and used / limit >= _NEAR:
        return Finding(WARN, f"{text}: put a pooler in front, or raise max_connections")
    return Finding(OK, text)


CHECK = Check("connections", "connections", look)
