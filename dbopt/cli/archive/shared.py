"""What the commands of `dbopt archive` share: the policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import Run

if TYPE_CHECKING:
    from dbopt.archive.policy import Policy

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[POLICY]...", help="Default: all sections [[archive]] of dbopt.toml.")
]


def policies(run: Run, names: list[str] | None) -> tuple[tuple[Policy, ...], tuple[Policy, ...]]:
    """Those that are asked for, and all. Raises ConfigurationError, UsageError."""
    from dbopt import config
    from dbopt.archive import policy

    found = policy.read(config.load(run.config))
    return policy.named(found, tuple(names or ())), found


def one(run: Run, name: str) -> Policy:
    """The policy of this name."""
    return policies(run, [name])[0][0]
