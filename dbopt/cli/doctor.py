"""dbopt doctor"""

from __future__ import annotations

import typer

from dbopt.cli.command import Run, command


def register(app: typer.Typer) -> None:
    @command(app)
    def doctor(run: Run) -> int:
        """Show what works on this server for this role, what does not, and the SQL that mends it."""
        with run.connect() as session:
            run.note(session.server_version)
        return 0
