"""Has pg_stat_statements thrown statements away for lack of room?"""

from __future__ import annotations

from dbopt.doctor.checks.statements_extension import NAME
from dbopt.doctor.model import INFO, OK, WARN, Check, Finding, Patient
from dbopt.postgres.identifiers import SQL, Identifier


def look(patient: Patient) -> Finding:
    created, room = patient.capabilities.created(NAME), patient.number("pg_stat_statements.max")
    if created is None or created.schema is None or room is None:
        return Finding(INFO, "not observable: pg_stat_statements is not there")
    with patient.session.rolled_back():
        patient.session.execute(SQL("SET LOCAL search_path TO {}").format(Identifier(created.schema)))
        row = patient.session.row("doctor/statements_info")
    if row["dealloc"]:
        return Finding(
            WARN,
            f"pg_stat_statements has room for {room:.0f} statements and made room {row['dealloc']} times since "
            f"{row['since']}: what was captured is not all",
            patient.set_sql("pg_stat_statements.max", str(int(room) * 2), restart=True),
        )
    return Finding(OK, f"nothing was thrown away since {row['since']}")


CHECK = Check("pg_stat_statements-room", "room for statements", look)
