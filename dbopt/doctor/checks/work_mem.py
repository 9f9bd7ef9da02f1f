"""Do sorts and hashes spill to disk?"""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient
from dbopt.postgres.identifiers import quoted

_MANY_BYTES = 2**30


def look(patient: Patient) -> Finding:
    row = patient.rows("temporary_files")[0]
    work_mem_kb = patient.number("work_mem") or 0.0
    if row["files"] == 0:
        return Finding(OK, f"no sort or hash went to disk since {row['since']}")
    spilt = f"{row['files']:,} temporary files ({row['bytes'] / 2**20:,.0f} MB) since {row['since']}"
    if row["bytes"] < _MANY_BYTES:
        return Finding(OK, spilt)
    raised = f"ALTER DATABASE {quoted(patient.capabilities.database)} SET work_mem = '{int(work_mem_kb) * 4}kB';"
    return Finding(WARN, f"{spilt}: work_mem of {work_mem_kb / 1024:g} MB is small for this workload", raised)


CHECK = Check("work_mem", "sorts and hashes in memory", look)
