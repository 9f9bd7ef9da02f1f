"""The server's clock."""

from __future__ import annotations

from dbopt.postgres.session import Session


def now_us(session: Session) -> int:
    """Microseconds since 1970."""
    return int(session.row("postgres/clock")["now_us"])
