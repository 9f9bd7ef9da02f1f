"""The cases as their files say them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests import tpch

HERE = Path(__file__).parent
Kind = Literal["regression", "harmless"]
_FOLDERS: dict[str, Kind] = {"regressions": "regression", "harmless": "harmless"}
_SECTIONS = ("given", "before", "change", "after")
_HEADER = re.compile(r"-- (?P<database>demo|tpch)(?P<unnamed>, unnamed)?(?:: (?P<rules>[a-z, -]+))?")


@dataclass(frozen=True)
class Case:
    """A change to statements, to the database, or to both. `given` is what the database has beyond its own before;
    `change` is SQL that runs between. `rules` are the gate's rules of which at least one should see a regression.
    """

    title: str
    kind: Kind
    database: str
    before: str
    after: str
    given: str = ""
    change: str = ""
    rules: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")

    @property
    def changes_database(self) -> bool:
        return bool(self.given or self.change)


def load() -> tuple[Case, ...]:
    """All cases: the regressions, then the harmless ones, in the order of their files. Raises ValueError for a file
    that is not written as they are.
    """
    found = [
        _case(text, kind, path)
        for folder, kind in _FOLDERS.items()
        for path in sorted((HERE / folder).glob("*.sql"))
        for text in re.split(r"^-- # ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
    ]
    titles = [case.title for case in found]
    twice = {title for title in titles if titles.count(title) > 1}
    if twice:
        raise ValueError(f"more than one case is called {', '.join(sorted(twice))}")
    return tuple(found)


def _case(text: str, kind: Kind, path: Path) -> Case:
    head, *parts = re.split(r"^-- ## ", text, flags=re.MULTILINE)
    title, header = head.strip().split("\n")
    read = _HEADER.fullmatch(header)
    sections = dict(_section(part) for part in parts)
    if read is None or "before" not in sections or not sections.keys() <= set(_SECTIONS):
        raise ValueError(f"{path.name}: {title}: a case has a line like `-- demo: lost-index`, and `-- ## before`")
    rules = frozenset((read["rules"] or "").split(", ")) - {""}
    if bool(rules) != (kind == "regression"):
        raise ValueError(f"{path.name}: {title}: a regression names the rules that should see it, nothing else does")
    name = "" if read["unnamed"] else "-- name: the-query\n"
    before = _statements(sections["before"], name)
    return Case(
        title=title,
        kind=kind,
        database=read["database"],
        before=before,
        after=_statements(sections["after"], name) if "after" in sections else before,
        given=sections.get("given", ""),
        change=sections.get("change", ""),
        rules=rules,
    )


def _section(part: str) -> tuple[str, str]:
    name, text = part.split("\n", 1)
    return name.strip(), text.strip()


def _statements(text: str, name: str) -> str:
    """`Q7` stands for that query of TPC-H. Statements that have no name of their own get one."""
    query = re.fullmatch(r"Q(\d+)", text)
    if query is not None:
        text = (tpch.HERE / "queries" / f"{int(query[1]):02}.sql").read_text("utf-8").strip()
    return text if "-- name:" in text else name + text
