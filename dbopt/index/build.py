"""Running one step on the server, so that a failure at any point leaves no invalid index behind."""

from __future__ import annotations

import dataclasses

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.index.progress import OnProgress, Watch, wait_for_lockers
from dbopt.index.steps import Step
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import Session


def perform(session: Session, step: Step, limits: Limits, on_progress: OnProgress | None = None) -> None:
    """Run a step, outside a transaction. An index that a failed build left is dropped before the error is raised:
    LockNotAvailable where trying again makes sense, else another ServerError.
    """
    if not step.concurrently:
        session.limit(lock_timeout_ms=limits.lock_timeout_ms)
        session.fetch_workload(step.sql)
        return
    wait_for_lockers(session, step.table, limits, on_progress, readers_too=step.kind != "create")
    try:
        _watched(session, step.sql, limits, on_progress)
    except BaseException:
        if step.kind == "create":
            _clean_up(session, step, limits)
        raise


def _watched(session: Session, sql: str, limits: Limits, on_progress: OnProgress | None) -> None:
    watch = Watch(session, limits, on_progress)
    try:
        with watch:
            session.fetch_workload(sql)
    except ServerError:
        if watch.verdict is not None:
            raise watch.verdict from None
        raise


def _clean_up(session: Session, step: Step, limits: Limits) -> None:
    """Drop what is left of a build that failed; on a new connection where the old one is gone. Where that is not
    possible within the lock timeout, the next run does it.
    """
    limits = dataclasses.replace(limits, wait_timeout_ms=limits.lock_timeout_ms)
    try:
        _drop_invalid(session, step, limits)
    except ConnectionFailed:
        try:
            with session.another() as fresh:
                _drop_invalid(fresh, step, limits)
        except ServerError:
            return
    except ServerError:
        return


def _drop_invalid(session: Session, step: Step, limits: Limits) -> None:
    for row in session.rows("apply/index", index=step.index):
        if not row["is_valid"]:
            _watched(session, f"DROP INDEX CONCURRENTLY IF EXISTS {step.index}", limits, None)
