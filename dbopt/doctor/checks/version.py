"""Is the server's version supported by dbopt and by the PostgreSQL project?"""

from __future__ import annotations

from datetime import UTC, date, datetime

from dbopt.doctor.model import INFO, OK, WARN, Check, Finding, Patient

# The last day with bug fixes, from https://www.postgresql.org/support/versioning/
END_OF_LIFE = {
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}


def look(patient: Patient) -> Finding:
    known = patient.capabilities
    where = f" on {known.provider}" if known.provider else ""
    end = END_OF_LIFE.get(known.major)
    if end is None:
        return Finding(INFO, f"PostgreSQL {known.server_version}{where} is newer than this dbopt")
    if datetime.now(UTC).date() > end:
        return Finding(WARN, f"PostgreSQL {known.server_version}{where} has had no fixes since {end}: upgrade")
    return Finding(OK, f"PostgreSQL {known.server_version}{where}, supported until {end}")


CHECK = Check("version", "server version", look)
