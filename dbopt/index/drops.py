"""Which needless indexes may really go: the workload is planned without each, on top of the new indexes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from dbopt.errors import FeatureMissing
from dbopt.index.advice import DropAdvice
from dbopt.index.existing import Needless, as_new, needless, parts
from dbopt.index.model import Index
from dbopt.index.thrift import MIN_SHARE_OF_REPEATED
from dbopt.index.trials import Planned, Trials
from dbopt.postgres.schema import Catalog, ExistingIndex

TOLERANCE = 0.10  # how much dearer one statement may become: a wider index has more pages
PLANNED = " The workload was planned without it: nothing becomes dearer."
DEARER = " The workload was planned without it: {:.0f} % on one statement is not worth a second index with these keys."
UNREAD = " No plan of this workload reads it: nothing becomes dearer."

WriteCost = Callable[[Index], float]


def advise_drops(trials: Trials, names: Mapping[Index, str], write_cost: WriteCost) -> tuple[DropAdvice, ...]:
    """The drops that make no statement of the workload noticeably dearer, each checked together with those before.
    `names` are those of the new indexes.
    """
    used = frozenset(name for question in trials.asked for name in question.indexes_read)
    advised = []
    for found in needless(trials.catalog, used, trials.chosen):
        proof = _proof(found, trials)
        if proof is not None:
            after = names.get(found.after, "") if found.after is not None else ""
            advised.append(drop(found, proof, trials.catalog, write_cost, after))
    return tuple(advised)


def _proof(found: Needless, trials: Trials) -> str | None:
    """A sentence that says what shows that it may go; empty where the backend cannot hide it. None: a statement needs
    it.
    """
    if found.kind == "invalid":
        return ""
    try:
        changed = without(found, trials)
    except FeatureMissing:
        return None if found.after is not None else ""
    if changed is None:
        return None
    dearest = max(
        (planned.cost / max(trials.now(number).cost, 0.01) for number, planned in changed.items()), default=1.0
    )
    trials.settle([found.index], changed)
    if not changed:
        return "" if found.kind == "unused" else UNREAD
    return PLANNED if dearest <= 1 + TOLERANCE else DEARER.format(100 * (dearest - 1))


def without(found: Needless, trials: Trials) -> dict[int, Planned] | None:
    """The plans that change if the index goes; None where a statement does not bear it. Raises FeatureMissing."""
    changed = trials.without([found.index])
    return changed if all(_bears(found, number, planned, trials) for number, planned in changed.items()) else None


def _bears(found: Needless, number: int, planned: Planned, trials: Trials) -> bool:
    """Whether the statement does without the index. Beside another that begins with its keys it must save what a new
    index like that must save.
    """
    now = trials.now(number).cost
    if planned.cost <= now * (1 + TOLERANCE):
        return True
    if found.kind != "redundant" or found.index.predicate:
        return False
    stands_in = [found.beside] if found.beside is not None else []
    neither = trials.again(number, [found.index, *stands_in], without=found.after).cost
    return math.isfinite(neither) and planned.cost - now < MIN_SHARE_OF_REPEATED * neither


def drop(found: Needless, proof: str, catalog: Catalog, write_cost: WriteCost, after: str = "") -> DropAdvice:
    """The drop of an index; `proof` is a sentence that follows the reason."""
    index = found.index
    relation = catalog.find(*index.table)
    concurrently = "" if relation is not None and relation.kind == "p" else "CONCURRENTLY "
    return DropAdvice(
        index=index.sql_name,
        sql=f"DROP INDEX {concurrently}IF EXISTS {index.sql_name}",
        undo_sql=_concurrently(index.definition) if concurrently else index.definition.replace(" ON ONLY ", " ON ", 1),
        size_bytes=size(index, catalog),
        reason=found.reason + proof,
        kind=found.kind,
        write_cost=write_cost(as_new(index)),
        after=after,
    )


def size(index: ExistingIndex, catalog: Catalog) -> int:
    """Bytes on disk, of all parts of a partitioned index."""
    return sum(part.size_bytes for part in parts(index, catalog))


def _concurrently(definition: str) -> str:
    return definition.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)
