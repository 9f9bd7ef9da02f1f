"""What a capture gives back."""

from __future__ import annotations

from dataclasses import dataclass

from dbopt.workload.model import Workload


@dataclass(frozen=True)
class Captured:
    """A workload, and what there is to say about what was left out of it. `commands` are the first words of the utility
    commands among that.
    """

    workload: Workload
    notes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
