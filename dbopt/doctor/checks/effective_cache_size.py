"""Does the planner know how much is cached?"""

from __future__ import annotations

from dbopt.doctor.model import OK, WARN, Check, Finding, Patient


def look(patient: Patient) -> Finding:
    cache, buffers = patient.number("effective_cache_size") or 0.0, patient.number("shared_buffers") or 0.0
    megabytes = cache * (patient.number("block_size") or 8192) / 2**20
    if cache < buffers:
        return Finding(
            WARN,
            f"effective_cache_size ({megabytes:,.0f} MB) is below shared_buffers: the planner shuns indexes",
            patient.set_sql("effective_cache_size", f"'{int(megabytes * buffers / max(cache, 1)) * 3}MB'"),
        )
    return Finding(OK, f"effective_cache_size is {megabytes:,.0f} MB")


CHECK = Check("effective_cache_size", "size of all caches", look)
