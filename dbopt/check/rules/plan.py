"""The plan is another one, at about the same cost."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import Case
from dbopt.check.model import Reason

NAME = "plan"


def check(case: Case) -> Iterator[Reason]:
    if not case.same_shape and not case.costs_more and not case.costs_less:
        yield Reason(NAME, "note", "the plan is another one, at about the same cost")
