"""What the commands of `dbopt partition` share: the SQL before a change, and the question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dbopt.cli.change import show_script
from dbopt.cli.command import Run

if TYPE_CHECKING:
    from dbopt.partition.change import Change


def show(run: Run, changes: Sequence[Change]) -> int:
    """Print what would be run."""
    from dbopt.partition.change import script

    return show_script(run, script(changes))


def agreed(run: Run, changes: Sequence[Change], database: str, yes: bool) -> bool:
    """Whether to go on with it; nobody is asked about nothing. Raises ConfirmationRequired."""
    from dbopt.partition.change import script

    if yes or not changes:
        return True
    run.note(script(changes))
    return run.confirm(f"Run this on database {database}?", yes)
