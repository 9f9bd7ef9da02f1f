"""dbopt archive restore"""

from __future__ import annotations

from typing import Annotated

import typer

from dbopt.cli.archive.shared import one
from dbopt.cli.change import DryRun, Yes, check_format, show_script
from dbopt.cli.command import Run, command


def register(app: typer.Typer) -> None:
    @command(app)
    def restore(
        run: Run,
        policy: Annotated[str, typer.Argument(metavar="POLICY", help="A section [[archive]] of dbopt.toml.")],
        lower: Annotated[
            str | None,
            typer.Option("--from", metavar="VALUE", help="Of the control column, in UTC; default: from the first row."),
        ] = None,
        upper: Annotated[
            str | None,
            typer.Option("--to", metavar="VALUE", help="Up to before this value; default: to the last row."),
        ] = None,
        into: Annotated[
            str | None,
            typer.Option("--into", metavar="TABLE", help="A table, which may be new; default: the policy's own."),
        ] = None,
        dry_run: DryRun = False,
        yes: Yes = False,
    ) -> int:
        """Put archived rows back into their table, or into one beside it: all of the range or nothing."""
        from dbopt.archive import restore as restoring
        from dbopt.output import archive as output
        from dbopt.output.progress import bar

        check_format(run, dry_run)
        asked = restoring.Asked(lower, upper, into)
        chosen = one(run, policy)
        with run.connect() as session:
            todo = restoring.plan(session, chosen, asked)
            if dry_run:
                return show_script(run, output.joined(restoring.statements(todo)))
            for text in output.differences(todo.lost, todo.gained):
                run.note(text)
            if not run.confirm(f"Restore about {todo.rows:,} rows into {todo.target} of {session.database}?", yes):
                return 0
            with bar(quiet=run.quiet) as on_file:
                done = restoring.restore(session, chosen, asked, on_file, run.note)
        run.emit(output.restored(done))
        return 0
