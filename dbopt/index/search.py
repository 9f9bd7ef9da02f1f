"""The search of an advisor that has ended: what was asked, what is known of it, and the set of indexes that it chose.
Whatever is told of the advice afterwards is read off here.
"""

from __future__ import annotations

from dataclasses import dataclass

from dbopt.index.candidates import Allowed
from dbopt.index.costs import Configuration
from dbopt.index.harvest import Harvest
from dbopt.index.model import Index
from dbopt.index.naming import Names
from dbopt.index.problem import Problem
from dbopt.index.questions import Questions
from dbopt.index.what_if import WhatIf
from dbopt.postgres.schema import Catalog
from dbopt.workload.model import Workload


@dataclass(frozen=True)
class Search:
    """`names` are those that the chosen indexes will have; `allowed` is what any new index may be like."""

    workload: Workload
    catalog: Catalog
    what_if: WhatIf
    questions: Questions
    problem: Problem
    harvest: Harvest
    chosen: Configuration
    names: dict[Index, str]
    allowed: Allowed


def names_of(chosen: Configuration, catalog: Catalog) -> dict[Index, str]:
    """A name for each, given in one order."""
    names = Names(catalog)
    return {index: names.choose(index) for index in sorted(chosen)}
