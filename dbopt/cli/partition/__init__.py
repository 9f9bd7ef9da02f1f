"""dbopt partition: one file per command."""

from __future__ import annotations

import typer

from dbopt.cli.command import group
from dbopt.cli.partition import convert, create, maintain, suggest, undo
from dbopt.cli.partition import list as list_sets


def register(main: typer.Typer) -> None:
    app = group("Make partition sets, convert to them, and keep them up.")
    suggest.register(app)
    create.register(app)
    convert.register(app)
    maintain.register(app)
    list_sets.register(app)
    undo.register(app)
    main.add_typer(app, name="partition")
