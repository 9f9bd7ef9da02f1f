"""The gate: what is checked, what with, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dbopt import documents
from dbopt.check.baseline import Baseline, Key
from dbopt.check.compare import TOLERANCE, Comparison
from dbopt.check.ignored import fits
from dbopt.check.observe import Observer, OnProgress
from dbopt.check.validate import require_sound
from dbopt.errors import FileMissing, NothingToDo
from dbopt.workload.commands import is_command
from dbopt.workload.model import Workload


@dataclass(frozen=True)
class Chosen:
    """The statements that are checked, and remarks on those that are not."""

    workload: Workload
    remarks: tuple[str, ...]


def choose(workload: Workload, ignored: Sequence[str] = ()) -> Chosen:
    """Each statement once, without commands, which have no plan, and without those whose name or id fits a pattern of
    `ignored`, as in `report_*`. Raises NothingToDo where none is left.
    """
    different = {(one.id, one.name, one.sql): one for one in workload.statements}.values()
    planned = [one for one in different if not is_command(one.sql)]
    kept = [one for one in planned if not fits(one, ignored)]
    remarks = [
        f"left out: {count} {what}"
        for count, what in (
            (len(different) - len(planned), "utility commands, which have no plan"),
            (len(planned) - len(kept), "statements by --ignore"),
        )
        if count
    ]
    if not kept:
        raise NothingToDo("not a single statement is left to check", hint="; ".join(remarks) or None)
    return Chosen(replace(workload, statements=tuple(kept)), tuple(remarks))


def load_baseline(path: Path) -> Baseline:
    """Read a baseline. Raises FileMissing with what to do, CorruptDocument or UnsupportedDocument."""
    try:
        baseline = documents.read(Baseline, str(path))
    except FileMissing:
        raise FileMissing(
            f"there is no baseline {path}: nothing was checked", hint="`dbopt check ... --update` writes it"
        ) from None
    require_sound(baseline, str(path))
    return baseline


@dataclass(frozen=True)
class Gate:
    """One run: the workload, the tolerance, and what to be told while it goes on."""

    workload: Workload
    tolerance: float = TOLERANCE
    on_progress: OnProgress | None = None

    def completed(self, observer: Observer) -> Gate:
        """The same, with values for the parameters as this observer draws them where the workload has none."""
        return replace(self, workload=replace(self.workload, statements=observer.completed(self.workload.statements)))

    def observe(self, observer: Observer) -> Baseline:
        """The present, as this observer sees it."""
        return observer.observe(self.workload, self.on_progress)

    def compare(self, before: Baseline, after: Baseline, *, accepted: bool = True) -> Comparison:
        """How the present compares with a baseline or, if it was never `accepted` as one, with a former state. Raises
        NothingToDo for a baseline that knows none of the statements.
        """
        comparison = Comparison(before, after, self.tolerance, self._locations(), accepted)
        if before.statements and not any(one.before and one.after for one in comparison.pairs):
            raise NothingToDo(
                f"the baseline knows none of the {len(after.statements)} statements",
                hint="it is that of another workload: name another, or delete it for --update to write it anew",
            )
        return comparison

    def _locations(self) -> dict[Key, str]:
        """By the key that a statement has in a baseline, where its text is lines."""
        known = [one for one in self.workload.statements if one.location]
        return {(one.id, one.name, "\n".join(one.sql.splitlines())): one.location or "" for one in known}


def require_plans(present: Baseline) -> None:
    """Refuse to accept a present without a single plan. Raises NothingToDo."""
    if all(one.error for one in present.statements):
        raise NothingToDo(
            f"none of the {len(present.statements)} statements plans; the first: {present.statements[0].error}",
            hint="are workload and database of the same schema?",
        )
