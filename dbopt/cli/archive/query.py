"""dbopt archive query"""

from __future__ import annotations

from typing import Annotated

import typer

from dbopt.cli.command import Run, command


def register(app: typer.Typer) -> None:
    @command(app)
    def query(
        run: Run,
        sql: Annotated[str, typer.Argument(metavar="SQL", help="A SELECT of PostgreSQL; - is stdin.")],
        cold: Annotated[bool, typer.Option("--cold", help="Of archived tables the archive alone.")] = False,
        max_rows: Annotated[
            int | None, typer.Option("--max-rows", min=1, metavar="N", help="Show at most so many rows.")
        ] = None,
    ) -> int:
        """Ask one question of archived rows and of those that are in their table still, as if none had left.

        Archived rows are read by DuckDB in this process; functions that it has no counterpart for are refused.
        """
        from dbopt import config, documents
        from dbopt.archive import policy
        from dbopt.archive.query.run import Asked
        from dbopt.archive.query.run import query as ask
        from dbopt.output import archive_query as output

        text = documents.read_text("-") if sql == "-" else sql
        known = policy.read(config.load(run.config))
        with run.connect() as session:
            found = ask(session, known, text, Asked(cold, max_rows))
        for note in found.notes:
            run.note(note)
        if found.is_cut:
            run.note(f"there are more rows than the {len(found.rows):,} shown")
        run.emit(output.report(found))
        return 0
