"""Is HypoPG there? suggest can confirm its advice with it; it does without."""

from __future__ import annotations

from dbopt.doctor.model import INFO, OK, Check, Finding, Patient


def look(patient: Patient) -> Finding:
    known = patient.capabilities
    created = known.created("hypopg")
    if created is not None:
        return Finding(OK, f"HypoPG {created.version}")
    if known.is_available("hypopg"):
        return Finding(INFO, "HypoPG (optional) is not created in this database", "CREATE EXTENSION hypopg;")
    return Finding(INFO, "the server does not have HypoPG; it is optional, the shadow does its work")


CHECK = Check("hypopg", "hypothetical indexes", look)
