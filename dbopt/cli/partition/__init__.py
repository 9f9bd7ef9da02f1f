"""dbopt partition: one file per command."""

from __future__ import annotations

import typer

from dbopt.cli.command import group


def register(main: typer.Typer) -> None:
    app = group("Make partition sets, convert to them, and keep them up.")
    main.add_typer(app, name="partition")
