"""The peers of the gate, pgplan and dataxplan: how to ask each of them to compare two plans, and what it says.

Both take two files of EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) and judge them by the execution time of that one run (by
the planner's cost where it was not run), 5 % being significant. Both exit 0 whatever they find, so that the verdict is
read from their JSON. `make bench` installs them from .lock/peers.txt into an environment of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Opinion = Literal["regressed", "improved", "same"]

DIRECTORY = Path(os.environ.get("DBOPT_PEERS", Path(__file__).parents[2] / ".venv-peers")) / "bin"


@dataclass(frozen=True)
class Peer:
    """`arguments` ask for the comparison as JSON; `verdict` finds it there; `opinions` are the words it can be."""

    name: str
    arguments: Callable[[Path, Path], list[str | Path]]
    verdict: Callable[[Any], str]
    opinions: dict[str, Opinion]

    def command(self, before: Path, after: Path) -> list[str | Path]:
        return [self.program, *self.arguments(before, after)]

    @property
    def program(self) -> Path:
        program = DIRECTORY / self.name
        if not program.exists():
            raise SystemExit(f"{self.name} is not installed: make .venv-peers/stamp")
        return program

    def opinion(self, before: Path, after: Path) -> Opinion:
        """What the peer says of two files. Raises CalledProcessError where it cannot read them."""
        answer = subprocess.run(self.command(before, after), check=True, capture_output=True, text=True)
        return self.opinions[self.verdict(json.loads(answer.stdout))]


PGPLAN = Peer(
    "pgplan",
    lambda before, after: ["compare", "--format", "json", before, after],
    lambda answer: str(answer["Summary"]["Verdict"]),
    {
        "slower and more expensive": "regressed",
        "cheaper but slower execution": "regressed",
        "slower": "regressed",
        "more expensive": "regressed",
        "faster and cheaper": "improved",
        "faster but higher estimated cost": "improved",
        "faster": "improved",
        "cheaper": "improved",
        "no significant change": "same",
    },
)
DATAXPLAN = Peer(
    "dataxplan",
    lambda before, after: [before, "--compare", after, "--json"],
    lambda answer: str(answer["verdict"]),
    {"regressed": "regressed", "improved": "improved", "similar": "same"},
)
PEERS = (PGPLAN, DATAXPLAN)
