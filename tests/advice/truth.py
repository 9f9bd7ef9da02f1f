"""Whether the corpus is right: its answers, built for real, against the ones that it calls worse."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.errors import ServerError
from tests.advice.case import NONE, Case, Indexes
from tests.advice.real import Measured, Work, built, commands, without
from tests.advice.verdict import AS_DEAR

PAGE_COSTS = (0.5, 2.0)  # whatever a page that a write touches is thought to cost, within a factor of two
CLEARLY_SMALLER = 0.8


def lies(measured: Measured, case: Case) -> list[str]:
    """What is not as the case says: one sentence each.

    Every index of a known answer is read by some plan and saves something, and every known answer beats every worse
    one: it costs at least 5 % less, or as much within 5 % and takes clearly less storage, or the other does not fit the
    budget. Where the planner cannot tell, pages that are touched in a run do. An index that should go is missed by no
    statement. What is called impossible is refused.
    """
    return [
        *_about_answers(measured, case),
        *_about_runs(measured, case),
        *_about_drops(measured, case),
        *_about_impossible(measured, case),
        *_about_unplanned(case),
    ]


def _about_answers(measured: Measured, case: Case) -> Iterator[str]:
    worse = [*case.worse, *(() if NONE in case.best else (NONE,))]
    for answer in case.best:
        done = measured.work(answer)
        for index in done.idle:
            yield f"no plan reads {index}"
        if not _fits(case, done):
            yield f"{_words(answer)} takes {done.bytes:,} bytes"
        for rival in worse:
            other = measured.work(rival)
            if not _beats(case, done, other):
                yield f"{_words(answer)} {_figures(done)} does not beat {_words(rival)} {_figures(other)}"
        yield from _about_needless(measured, answer)


def _about_needless(measured: Measured, answer: Indexes) -> Iterator[str]:
    for index in answer if len(answer) > 1 else ():
        rest = [other for other in answer if other != index]
        if measured.work(rest).total() <= measured.work(answer).total():
            yield f"{_words(answer)} is no better than without {index}"


def _fits(case: Case, done: Work) -> bool:
    return case.budget_bytes is None or done.bytes <= case.budget_bytes


def _beats(case: Case, done: Work, other: Work) -> bool:
    if not _fits(case, other):
        return True
    return all(
        done.total(page) * AS_DEAR <= other.total(page)
        or (done.total(page) <= AS_DEAR * other.total(page) and done.bytes <= CLEARLY_SMALLER * other.bytes)
        for page in PAGE_COSTS
    )


def _about_runs(measured: Measured, case: Case) -> Iterator[str]:
    for rival in case.slower:
        theirs = measured.pages(rival)
        for answer in case.best:
            if measured.pages(answer) * AS_DEAR > theirs:
                yield f"{_words(answer)} does not touch fewer pages than {_words(rival)}"


def _about_drops(measured: Measured, case: Case) -> Iterator[str]:
    names = [choice.split("|")[0] for choice in case.drop]
    if names and without(measured.session, case.workload, names).total() > 1.1 * measured.work(NONE).total():
        yield f"the workload needs one of {', '.join(names)}"


def _about_impossible(measured: Measured, case: Case) -> Iterator[str]:
    for definition in case.impossible:
        try:
            with built(measured.session, commands([definition])):
                yield f"{definition} can be built"
        except ServerError:
            pass


def _about_unplanned(case: Case) -> Iterator[str]:
    for words in case.unplanned:
        if not any(one.sql.startswith(words) for one in case.workload):
            yield f"no statement begins with {words}"


def _words(answer: Indexes) -> str:
    return " and ".join(answer) or "no index"


def _figures(done: Work) -> str:
    return f"(cost {done.cost:,.0f}, pages {done.pages:,.0f}, {done.bytes:,} bytes)"
