"""dbopt archive: one file per command."""

from __future__ import annotations

import typer

from dbopt.cli.archive import plan, query, restore, run, status, verify
from dbopt.cli.command import group


def register(main: typer.Typer) -> None:
    app = group("Move old rows to verified files, query them, and bring them back.")
    plan.register(app)
    run.register(app)
    status.register(app)
    verify.register(app)
    query.register(app)
    restore.register(app)
    main.add_typer(app, name="archive")
