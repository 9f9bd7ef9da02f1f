"""Running all checks."""

from __future__ import annotations

from dbopt.doctor.checks import CHECKS
from dbopt.doctor.model import INFO, Check, Checked, Diagnosis, Finding, Patient
from dbopt.errors import PrivilegeMissing, ServerError
from dbopt.postgres.capabilities import capabilities
from dbopt.postgres.session import Session


def examine(session: Session) -> Diagnosis:
    """Look at everything there is a check for. Changes nothing. A check that cannot look says so. Raises
    ConnectionFailed when the connection is lost.
    """
    patient = Patient(session, capabilities(session))
    known = patient.capabilities
    return Diagnosis(
        known.server_version, known.role, known.database, tuple(_checked(check, patient) for check in CHECKS)
    )


def _checked(check: Check, patient: Patient) -> Checked:
    try:
        found = check.look(patient)
    except ServerError as error:
        if not patient.session.is_open:
            raise
        why = "the role may not look" if isinstance(error, PrivilegeMissing) else "it could not be looked at"
        found = Finding(INFO, f"not observable: {why} ({error.message})")
    return Checked(check.id, check.title, found.verdict, found.finding, found.fix_sql)
