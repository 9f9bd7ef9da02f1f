"""Which needless indexes may really go: the workload is planned without each, on top of the new indexes."""

from __future__ import annotations

from dbopt.errors import FeatureMissing
from dbopt.index.advice import DropAdvice
from dbopt.index.costs import Configuration
from dbopt.index.existing import Needless, needless
from dbopt.index.questions import Question, Questions, answer
from dbopt.index.what_if import WhatIf
from dbopt.postgres.schema import Catalog

TOLERANCE = 0.10  # how much dearer one statement may become: a wider index has more pages


def advise_drops(
    questions: Questions, chosen: Configuration, catalog: Catalog, what_if: WhatIf
) -> tuple[DropAdvice, ...]:
    """The drops that make no statement of the workload noticeably dearer, each checked together with those before."""
    used = frozenset(name for question in questions.asked for name in question.indexes_read)
    hidden: list[str] = []
    advised = []
    for found in needless(catalog, used):
        verdict = _check(found, hidden, questions, chosen, what_if)
        if verdict is None:
            continue
        hidden += [found.index.sql_name] if verdict else []
        advised.append(_advice(found, verdict, catalog))
    return tuple(advised)


def _check(
    found: Needless, hidden: list[str], questions: Questions, chosen: Configuration, what_if: WhatIf
) -> bool | None:
    """True: planned without it, and fine. False: the backend cannot hide it. None: a statement needs it."""
    if found.kind == "invalid":
        return False
    for question in questions.asked:
        if found.index.table not in question.tables:
            continue
        try:
            before = _cost(question, chosen, hidden, what_if)
            after = _cost(question, chosen, [*hidden, found.index.sql_name], what_if)
        except FeatureMissing:
            return False
        if after > before * (1 + TOLERANCE):
            return None
    return True


def _cost(question: Question, chosen: Configuration, hidden: list[str], what_if: WhatIf) -> float:
    return answer(question, what_if, [index for index in chosen if question.may_use(index)], hidden).cost


def _advice(found: Needless, checked: bool, catalog: Catalog) -> DropAdvice:
    index = found.index
    relation = catalog.find(*index.table)
    concurrently = "" if relation is not None and relation.kind == "p" else "CONCURRENTLY "
    proof = " The workload was planned without it: nothing becomes dearer." if checked else ""
    return DropAdvice(
        index=index.sql_name,
        sql=f"DROP INDEX {concurrently}IF EXISTS {index.sql_name}",
        undo_sql=_concurrently(index.definition) if concurrently else index.definition.replace(" ON ONLY ", " ON ", 1),
        size_bytes=index.size_bytes,
        reason=found.reason + proof,
        kind=found.kind,
    )


def _concurrently(definition: str) -> str:
    return definition.replace("CREATE INDEX ", "CREATE INDEX CONCURRENTLY ", 1)
