"""What-if on a shadow: indexes of any kind that are real in its catalog and empty in its files.

Candidates are created once, while their tables' files are empty for a moment, given the sizes that they would have,
and marked as not live, so that the planner overlooks them. A trial brings some of them to life in a transaction that is
rolled back.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path

from dbopt.errors import QueryFailed, ServerError
from dbopt.index.model import Index
from dbopt.index.what_if import Estimate
from dbopt.plan import tree
from dbopt.plan.safety import require_plannable
from dbopt.plan.tree import Plan
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Row, Session
from dbopt.shadow import clock
from dbopt.shadow.candidates import PREFIX, Candidate, create
from dbopt.shadow.pages import BLOCK_SIZE
from dbopt.shadow.roles import set_live
from dbopt.shadow.settings import PLANNING_TIMEOUT_MS
from dbopt.shadow.shadow import Shadow
from dbopt.shadow.snapshot import Snapshot
from dbopt.shadow.take import take
from dbopt.shadow.unrestored import Key
from dbopt.workload.commands import names_command
from dbopt.workload.lexer import parameter_numbers
from dbopt.workload.model import Statement

Trial = tuple[tuple[int, ...], tuple[int, ...]]
"""Indexes that live and indexes that do not, by oid."""

_ELSEWHERE = "the server itself can judge it: --what-if hypopg"
_UNKNOWN_NAME = frozenset({"42P01", "42883", "42704", "3F000", "42703"})


class ShadowWhatIf:
    """Answers dbopt.index.what_if.WhatIf on one shadow, through one session, whose time stands still at `as_of` if that
    is given. Not safe for threads.
    """

    name = "shadow"

    def __init__(self, shadow: Shadow, as_of: str | None = None) -> None:
        self.shadow = shadow
        self._session = shadow.connect()
        self._as_of = as_of
        if as_of is not None:
            clock.stop(self._session, as_of)
        self._planner_calls = 0
        self._candidates: dict[Index, Candidate] = {}
        self._refused: dict[Index, str] = {}
        self._names = (f"{PREFIX}{number}" for number in itertools.count(1))
        self._by_name: dict[str, Index] = {}
        self._hidden: dict[str, Sequence[Row]] = {}
        self._trial: Trial | None = None
        self._is_changed = False
        self._checked: set[tuple[str, tuple[tuple[str | None, ...], ...]]] = set()
        self._untrusted = self._find_untrusted()

    @property
    def server_version(self) -> str:
        return self._session.server_version

    @property
    def planner_calls(self) -> int:
        return self._planner_calls

    # -- WhatIf -------------------------------------------------------------------------------------------------------

    def prepare(self, candidates: Iterable[Index]) -> dict[Index, str]:
        """Create the candidates. May be called again with more. See the protocol."""
        wanted = list(dict.fromkeys(candidates))
        new = [index for index in wanted if index not in self._candidates and index not in self._refused]
        trusted = []
        for index in new:
            reason = self.shadow.why_refused(index.schema, index.table)
            if reason is None:
                trusted.append(index)
            else:
                self._refused[index] = reason
        if trusted:
            self._end_trial()
            made, refused = create(self.shadow, self._session, trusted, self._names)
            self._candidates.update(made)
            self._refused.update(refused)
            for index, candidate in made.items():
                self._by_name.update(dict.fromkeys(candidate.names, index))
        return {index: self._refused[index] for index in wanted if index in self._refused}

    def estimate(self, statement: Statement, indexes: Collection[Index] = (), hidden: Collection[str] = ()) -> Estimate:
        """Plan the statement as if. See the protocol."""
        self.check(statement)
        parts = itertools.chain.from_iterable(self._candidate(index).parts for index in sorted(indexes))
        asleep = itertools.chain.from_iterable(self._existing(name) for name in sorted(hidden))
        self._begin_trial(list(parts), list(asleep))
        plan = self._plan(statement)
        names = {name: self._by_name[name] for name in sorted(plan.indexes & self._by_name.keys())}
        return Estimate(plan.cost, frozenset(names.values()), plan, names)

    def knows(self, index: Index) -> bool:
        return index in self._candidates

    def size_bytes(self, index: Index) -> int:
        """Estimated size of a prepared index. Raises QueryFailed for one that is not."""
        return self._candidate(index).blocks * BLOCK_SIZE

    @contextmanager
    def all_visible(self, tables: Collection[Key]) -> Iterator[None]:
        """While this lasts, plans are made as if every page of these tables were all visible, as VACUUM makes them."""
        names = sorted(tables)
        former = self._set_visible({key: self.shadow.blocks.get(key, 0) for key in names})
        try:
            yield
        finally:
            self._set_visible(former)

    def _set_visible(self, blocks: Mapping[Key, int]) -> dict[Key, int]:
        self._end_trial()
        with self.shadow.supervise() as session:
            rows = session.rows(
                "shadow/set_visible",
                schemas=[schema for schema, _ in blocks],
                names=[name for _, name in blocks],
                blocks=list(blocks.values()),
            )
        return {(row["schema"], row["name"]): row["blocks"] for row in rows}

    @contextmanager
    def changed(self, statements: Iterable[str]) -> Iterator[None]:
        """While this lasts, plans are made as if these statements had been run. Only what was planned before can be:
        see `check`. Raises ServerError for one of them that fails.
        """
        self._end_trial()
        with self._session.rolled_back(read_only=False, statement_timeout_ms=PLANNING_TIMEOUT_MS):
            for statement in statements:
                self._session.script(statement)
            self._is_changed = True
            try:
                yield
            finally:
                self._is_changed = False

    # -- planning -----------------------------------------------------------------------------------------------------

    def _plan(self, statement: Statement) -> Plan:
        values = statement.parameters[0] if statement.parameters else ()
        generic = not values and bool(parameter_numbers(statement.sql))
        options = "GENERIC_PLAN, FORMAT JSON" if generic else "FORMAT JSON"
        self._planner_calls += 1
        prefix = f"EXPLAIN ({options}) "
        try:
            with self._session.savepoint() if self._is_changed else nullcontext():
                if generic:  # taken by the simple protocol only; check() has refused a second statement
                    rows = self._session.fetch(SQL(prefix + self._asked(statement)))
                else:
                    rows = self._session.fetch_workload(self._asked(statement), values, prefix=prefix)
        except ServerError as error:
            self._end_trial()
            raise self._explained(error) from None
        return tree.parse(rows[0]["QUERY PLAN"])

    def _asked(self, statement: Statement) -> str:
        return clock.asked_of_shadow(statement.sql) if self._as_of else statement.sql

    def check(self, statement: Statement) -> None:
        """Once per statement and its values: it is one statement that has a plan, and touches nothing that is
        incomplete here. Raises QueryFailed with the reason why not.
        """
        asked = statement.sql, statement.parameters
        if asked in self._checked:
            return
        require_plannable(statement.sql, truncated=statement.truncated)
        self._end_trial()
        try:
            if names_command(statement.sql):  # CREATE TABLE AS and its like are explained, but not prepared
                self._session.fetch_workload(statement.sql, prefix="EXPLAIN ")
            else:
                self._session.fetch_workload(statement.sql, prefix="PREPARE dbopt_checked AS ")
                self._session.script("DEALLOCATE dbopt_checked")
        except ServerError as error:
            raise self._explained(error) from None
        if self._untrusted:
            self._refuse_untrusted(statement)
        self._checked.add(asked)

    def _refuse_untrusted(self, statement: Statement) -> None:
        """Whatever a statement reads, through views and partitions too, its planning locks: with other values, it may
        be other partitions.
        """
        self._session.script("BEGIN")
        try:
            for one in statement.by_parameters:
                self._plan(one)
            touched = self._session.rows("shadow/locked", relations=list(self._untrusted))
        finally:
            self._session.script("ROLLBACK")
        for row in touched:
            raise QueryFailed(self._untrusted[row["oid"]], hint=_ELSEWHERE)

    def _explained(self, error: ServerError) -> ServerError:
        """The error with the reason why something is not there."""
        if error.sqlstate in _UNKNOWN_NAME:
            for (schema, name), reason in self.shadow.unrestored.items():
                if f'"{name}"' in error.message or f'"{schema}.{name}"' in error.message:
                    return QueryFailed(f"{error.message}: {reason}", hint=_ELSEWHERE, sqlstate=error.sqlstate)
        if isinstance(error, QueryFailed):
            return error
        return QueryFailed(error.message, hint=error.hint, sqlstate=error.sqlstate)

    def _find_untrusted(self) -> dict[int, str]:
        """Relations that exist here but are incomplete, by oid."""
        if not self.shadow.unrestored:
            return {}
        return {
            row["oid"]: self.shadow.why_refused(row["schema"], row["name"]) or ""
            for row in self._session.rows("shadow/files")
            if (row["schema"], row["name"]) in self.shadow.unrestored
        }

    # -- trials -------------------------------------------------------------------------------------------------------

    def _begin_trial(self, shown: Sequence[Row], hidden: Sequence[Row]) -> None:
        """A transaction in which these indexes live and those do not; one that fits already stays open."""
        trial = tuple(row["oid"] for row in shown), tuple(row["oid"] for row in hidden)
        if trial == self._trial:
            return
        self._end_trial()
        if not shown and not hidden:
            return
        self._session.execute(SQL(";").join([SQL("BEGIN"), set_live(*trial)]))
        self._trial = trial

    def _end_trial(self) -> None:
        if self._trial is not None:
            self._trial = None
            self._session.script("ROLLBACK")

    def _candidate(self, index: Index) -> Candidate:
        if index in self._candidates:
            return self._candidates[index]
        reason = self._refused.get(index, "it was not prepared")
        raise QueryFailed(f"the shadow cannot judge an index on {index}: {reason}")

    def _existing(self, name: str) -> Sequence[Row]:
        if name not in self._hidden:
            self._end_trial()
            self._hidden[name] = self._session.rows("shadow/index_parts", indexes=[name])
        return self._hidden[name]

    # -- life ---------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        self._session.close()


@contextmanager
def what_if(source: Session | Snapshot | Shadow, *, bin_dir: Path | None = None) -> Iterator[ShadowWhatIf]:
    """A what-if on a shadow of the session's database, or of a snapshot, or on a running shadow. In that of a snapshot
    the time stands still where its data ends; a database's own is what the clock says.
    """
    with ExitStack() as stack:
        as_of = source.as_of if isinstance(source, Snapshot) else None
        if isinstance(source, Session):
            source = take(source, bin_dir=bin_dir)
        if isinstance(source, Snapshot):
            source = stack.enter_context(Shadow.open(source, bin_dir=bin_dir))
        yield stack.enter_context(closing(ShadowWhatIf(source, as_of)))
