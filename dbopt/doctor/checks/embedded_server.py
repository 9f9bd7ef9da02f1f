"""Can the embedded PostgreSQL run on this machine? suggest's shadow is one."""

from __future__ import annotations

import subprocess

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient
from dbopt.errors import EmbeddedServerError
from dbopt.postgres.programs import readable_programs


def look(_patient: Patient) -> Finding:
    try:
        programs = readable_programs()
        shown = subprocess.run([programs / "initdb", "--version"], capture_output=True, text=True)
    except (EmbeddedServerError, OSError) as error:
        return Finding(WARN, f"the embedded PostgreSQL cannot be used here ({error}); --pg-bin names another")
    if shown.returncode:
        return Finding(WARN, "the embedded PostgreSQL does not run on this machine; --pg-bin names another")
    return Finding(OK, f"the shadow can run here: {shown.stdout.strip()}")


CHECK = Check("embedded", "embedded PostgreSQL", look)
