"""dbopt compare"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dbopt.cli.command import TABULAR, Format, Run, command, require_place
from dbopt.errors import NothingToDo


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.HTML))
    def compare(
        run: Run,
        before: Annotated[str, typer.Argument(metavar="BEFORE", help="A file of `dbopt measure`; - is stdin.")],
        after: Annotated[str, typer.Argument(metavar="AFTER", help="Another one of the same workload.")],
        html: Annotated[
            Path | None, typer.Option("--html", metavar="FILE", help="Write a report as one HTML page, too.")
        ] = None,
        advice: Annotated[
            str | None, typer.Option("--advice", metavar="FILE", help="What `dbopt suggest` wrote, for the page.")
        ] = None,
    ) -> int:
        """Compare two measurements: exit code 1 if a statement became slower, 4 if the noise hides everything."""
        from dbopt import documents
        from dbopt.index.advice import Advice
        from dbopt.output import timing
        from dbopt.timing.compare import compare
        from dbopt.timing.model import Timings

        require_place(html, "--html")
        earlier, later = documents.read(Timings, before), documents.read(Timings, after)
        if not earlier.statements and not later.statements:
            raise NothingToDo("there is no statement in either file")
        comparison = compare(earlier, later)
        report = timing.compared(comparison, earlier, later, documents.read(Advice, advice) if advice else None)
        run.emit(report)
        run.keep_page(report, html)
        verdicts = {one.verdict for one in comparison.statements}
        if "slower" in verdicts:
            return 1
        return 4 if verdicts <= {"inconclusive"} else 0
