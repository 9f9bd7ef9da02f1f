"""Is the buffer cache still at the default made for tiny machines?"""

from __future__ import annotations

from dbopt.doctor.model import INFO, OK, Check, Finding, Patient

_DEFAULT_MB = 128


def look(patient: Patient) -> Finding:
    blocks = patient.number("shared_buffers") or 0.0
    size_mb = blocks * (patient.number("block_size") or 8192) / 2**20
    database_mb = patient.rows("database_size")[0]["bytes"] / 2**20
    if size_mb > _DEFAULT_MB or database_mb <= size_mb:
        return Finding(OK, f"shared_buffers is {size_mb:,.0f} MB")
    return Finding(
        INFO,
        f"shared_buffers is {size_mb:,.0f} MB for a database of {database_mb:,.0f} MB; a quarter of memory is usual",
        patient.set_sql("shared_buffers", "'1GB'", restart=True),
    )


CHECK = Check("shared_buffers", "buffer cache", look)
