"""dbopt partition: one file per command."""

from __future__ import annotations

import typer

from dbopt.cli.command import group
from dbopt.cli.partition import list as list_sets
from dbopt.cli.partition import maintain


def register(main: typer.Typer) -> None:
    app = group("Make partition sets, convert to them, and keep them up.")
    main.add_typer(app, name="partition")
    list_sets.register(app)
    maintain.register(app)
