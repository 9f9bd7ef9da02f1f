"""More of a table's partitions are read than before, by more than the number of partitions has grown."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.check.case import Case
from dbopt.check.facts import Facts
from dbopt.check.model import Reason

NAME = "lost-pruning"
_FACTOR = 1.5


def check(case: Case) -> Iterator[Reason]:
    for relation in case.relations:
        old, new = case.tables_before.get(relation), case.tables_after.get(relation)
        if old is None or new is None or not old.partitions or not new.partitions:
            continue
        before, after = _most(case, case.before, relation), _most(case, case.after, relation)
        if before == 0 or after < before + 2 or after / new.partitions <= _FACTOR * before / old.partitions:
            continue
        yield Reason(
            NAME,
            "regression",
            f"{after} of {new.partitions} partitions of {relation} are read; they were {before} of {old.partitions}",
        )


def _most(case: Case, side: Facts, relation: str) -> int:
    """Partitions that the widest read of the table reads, all its ways of reading together."""
    return sum(read.partitions or 1 for read in case.reads(side, relation))
