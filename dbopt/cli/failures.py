"""What a command over a workload says of the statements that failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dbopt.cli.command import Run
from dbopt.errors import QueryFailed


class Result(Protocol):
    """What a feature found for one statement."""

    @property
    def label(self) -> str: ...

    @property
    def error(self) -> str | None: ...

    @property
    def hint(self) -> str | None: ...


def remark_failures(run: Run, results: Sequence[Result]) -> None:
    """One line on stderr for each statement that failed, where there are several."""
    for one in results if len(results) > 1 else ():
        if one.error:
            run.note(f"{one.label}: {one.error}")


def nothing_done(done: str, results: Sequence[Result]) -> QueryFailed:
    """The error of a command to which not a single statement gave a result: of a single one, what is wrong with it."""
    if len(results) == 1:
        return QueryFailed(results[0].error, hint=results[0].hint)
    return QueryFailed(f"not one of the {len(results)} statements could be {done}", hint=results[0].hint)
