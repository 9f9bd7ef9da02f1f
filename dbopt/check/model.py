"""What the gate found: the file format dbopt.check/1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

Verdict = Literal["pass", "regression", "improvement", "new", "removed", "inconclusive", "error"]
Effect = Literal["regression", "inconclusive", "improvement", "note"]


@dataclass(frozen=True)
class Reason:
    """One thing that a rule saw: the rule's name (kebab-case, stable), what it means for the verdict, and a sentence
    for people that begins in lower case and has no full stop.
    """

    rule: str
    effect: Effect
    message: str


@dataclass(frozen=True)
class Timed:
    """An A/B run of the statement: the baseline's text and the current one, interleaved. Lower quartiles in ms, which
    load on the machine moves least; the interval is that of their `ratio`, after over before: above 1 is slower. `p` is
    that of the Mann-Whitney test, `runs` the number on each side.
    """

    before_ms: float
    after_ms: float
    ratio: float
    ci_low: float
    ci_high: float
    p: float
    runs: int


@dataclass(frozen=True)
class Cause:
    """What moved a plan: any of schema, statistics, settings, server version, query. `message` is a sentence."""

    moved_by: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Checked:
    """One statement. `reasons` come worst first. `plan_diff` are the lines of a unified diff of the plans' outlines,
    empty where they are equal. `was` is the statement's former name or, where its text changed, former fingerprint.
    `location` is file:line of the statement where it is known.
    """

    id: str
    name: str | None
    verdict: Verdict
    reasons: tuple[Reason, ...]
    cost_before: float | None
    cost_after: float | None
    shape_before: str | None
    shape_after: str | None
    plan_diff: tuple[str, ...] = ()
    was: str | None = None
    location: str | None = None
    timing: Timed | None = None
    cause: Cause | None = None
    sql: str | None = None

    @property
    def label(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class Check:
    """The outcome of a run. `verdict` is regression where any statement has it; else error where any has it or the
    baseline is stale; else inconclusive; else pass. `server_version` is the version whose plans are checked: that of
    the snapshot's source. `stale` says in sentences what the baseline no longer fits. `baseline` and `snapshot` are
    names of files.
    """

    SCHEMA: ClassVar[str] = "dbopt.check/1"
    WRITTEN_BY: ClassVar[str] = "dbopt check --format json"

    verdict: Verdict
    server_version: str
    statements: tuple[Checked, ...]
    stale: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    baseline: str | None = None
    snapshot: str | None = None

    def count(self, verdict: Verdict) -> int:
        return sum(one.verdict == verdict for one in self.statements)

    @property
    def exit_code(self) -> int:
        """As in docs/reference.md: 1 a regression, 3 an error or a stale baseline, 4 inconclusive, else 0."""
        return {"regression": 1, "error": 3, "inconclusive": 4}.get(self.verdict, 0)


def overall(statements: tuple[Checked, ...], stale: tuple[str, ...]) -> Verdict:
    """The verdict of the whole run."""
    found = {one.verdict for one in statements}
    if "regression" in found:
        return "regression"
    if "error" in found or stale:
        return "error"
    return "inconclusive" if "inconclusive" in found else "pass"
