"""What a capture gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dbopt.workload.model import Workload


@dataclass(frozen=True)
class Captured:
    """A workload, and what there is to say about what was left out of it. `left_out` counts that by reason, `too_few`
    the statements that limits on calls and times left out; `commands` are the first words of the utility commands.
    """

    workload: Workload
    notes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    too_few: int = 0

    @property
    def why_nothing(self) -> str:
        """Where there is no statement, what helps; empty where that is not known."""
        if self.too_few:
            left = "one statement" if self.too_few == 1 else f"{self.too_few:,} statements"
            return f"lower --min-calls and --min-mean-ms: they leave out {left}"
        found = ", ".join(f"{count:,} x {reason}" for reason, count in sorted(self.left_out.items()))
        return f"all that was found is left out: {found}" if found else ""


def notes_on(left_out: Mapping[str, int]) -> Iterator[str]:
    """A remark on each reason."""
    for reason, count in sorted(left_out.items()):
        yield f"left out: {count} x {reason}"
