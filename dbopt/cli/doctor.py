"""dbopt doctor"""

from __future__ import annotations

import typer

from dbopt.cli.command import TABULAR, Format, Run, command


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL))
    def doctor(run: Run) -> int:
        """Show what works on this server for this role, what does not, and the SQL that mends it."""
        from dbopt.doctor.examine import examine
        from dbopt.output.doctor import report

        with run.connect() as session:
            diagnosis = examine(session)
        run.emit(report(diagnosis))
        return 0 if diagnosis.is_healthy else 1
