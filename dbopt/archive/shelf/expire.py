"""`dbopt archive run --expire` of an archive table: rows that are older than the archive keeps them are deleted in
batches, partitions that are old as a whole are dropped. There is one phase: the grace period is added to the age, so
that rows are read until they go.
"""

from __future__ import annotations

from dbopt.archive import source as sources
from dbopt.archive.columns import reading
from dbopt.archive.policy import Policy
from dbopt.archive.shelf import table
from dbopt.errors import UsageError
from dbopt.partition.interval import microseconds_of, moment_of
from dbopt.partition.key import literal
from dbopt.partition.model import Name
from dbopt.postgres.clock import now_us
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session

_LOCK_TIMEOUT_MS = 5000


def condition(session: Session, policy: Policy) -> str | None:
    """Which rows go, None where there is no archive table. Raises UsageError where the control column has no time."""
    pair = table.existing(session, policy)
    if pair is None or policy.keep_archive is None:
        return None
    kind = sources.control_of(policy, sources.columns_of(session, pair[1]))
    if not kind.is_time:
        raise UsageError(f"archive policy {policy.name}: {policy.control} carries no time, so its rows have no age")
    now = moment_of(now_us(session))
    kept = (policy.keep_archive, *((policy.legal_minimum,) if policy.legal_minimum else ()))
    before = min(microseconds_of(policy.grace.after(one.after(now, -1), -1)) for one in kept)
    return table.within(policy.control, None, literal(kind, before))


def rows_due(session: Session, policy: Policy) -> int:
    """How many rows go."""
    pair, old = table.existing(session, policy), condition(session, policy)
    if pair is None or old is None:
        return 0
    with session.rolled_back():
        session.script(reading())
        return int(session.fetch(SQL(f"SELECT count(*) AS rows FROM {pair[0].name} WHERE {old}"))[0]["rows"])  # noqa: S608


def statements(session: Session, policy: Policy) -> tuple[str, ...]:
    """What is run, over and over as long as there are rows; partitions that are old as a whole are dropped."""
    pair, old = table.existing(session, policy), condition(session, policy)
    if pair is None or old is None:
        return ()
    return tuple(_deletion(name, old, policy.batch_rows) for _, name, _ in table.parts(session, pair[1]))


def expire(session: Session, policy: Policy) -> int:
    """Under the lock of the policy: how many rows went."""
    pair, old = table.existing(session, policy), condition(session, policy)
    if pair is None or old is None:
        return 0
    table.settle(session, policy)
    rows = 0
    for _, name, is_partition in table.parts(session, pair[1]):
        rows += _dropped(session, policy, name, old) if is_partition else 0
    for _, name, _ in table.parts(session, pair[1]):
        while done := _deleted(session, policy, name, old):
            rows += done
    return rows


def _dropped(session: Session, policy: Policy, name: Name, old: str) -> int:
    """A partition without a row that stays."""
    query = f"SELECT count(*) AS rows, count(*) FILTER (WHERE ({old}) IS NOT TRUE) AS kept FROM ONLY {name}"  # noqa: S608
    with session.transaction():
        session.script(
            f"{reading()}; SET LOCAL lock_timeout = {_LOCK_TIMEOUT_MS}; LOCK TABLE ONLY {name} IN SHARE MODE"
        )
        found = session.fetch(SQL(query))[0]
        if found["kept"] or not found["rows"]:
            return 0
        session.script(f"DROP TABLE {name}")
        table.gone(session, policy.name, None, None, found["rows"])
    return int(found["rows"])


def _deleted(session: Session, policy: Policy, name: Name, old: str) -> int:
    with session.transaction():
        session.script(reading())
        rows = session.changed(SQL(_deletion(name, old, policy.batch_rows)))
        if rows:
            table.gone(session, policy.name, None, None, rows)
    return rows


def _deletion(name: Name, old: str, rows: int) -> str:
    return render("archive/shelf_expire.sql", table=str(name), condition=old, rows=rows)
