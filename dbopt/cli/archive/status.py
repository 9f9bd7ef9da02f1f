"""dbopt archive status"""

from __future__ import annotations

import typer

from dbopt.cli.archive.shared import Names, policies
from dbopt.cli.command import Run, command


def register(app: typer.Typer) -> None:
    @command(app)
    def status(run: Run, policy: Names = None) -> int:
        """Show by policy what is hot and what is archived, the last run, and how far it is behind."""
        from dbopt.archive.status import status as found_status
        from dbopt.output import archive as output

        chosen, _ = policies(run, policy)
        with run.connect() as session:
            found = found_status(session, chosen)
        run.emit(output.status(found))
        for one in found.policies:
            if one.problem:
                run.note(f"{one.name}: {one.problem}")
        return 0
