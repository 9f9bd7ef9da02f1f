"""dbopt partition: one file per command."""

from __future__ import annotations

import typer

from dbopt.cli.command import group
from dbopt.cli.partition import convert, create, suggest, undo


def register(main: typer.Typer) -> None:
    app = group("Make partition sets, convert to them, and keep them up.")
    convert.register(app)
    create.register(app)
    suggest.register(app)
    undo.register(app)
    main.add_typer(app, name="partition")
