"""What the forms of a check have in common: the order, the sentences, the places. Pure."""

from __future__ import annotations

import posixpath
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePath

from dbopt.check.model import Check, Checked, Reason, Verdict
from dbopt.output import units
from dbopt.output.texts import clean, line

FAILING: tuple[Verdict, ...] = ("regression", "error", "inconclusive")
ORDER: tuple[Verdict, ...] = (*FAILING, "improvement", "new", "removed", "pass")
_COUNTED = {"regression": "regressions", "error": "errors", "improvement": "improvements", "pass": "passed"}


def ordered(check: Check) -> list[Checked]:
    """The statements, worst first: by verdict, then by how much their cost grew."""
    return sorted(check.statements, key=lambda one: (ORDER.index(one.verdict), -(ratio(one) or 0.0)))


def ratio(one: Checked) -> float | None:
    """Cost after over cost before; None where one of them is not known."""
    if one.cost_before is None or one.cost_after is None:
        return None
    return one.cost_after / one.cost_before if one.cost_before else None


# -- sentences ---------------------------------------------------------------------------------------------------------


def heading(one: Checked) -> str:
    """The statement's name; without one, its fingerprint and the beginning of its text."""
    return line(one.name) if one.name else f"{one.id} {units.one_line(clean(one.sql or ''))}".strip()


def location(one: Checked) -> str:
    """Where the statement stands; nothing where that is not known, or is its name."""
    return "" if one.location is None or one.location == one.name else line(one.location)


def reason_text(reason: Reason) -> str:
    return f"{reason.rule}: {line(reason.message)}"


def cost(one: Checked) -> str | None:
    """How the planner's cost moved: "cost 8.44 -> 12,345 (1,463x)"; None where there is no plan on either side."""
    before, after = one.cost_before, one.cost_after
    if before is None and after is None:
        return None
    if before is None or after is None:
        return f"cost {units.cost(after)}" if after is not None else f"cost was {units.cost(before or 0.0)}"
    return f"cost {units.cost(before)} -> {units.cost(after)}{_moved(before, after)}"


def _moved(before: float, after: float) -> str:
    if before == after or not before or not after:
        return ""
    return f" ({units.factor(after / before)})" if after > before else f" ({units.factor(before / after)} less)"


def timing(one: Checked) -> str | None:
    """How the measured time moved, None where nothing was measured. How sure that is, the rule's reason says."""
    if one.timing is None:
        return None
    before, after = units.milliseconds(one.timing.before_ms), units.milliseconds(one.timing.after_ms)
    return f"time {before} -> {after}{_moved(one.timing.before_ms, one.timing.after_ms)}"


def figures(one: Checked) -> list[str]:
    """What there is to say of the statement besides its reasons."""
    was = f"formerly {line(one.was)}" if one.was else None
    cause = f"cause: {line(one.cause.message)}" if one.cause else None
    return [text for text in (was, cost(one), timing(one), cause) if text]


def counts(check: Check) -> str:
    """3 regressions, 1 improvement, 196 passed"""
    number = Counter(one.verdict for one in check.statements)
    parts = [_counted(verdict, number[verdict]) for verdict in ORDER if number[verdict]]
    return ", ".join(parts) or "no statement"


def _counted(verdict: Verdict, number: int) -> str:
    many = number != 1 or verdict == "pass"
    return f"{number} {_COUNTED.get(verdict, verdict) if many else verdict}"


def summary(check: Check) -> str:
    """The last line of a report."""
    return counts(check) + ("; the baseline is stale" if check.stale else "")


def origin(check: Check) -> str:
    """What was compared with what."""
    parts = [f"PostgreSQL {line(check.server_version)}"]
    parts += [f"snapshot {line(check.snapshot)}"] if check.snapshot else []
    parts += [f"baseline {line(check.baseline)}"] if check.baseline else []
    return ", ".join(parts)


def warnings(check: Check) -> list[str]:
    """What is to be said loudly: why the baseline is stale, and the remarks."""
    stale = [f"STALE BASELINE: {line(text)}" for text in check.stale]
    return stale + [f"REMARK: {line(text)}" for text in check.remarks]


# -- places ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A file, with `/` between the parts of its path, and a line in it (from 1)."""

    path: str
    line: int


def place(one: Checked) -> Place | None:
    """Where the statement stands; None where it is not known."""
    path, _, number = (one.location or "").rpartition(":")
    return Place(path_in_repository(path), int(number)) if path and number.isdecimal() and int(number) else None


def path_in_repository(path: str) -> str:
    """The path as CI systems want it: seen from the current directory, which is the repository's top there."""
    if PurePath(path).is_absolute() and PurePath(path).is_relative_to(Path.cwd()):
        path = PurePath(path).relative_to(Path.cwd()).as_posix()
    return posixpath.normpath(line(path))
