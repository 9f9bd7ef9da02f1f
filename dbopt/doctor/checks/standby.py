"""Is this the primary? Indexes are built there."""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient


def look(patient: Patient) -> Finding:
    if patient.capabilities.in_recovery:
        return Finding(WARN, "this is a standby: capture works here, apply needs the primary")
    if patient.setting("default_transaction_read_only") == "on":
        return Finding(
            WARN,
            "transactions are read-only by default: apply cannot work",
            "SET default_transaction_read_only = off;",
        )
    return Finding(OK, "this is the primary")


CHECK = Check("primary", "primary or standby", look)
