"""The cases of the corpus as their files say them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "corpus"
SCHEMA = (HERE / "schema.sql").read_text("utf-8")
_TRAP = re.compile(r"-- refuses: (?P<rule>[a-z-]+): (?P<reason>.+)")


@dataclass(frozen=True)
class Case:
    """A statement. `offers` are the rules of the rewrite that is to be offered; `refuses` a rule that is to make
    nothing of it, and a part of the reason.
    """

    title: str
    sql: str
    offers: tuple[str, ...] = ()
    refuses: tuple[str, str] | None = None
    values: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")


def load(file: str) -> tuple[Case, ...]:
    """The cases of a file, in order. Raises ValueError for one that is not written as they are."""
    text = (HERE / f"{file}.sql").read_text("utf-8")
    found = [_case(part, file) for part in re.split(r"^-- # ", text, flags=re.MULTILINE)[1:]]
    titles = [case.title for case in found]
    if len(set(titles)) < len(titles):
        raise ValueError(f"{file}: two cases have one title")
    return tuple(found)


def _case(text: str, file: str) -> Case:
    title, *lines = text.rstrip().splitlines()
    remarks = [line for line in lines if line.startswith("-- ")]
    sql = "\n".join(line for line in lines if not line.startswith("--")).strip()
    given: dict[str, str] = {}
    for remark in remarks:
        key, _, value = remark.removeprefix("-- ").partition(": ")
        given[key] = value
    values = tuple(value.strip() for value in given["values"].split("|")) if "values" in given else ()
    trap = next((match for remark in remarks if (match := _TRAP.fullmatch(remark))), None)
    if not sql or not given.keys() <= {"offers", "refuses", "values"} or (file == "traps") != (trap is not None):
        raise ValueError(f"{file}: {title}: a case has a statement, and a line like `-- offers: needless-join`")
    offers = tuple(given["offers"].split(", ")) if "offers" in given else ()
    return Case(title, sql, offers, (trap["rule"], trap["reason"]) if trap else None, values)


OFFERED, NOTHING, TRAPS = load("offered"), load("nothing"), load("traps")
