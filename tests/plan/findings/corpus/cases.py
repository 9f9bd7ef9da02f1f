"""The cases as their files say them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
_SECTIONS = ("given", "statement", "mended", "cure")
_HEADER = re.compile(r"-- (?P<name>[a-z ]+): (?P<value>.*)")


@dataclass(frozen=True)
class Case:
    """A statement on a database. `expects` are the rules that find something, each once; none: a healthy plan.
    `given` is the SQL that makes the database what it is, after base.sql; `parameters` are sets of values; `planned`:
    it is planned and not run; `settings` hold for the session. `mended` is the statement after the remedy, where the
    finding's own SQL does not carry it out, `cure` SQL that then does; `majors` are the servers that can have such a
    plan.
    """

    rule: str
    title: str
    expects: tuple[str, ...]
    given: str
    statement: str
    mended: str = ""
    parameters: tuple[tuple[str, ...], ...] = ()
    planned: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    majors: tuple[int, ...] = (15, 18)
    cure: str = ""

    @property
    def name(self) -> str:
        return re.sub(r"\W+", "-", f"{self.rule} {self.title}".lower()).strip("-")


def load() -> tuple[Case, ...]:
    """All cases, in the order of their files. Raises ValueError for a file that is not written as they are."""
    found = [
        _case(path.stem, text)
        for path in sorted((HERE / "cases").glob("*.sql"))
        for text in re.split(r"^-- # ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
    ]
    names = [case.name for case in found]
    if len(set(names)) < len(names):
        raise ValueError(f"twice: {sorted({name for name in names if names.count(name) > 1})}")
    return tuple(found)


def _case(rule: str, text: str) -> Case:
    head, *parts = re.split(r"^-- ## ", text, flags=re.MULTILINE)
    title, *lines = head.strip().split("\n")
    headers = {match["name"]: match["value"] for line in lines if (match := _HEADER.fullmatch(line)) is not None}
    sections = {name.strip(): body.strip() for name, body in (part.split("\n", 1) for part in parts)}
    if len(headers) != len(lines) or "expects" not in headers or not sections.keys() <= set(_SECTIONS):
        raise ValueError(f"{rule}: {title}: a case has lines like `-- expects: seq-scan`, and `-- ## statement`")
    expects = () if headers["expects"] == "nothing" else tuple(headers["expects"].split(", "))
    return Case(
        rule=rule,
        title=title,
        expects=expects,
        given=sections.get("given", ""),
        statement=sections["statement"].rstrip(";"),
        mended=sections.get("mended", "").rstrip(";"),
        parameters=tuple(tuple(one.split(", ")) for one in headers.get("parameters", "").split(" | ") if one),
        planned="planned" in headers,
        settings=dict(one.split(" = ") for one in headers.get("settings", "").split("; ") if one),
        majors=tuple(int(one) for one in headers.get("servers", "15, 18").split(", ")),
        cure=sections.get("cure", ""),
    )
