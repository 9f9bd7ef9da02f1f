"""A check as workflow commands of GitHub Actions: annotations on the lines of a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dbopt.check.model import Check, Checked
from dbopt.output.check import words
from dbopt.output.texts import line

Level = Literal["error", "warning", "notice"]
_LEVELS: dict[str, Level] = {"regression": "error", "error": "error", "inconclusive": "warning"}
_SHOWN = {"error": 10, "warning": 10, "notice": 9}
"""GitHub shows ten annotations of each level per step; the tenth notice is the summary."""
_MESSAGE = 4000  # characters: GitHub cuts longer ones


@dataclass(frozen=True)
class Annotation:
    level: Level
    title: str
    message: str
    place: words.Place | None = None

    def __str__(self) -> str:
        where = {"file": self.place.path, "line": str(self.place.line)} if self.place else {}
        properties = {**where, "title": self.title}
        listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        return f"::{self.level} {listed}::{_data(self.message[:_MESSAGE])}"

    @property
    def plain(self) -> str:
        """The annotation as a line of the log that is no command."""
        return f"{self.level}: {self.title}: {line(self.message)}"


def text(check: Check) -> str:
    """The annotations, worst first and at most as many as are shown; then, as plain lines, the others; then the counts
    as a last annotation and a last line.
    """
    shown: list[str] = []
    others: list[str] = []
    number: Counter[str] = Counter()
    for one in _annotations(check):
        number[one.level] += 1
        if number[one.level] <= _SHOWN[one.level]:
            shown.append(str(one))
        else:
            others.append(one.plain)
    summary = words.summary(check)
    return "\n".join([*shown, *others, str(Annotation("notice", "dbopt check", summary)), summary]) + "\n"


def _annotations(check: Check) -> Iterator[Annotation]:
    for sentence in check.stale:
        yield Annotation("error", "stale baseline", line(sentence))
    for sentence in check.remarks:
        yield Annotation("warning", "dbopt check", line(sentence))
    for one in words.ordered(check):
        if one.verdict != "pass":
            yield _annotation(one)


def _annotation(one: Checked) -> Annotation:
    reasons = [words.reason_text(reason) for reason in one.reasons]
    message = "\n".join([*reasons, *words.figures(one)]) or one.verdict
    title = f"{one.verdict}: {words.heading(one)}"
    return Annotation(_LEVELS.get(one.verdict, "notice"), title, message, words.place(one))


def _data(content: str) -> str:
    """As the runner unescapes a command's message."""
    return content.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(content: str) -> str:
    """As the runner unescapes a command's property."""
    return _data(content).replace(":", "%3A").replace(",", "%2C")
