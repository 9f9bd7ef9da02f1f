"""Giving up a conversion that has not swapped yet: nothing of it stays."""

from __future__ import annotations

from dbopt.partition.convert import ledger
from dbopt.partition.convert.attaching import BOUND
from dbopt.partition.convert.ledger import Conversion
from dbopt.partition.convert.target import FIRST, beside
from dbopt.partition.model import Name
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.patience import Limits, patiently
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session


def abandon(session: Session, conversion: Conversion, limits: Limits) -> None:
    """Drop the new table, the log and its trigger; of one that was to be attached, the bound and its keys. Raises
    LockNotAvailable, with everything as it was.
    """
    patiently(limits, lambda: _attempt(session, conversion, limits.lock_timeout_ms))


def _attempt(session: Session, conversion: Conversion, lock_timeout_ms: int) -> None:
    with session.transaction():
        session.script(f"SET LOCAL lock_timeout = {lock_timeout_ms}")
        session.script(
            render(
                "partition/convert/untrack.sql",
                table=conversion.table,
                log=conversion.log,
                function=conversion.function,
                trigger=quoted(conversion.trigger),
            )
        )
        session.script(f"DROP TABLE IF EXISTS {conversion.new}")
        if conversion.way == "attach":
            session.script(f"ALTER TABLE {conversion.table} DROP CONSTRAINT IF EXISTS {BOUND}")
            for key in conversion.target.widened:
                session.script(f"DROP INDEX IF EXISTS {Name(conversion.table.schema, beside(key.name, FIRST))}")
        ledger.forget(session, conversion)
