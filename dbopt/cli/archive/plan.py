"""dbopt archive plan"""

from __future__ import annotations

import typer

from dbopt.cli.archive.shared import Names, policies
from dbopt.cli.command import TABULAR, Format, Run, command


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL))
    def plan(run: Run, policy: Names = None) -> int:
        """Show what a run would do: partitions or rows, bytes, statements, locks, time.

        Exit code 3 where something stands in the way of a policy.
        """
        from dbopt.archive.plan import plan as planned
        from dbopt.output import archive as output

        chosen, known = policies(run, policy)
        with run.connect() as session:
            found = planned(session, chosen, known)
        run.emit(output.plan(found))
        for text in output.remarks(found):
            run.note(text)
        return 3 if any(one.obstacles for one in found.policies) else 0
