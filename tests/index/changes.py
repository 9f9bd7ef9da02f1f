"""Making advice files, and looking at what an apply left on the server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from psycopg import sql

from dbopt import documents
from dbopt.index.advice import Advice, CreateAdvice, DropAdvice
from dbopt.index.apply import Applied, apply, items_of
from dbopt.index.run import Listener
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import Session

IMPATIENT = Limits(lock_timeout_ms=100, retries=1, pause_ms=10)
BY_STATUS = "CREATE INDEX CONCURRENTLY orders_by_status ON public.orders USING btree (status)"
BY_CUSTOMER = "CREATE INDEX CONCURRENTLY orders_by_customer ON public.orders USING btree (customer_id)"


def advice(create: Sequence[str] = (), drop: Sequence[str] = (), size_bytes: int = 100_000) -> Advice:
    """An advice with these statements in it."""
    creates = [CreateAdvice(text, "", "", "btree", (), (), "", size_bytes, 0.0, 0.0, (), "") for text in create]
    drops = [DropAdvice("", text, "", 0, "", "unused") for text in drop]
    return Advice("shadow", "18.0", None, None, 0, 0.0, 0.0, 0.0, 0, tuple(creates), tuple(drops), ())


def advice_file(folder: Path, create: Sequence[str] = (), drop: Sequence[str] = ()) -> str:
    path = folder / "advice.json"
    path.write_text(documents.dump(advice(create, drop)))
    return str(path)


def carry_out(
    session: Session,
    folder: Path,
    create: Sequence[str] = (),
    drop: Sequence[str] = (),
    limits: Limits = IMPATIENT,
    listener: Listener | None = None,
) -> Applied:
    """Apply statements; the undo file is undo.json in the folder."""
    items = items_of(advice(create, drop))
    return apply(session, items, folder / "undo.json", limits=limits, listener=listener)


def states(applied: Applied) -> list[str]:
    return [outcome.state for outcome in applied.outcomes]


def indexes(session: Session, table: str) -> dict[str, bool]:
    """The table's indexes but the primary key's, and whether each is valid."""
    rows = session.fetch(
        sql.SQL("""
            SELECT c.relname AS name, x.indisvalid AS valid
            FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indexrelid
            WHERE x.indrelid = %(table)s::regclass AND NOT x.indisprimary ORDER BY 1
        """),
        {"table": table},
    )
    return {row["name"]: row["valid"] for row in rows}
