"""What `partition convert` and `partition undo` share: the options of a careful copy, and carrying it out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli import change
from dbopt.cli.command import Format, Run

if TYPE_CHECKING:
    from dbopt.partition.convert.api import Converted
    from dbopt.partition.convert.ledger import Conversion
    from dbopt.partition.convert.plan import Plan
    from dbopt.partition.convert.work import Manner
    from dbopt.partition.model import Name
    from dbopt.postgres.patience import Limits
    from dbopt.postgres.session import Session
    from dbopt.postgres.throttle import Throttle

DropOld = Annotated[bool, typer.Option("--drop-old", help="Drop the former table in the end; default: it is kept.")]
NoVerify = Annotated[bool, typer.Option("--no-verify", help="Do not compare the rows before the swap.")]
BatchTime = Annotated[
    str, typer.Option("--batch-time", metavar="TIME", help="How long a batch shall take; its size follows.")
]
Sleep = Annotated[str, typer.Option("--sleep", metavar="TIME", help="Pause after each batch.")]
MaxLag = Annotated[
    str, typer.Option("--max-lag", metavar="TIME", help="Wait while a standby is further behind; 0: do not look.")
]
MaxActive = Annotated[
    int | None, typer.Option("--max-active", metavar="N", min=0, help="Wait while more other sessions are at work.")
]
ShortLockTimeout = Annotated[
    str,
    typer.Option(
        "--lock-timeout", metavar="TIME", help="How long others may queue behind a lock that is asked for, each time."
    ),
]
MaxLock = Annotated[
    str,
    typer.Option("--max-lock", metavar="TIME", help="How long the swap may lock the table; longer ones are undone."),
]
Retries = Annotated[int, typer.Option("--retries", min=0, metavar="N", help="New attempts to get a lock.")]


@dataclass(frozen=True)
class Options:
    direction: str  # convert or undo
    throttle: Throttle
    verify: bool
    drop_old: bool
    limits: Limits
    max_lock_ms: float
    dry_run: bool
    yes: bool


def throttle(batch_time: str, sleep: str, max_lag: str, max_active: int | None) -> Throttle:
    """Raises UsageError for a text that is not a duration."""
    from dbopt.postgres.throttle import Throttle
    from dbopt.units import milliseconds

    return Throttle(
        batch_ms=max(milliseconds(batch_time), 1),
        sleep_ms=milliseconds(sleep),
        max_lag_ms=milliseconds(max_lag) or None,
        max_active=max_active,
    )


def check_same(session: Session, name: Name, control: str | None) -> None:
    """What is gone on with was asked for. Raises UsageError."""
    from dbopt.errors import UsageError
    from dbopt.partition.convert import api

    found = api.unfinished(session, name, "convert")
    if found is not None and control is not None and found.target.control != (control,):
        raise UsageError(
            f"{name} is being converted by {', '.join(found.target.control)}, not by {control}",
            hint=f"dbopt partition undo --abandon {name} gives that up",
        )


def carry_out(run: Run, session: Session, name: Name, options: Options, planned: Callable[[], Plan]) -> int:
    """Begin or go on, and print what became of it."""
    from dbopt.output import partition_conversion as output
    from dbopt.output import progress
    from dbopt.output.report import Report
    from dbopt.partition.convert import api, dry
    from dbopt.postgres.exclusive import exclusive, key_of

    done = api.done(session, name, options.direction)
    if done is not None:
        run.note(f"{name}: there is nothing to do, the {options.direction} is done")
        run.emit(output.report(done))
        return 0
    if options.dry_run:
        found = api.unfinished(session, name, options.direction)
        if found is not None:
            run.note(f"{name} is being converted; the same command without --dry-run goes on at: {found.stage}")
            return 0
        script = dry.script(planned())
        dataclasses.replace(run, format=Format.SQL).emit(Report(sql=script))
        return 0
    with exclusive(session, key_of("partition", name.schema, name.name), f"converts {name} of"):
        begun = _begun(run, session, name, options, planned)
        if begun is None:
            return 0
        remark = f"the same command goes on; dbopt partition undo --abandon {name} gives up"
        with change.ending(run, remark), progress.bar(quiet=run.quiet) as on_progress:
            done = api.carry_out(session, begun, _manner(run, options, on_progress))
    run.emit(output.report(done))
    _remark(run, done)
    return 0


def abandon(run: Run, session: Session, name: Name, options: Options) -> int:
    """Give an unfinished conversion up."""
    from dbopt.output import partition_conversion as output
    from dbopt.partition.convert import api
    from dbopt.postgres.exclusive import exclusive, key_of

    with exclusive(session, key_of("partition", name.schema, name.name), f"converts {name} of"):
        run.emit(output.report(api.give_up(session, name, _manner(run, options, None))))
    return 0


def _manner(run: Run, options: Options, on_progress: Callable[[int, int, str], None] | None) -> Manner:
    from dbopt.partition.convert.work import Manner

    return Manner(
        limits=options.limits,
        max_lock_ms=options.max_lock_ms,
        throttle=options.throttle,
        verify=options.verify,
        drop_old=options.drop_old,
        on_progress=on_progress,
        on_wait=run.detail,
    )


def _begun(run: Run, session: Session, name: Name, options: Options, planned: Callable[[], Plan]) -> Conversion | None:
    """What an earlier run left; else the beginning of the plan, if the person says yes to it."""
    from dbopt.partition.convert import api

    found = api.unfinished(session, name, options.direction)
    if found is not None:
        run.note(f"going on with {name} at: {found.stage}")
        return found
    plan = planned()
    count = len(plan.target.parts)
    into = f"{count} partitions" if count else "a plain table"
    size = f"some {plan.table.rows:,.0f} rows" if plan.table.rows >= 0 else "never analyzed"
    run.note(f"{plan.table.name}, {size}, becomes {into}; --dry-run shows how")
    if not run.confirm(f"Do this on database {session.database}?", options.yes):
        return None
    return api.begin(session, options.direction, _manner(run, options, None), plan)


def _remark(run: Run, done: Converted) -> None:
    if done.former is not None:
        run.note(f"what it was is kept as {done.former}; when it is not needed any more: DROP TABLE {done.former}")
