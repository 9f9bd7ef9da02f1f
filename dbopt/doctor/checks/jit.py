"""Is JIT compilation on? It can cost short statements more than it saves."""

from __future__ import annotations

from dbopt.doctor.model import INFO, OK, Check, Finding, Patient


def look(patient: Patient) -> Finding:
    if patient.setting("jit") == "off":
        return Finding(OK, "jit is off")
    return Finding(
        INFO,
        "jit is on: good for long analytic statements, a burden for short ones whose cost is overestimated",
        patient.set_sql("jit", "off"),
    )


CHECK = Check("jit", "just-in-time compilation", look)
