"""dbopt archive run"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.archive.shared import Names, policies
from dbopt.cli.change import DryRun, LockTimeout, Retries, Yes, check_format, ending, limits, show_script
from dbopt.cli.command import TABULAR, Format, Run, command
from dbopt.errors import AlreadyRunning, DboptError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbopt.archive.policy import Policy
    from dbopt.archive.run import Ran
    from dbopt.postgres.session import Session


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL))
    def run(
        run: Run,
        policy: Names = None,
        limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="At most so many rows.")] = None,
        batch_rows: Annotated[
            int | None, typer.Option("--batch-rows", min=1, max=1_000_000, metavar="N", help="Rows that go at once.")
        ] = None,
        run_time: Annotated[
            str | None, typer.Option("--run-time", metavar="TIME", help="Begin no batch after this time, as in 20min.")
        ] = None,
        sentinel: Annotated[
            Path | None, typer.Option("--sentinel", metavar="FILE", help="Begin no batch when there is this file.")
        ] = None,
        sleep: Annotated[
            str | None, typer.Option("--sleep", metavar="TIME", help="A rest between two batches, as in 100ms.")
        ] = None,
        max_lag: Annotated[
            str | None, typer.Option("--max-lag", metavar="TIME", help="Wait while a standby is further behind.")
        ] = None,
        busy_share: Annotated[
            str | None,
            typer.Option(
                "--busy-share", metavar="PERCENT", help="Work so much of the time while others do; default: 10%."
            ),
        ] = None,
        why_quit: Annotated[bool, typer.Option("--why-quit", help="Say on stderr why it ended.")] = False,
        statistics: Annotated[bool, typer.Option("--statistics", help="Say on stderr where the time went.")] = False,
        expire: Annotated[
            bool, typer.Option("--expire", help="Remove archived files that are older than keep_archive; move no rows.")
        ] = False,
        dry_run: DryRun = False,
        yes: Yes = False,
        lock_timeout: LockTimeout = "500ms",
        retries: Retries = 20,
    ) -> int:
        """Move rows that are older than the policies keep them to verified files, and delete them.

        For cron: with --yes; exit code 75 where another run of a policy is at work. Killed at any instant, the next run
        goes on: nothing is lost, nothing is there twice.
        """
        from dbopt.archive import run as running
        from dbopt.archive.plan import plan
        from dbopt.archive.status import status
        from dbopt.output import archive as output
        from dbopt.units import milliseconds, share

        check_format(run, dry_run)
        chosen, known = policies(run, policy)
        asked = running.Asked(
            limit=limit,
            run_seconds=milliseconds(run_time) / 1000 if run_time else None,
            sentinel=sentinel,
            batch_rows=batch_rows,
            sleep_ms=milliseconds(sleep) if sleep else None,
            max_lag_ms=milliseconds(max_lag) if max_lag else None,
            busy_share=share(busy_share) if busy_share else None,
            limits=limits(lock_timeout, None, retries),
        )
        with run.connect() as session:
            if expire:
                return _expire(run, session, chosen, dry_run, yes)
            if dry_run or not yes:
                planned = plan(session, chosen, known)
                if dry_run:
                    return show_script(run, output.script(planned))
                run.note(output.question(planned))
                if not run.confirm(f"Archive on database {session.database}?", yes):
                    return 0
            with (
                ending(run, "the same command goes on where this one ended"),
                output.listening(run.quiet, run.note, statistics) as hooks,
            ):
                done = []
                for one in running.run(session, chosen, known, asked, hooks):
                    done.append(one)
                    if why_quit:
                        run.note(f"{one.policy}: {one.why_quit}")
            run.emit(output.ran(done, status(session, chosen)))
        for text in output.failures(done):
            run.note(text)
        return _exit_code(done)


def _exit_code(done: Sequence[Ran]) -> int:
    """75, for cron to try again, where nothing is wrong but that others are at work."""
    errors = [one.error for one in done if one.error is not None]
    if errors and all(error.exit_code == AlreadyRunning.exit_code for error in errors):
        return AlreadyRunning.exit_code
    return DboptError.exit_code if errors else 0


def _expire(run: Run, session: Session, chosen: tuple[Policy, ...], dry_run: bool, yes: bool) -> int:
    from dbopt.archive import expire
    from dbopt.output import archive as output

    due = [expire.due(session, policy) for policy in chosen]
    if dry_run:
        return show_script(run, output.expiry_script(due))
    run.note(output.expiry(due))
    if any(one.expiring or one.over or one.rows for one in due) and not run.confirm("Go on?", yes):
        return 0
    run.emit(output.expired(expire.expire(session, chosen, run.note)))
    return 0
