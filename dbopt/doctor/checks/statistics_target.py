"""Does ANALYZE look closely enough?"""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient

_DEFAULT = 100


def look(patient: Patient) -> Finding:
    target = patient.number("default_statistics_target")
    if target is not None and target < _DEFAULT:
        return Finding(
            WARN,
            f"default_statistics_target is {target:.0f}: estimates of skewed columns will be poor",
            patient.set_sql("default_statistics_target", str(_DEFAULT)),
        )
    return Finding(OK, f"default_statistics_target is {target or _DEFAULT:.0f}")


CHECK = Check("default_statistics_target", "detail of statistics", look)
