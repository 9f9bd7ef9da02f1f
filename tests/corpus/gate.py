"""The gate's answer to a case, by the code that `dbopt check` runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from dbopt import documents
from dbopt.check.baseline import Baseline
from dbopt.check.gate import Gate, choose
from dbopt.check.model import Check
from dbopt.check.observe import Observer
from dbopt.check.sources import Source
from dbopt.plan.execution import Limits
from dbopt.postgres.session import connect
from dbopt.shadow.take import take
from tests.corpus.cases import Case
from tests.corpus.databases import Databases, run
from tests.corpus.work import workload

CALLS = {0: "pass", 1: "regression", 3: "error", 4: "inconclusive"}


@dataclass(frozen=True)
class Answer:
    """What the gate says of a case. `call` is the exit code of `dbopt check` in a word."""

    found: Check

    @property
    def call(self) -> str:
        return CALLS[self.found.exit_code]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that decided, the first of each statement first."""
        reasons = [reason for one in self.found.statements for reason in one.reasons]
        return tuple(dict.fromkeys(reason.rule for reason in reasons if reason.effect == self.call))

    @property
    def explanation(self) -> str:
        """All that it said, for people."""
        lines = [self.call, *(f"stale: {one}" for one in self.found.stale)]
        for one in self.found.statements:
            lines.append(f"{one.label}: {one.verdict}, cost {one.cost_before} -> {one.cost_after}")
            lines += [f"  {reason.rule} ({reason.effect}): {reason.message}" for reason in one.reasons]
            lines += [f"  {line}" for line in one.plan_diff]
        return "\n".join(lines)


@dataclass
class Asked:
    """Asks the gate about cases, with snapshots only. A context manager: the shadows of the databases that no case
    changed serve many cases.
    """

    databases: Databases
    _stack: ExitStack = field(default_factory=ExitStack)
    _originals: dict[str, Observer] = field(default_factory=dict)

    def __enter__(self) -> Asked:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def answer(self, case: Case, look: Callable[[str, str], None] | None = None) -> Answer:
        """The gate's answer. `look` is told the conninfo and the statements, before and then after the change, while
        the database is so.
        """
        look = look or _nobody_looks
        with self.databases.given(case) as dsn:
            look(dsn, case.before)
            with _observer(dsn) if case.given else self._original(case.database) as observer:
                before = _observed(observer, case.before)
                if not case.change:
                    look(dsn, case.after)
                    return _answer(before, _observed(observer, case.after), case.after)
            run(dsn, case.change)
            look(dsn, case.after)
            with _observer(dsn) as observer:
                return _answer(before, _observed(observer, case.after), case.after)

    @contextmanager
    def _original(self, database: str) -> Iterator[Observer]:
        if database not in self._originals:
            opened = _observer(self.databases.original(database))
            self._originals[database] = self._stack.enter_context(opened)
        yield self._originals[database]


def _nobody_looks(dsn: str, text: str) -> None:
    pass


@contextmanager
def _observer(dsn: str) -> Iterator[Observer]:
    """An observer with a snapshot of this database, whose rows it does not see."""
    with connect(dsn) as session:
        snapshot = take(session)
    with Source(Limits(), snapshot, None).observer() as observer:
        yield observer


def _observed(observer: Observer, text: str) -> Baseline:
    """The plans, as they come back from a baseline's file."""
    observed = Gate(choose(workload(text)).workload).observe(observer)
    return documents.load(Baseline, documents.dump(observed), "the baseline")


def _answer(before: Baseline, after: Baseline, text: str) -> Answer:
    return Answer(Gate(workload(text)).compare(before, after).run())
