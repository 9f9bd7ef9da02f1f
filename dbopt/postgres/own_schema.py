"""The schema `dbopt`, where dbopt keeps in a database how far it is."""

from __future__ import annotations

from dbopt.errors import PrivilegeMissing
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.session import Session


def exists(session: Session) -> bool:
    return bool(session.row("postgres/own_schema")["is_there"])


def make(session: Session) -> None:
    """Raises PrivilegeMissing where dbopt may have no schema."""
    if exists(session):
        return
    try:
        session.script("CREATE SCHEMA dbopt")
    except PrivilegeMissing as error:
        raise PrivilegeMissing(
            f"dbopt keeps in a schema of its own how far it is: {error.message}",
            hint=f"let a role that may say: CREATE SCHEMA dbopt AUTHORIZATION {quoted(session.role)}",
        ) from error
