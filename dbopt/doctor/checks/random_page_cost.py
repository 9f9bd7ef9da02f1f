"""Does the planner think of disks that turn?"""

from __future__ import annotations

from dbopt.doctor.model import INFO, OK, Check, Finding, Patient


def look(patient: Patient) -> Finding:
    cost, sequential = patient.number("random_page_cost"), patient.number("seq_page_cost")
    if cost is not None and sequential and cost / sequential >= 4:
        return Finding(
            INFO,
            f"random_page_cost is {cost:g}, right for disks that turn; on an SSD 1.1 lets the planner use indexes",
            patient.set_sql("random_page_cost", "1.1"),
        )
    return Finding(OK, f"random_page_cost is {cost:g}" if cost is not None else "random_page_cost is not known")


CHECK = Check("random_page_cost", "cost of a random read", look)
