"""Does a pooler stand between? apply needs a session of its own."""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient


def look(patient: Patient) -> Finding:
    # A pooler such as PgBouncer invents the process number that it tells its client.
    if patient.session.row("postgres/backend")["pid"] != patient.session.backend_pid:
        return Finding(
            WARN, "a connection pooler stands in between: capture works, but apply and snapshot need the server itself"
        )
    return Finding(OK, "this is a connection to the server itself")


CHECK = Check("pooler", "connection pooler", look)
