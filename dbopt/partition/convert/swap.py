"""The swap: one table takes another's place, under a lock that is short, or is given back."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Container, Iterable, Iterator
from functools import partial
from itertools import chain

from dbopt.errors import LockNotAvailable, QueryFailed, StatementTimeout
from dbopt.partition.convert import carry, ledger
from dbopt.partition.convert.ledger import Leaf
from dbopt.partition.convert.work import Work
from dbopt.partition.model import Name
from dbopt.partition.read import names_in
from dbopt.partition.table import Table, read_table
from dbopt.postgres.identifiers import SQL, quoted

_MOST_SLOW = 3
_AHEAD = 1000  # more than there are sessions


class Behind(Exception):
    """Under the lock it turned out that there is more to do before it: from this stage on."""

    def __init__(self, stage: str) -> None:
        super().__init__(stage)
        self.stage = stage


class _TooSlow(Exception):
    """The swap held its lock for too long."""


class Swap(Work):
    """A conversion that ends in a swap."""

    @abstractmethod
    def _get_ready(self) -> None:
        """What is done before each attempt, without a lock."""

    @abstractmethod
    def _check_ready(self, table: Table) -> None:
        """Raises Behind where, under the lock, something is missing."""

    @abstractmethod
    def _in_place(self, table: Table, taken: Container[str]) -> Iterable[str]:
        """The statements that follow when the new table has the name; `taken` are the names that the swap avoided."""

    def _fall_back(self, stage: str) -> None:
        """To a stage before the swap."""
        self._change(stage=stage)

    @abstractmethod
    def _last(self, table: Table) -> Iterable[str]:
        """The scripts that come first under the lock."""

    def _swap(self) -> None:
        """Put the new table in the other's place, under a lock that nobody waits for longer than the lock timeout and
        `max_lock_ms`.
        """
        slow = 0

        def attempt() -> None:
            nonlocal slow
            self._get_ready()
            try:
                with self._transaction():
                    self._swap_under_lock()
            except _TooSlow as error:
                slow += 1
                if slow >= _MOST_SLOW:
                    raise QueryFailed(
                        f"the swap would lock {self._state.table} for longer than {self._manner.max_lock_ms:.0f} ms",
                        hint="nothing was swapped; --max-lock allows more, and fewer partitions need less",
                    ) from None
                raise LockNotAvailable(f"the swap of {self._state.table} took too long") from error

        try:
            self._patiently(attempt)
        except Behind as behind:
            self._fall_back(behind.stage)

    def _swap_under_lock(self) -> None:
        session = self._session
        before = self._table()
        views = [str(Name(one.schema or "", one.name or "")) for one in before.dependents if one.kind == "view"]
        self._lock(views, {str(Name(one.schema, one.table)) for one in before.inbound})
        if session.rows("partition/old_snapshots"):
            raise LockNotAvailable("a transaction in REPEATABLE READ or with an open cursor still looks at older rows")
        deadline = time.monotonic() + self._manner.max_lock_ms / 1000
        table = self._table()
        self._check_ready(table)
        for script in chain(self._last(table), self._takeover(table)):
            left_ms = round((deadline - time.monotonic()) * 1000)
            if left_ms <= 0:
                raise _TooSlow
            try:
                session.script(f"SET LOCAL statement_timeout = {left_ms}; {script}")
            except StatementTimeout:
                raise _TooSlow from None
        self._change(stage=ledger.SWAPPED)

    def _takeover(self, table: Table) -> Iterator[str]:
        """The scripts of the swap, each written after those before it are run."""
        state, session = self._state, self._session
        taken = names_in(session, table.name.schema)
        yield joined(carry.names(table, state.new, state.old, taken))
        yield joined(carry.owned_sequences(table))
        for column in table.columns:
            yield joined(carry.identity(table, column, taken, _AHEAD))
        yield joined(self._in_place(table, taken))
        yield joined(carry.inbound_keys(table))
        if table.replica_identity != "d":
            leaves = self._leaves()
            yield joined(carry.replica_identity(table, [(leaf.name, self._indexes_of(leaf)) for leaf in leaves]))
        yield joined(carry.belongings(table, state.old))
        yield joined(carry.constraint_comments(table))

    def _indexes_of(self, leaf: Leaf) -> dict[str, str]:
        """A leaf's indexes by those of its topmost table that they belong to."""
        return {row["root"]: row["name"] for row in self._session.rows("partition/leaf_indexes", oid=leaf.oid)}

    def _lock(self, views: Iterable[str], others: Iterable[str]) -> None:
        """Everything that the swap needs, in the order in which others take it: views before what they look at. Who
        cannot get it lets go and tries again, and nobody queues up behind a half-won lock.
        """
        timeout = self._manner.limits.lock_timeout_ms
        self._session.script(f"SET LOCAL statement_timeout = {timeout + 50}")
        try:
            for other in (*sorted(views), *sorted(others)):
                self._session.execute(SQL(f"LOCK TABLE {other} IN ACCESS EXCLUSIVE MODE"))
            self._session.execute(SQL(f"LOCK TABLE {self._state.table} IN ACCESS EXCLUSIVE MODE"))
        except StatementTimeout as error:
            raise LockNotAvailable(error.message) from error

    # -- afterwards ----------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Check the foreign keys, without a lock that stops anybody; drop the former table, if that is asked for."""
        for owner, name in self._unchecked():
            self._progress(f"checking {name}", 0, 0)
            self._patiently(partial(self._validate, owner, name))
        self._patiently(self._adopt_keys)
        if self._manner.drop_old:
            self._patiently(self._drop_old)
        self._change(stage=ledger.DONE)

    def _unchecked(self) -> list[tuple[Name, str]]:
        """Foreign keys of the table and towards it that are not checked yet, each with its owner. There was none that
        was not before the swap.
        """
        rows = self._session.rows("partition/unchecked", table=str(self._state.table))
        return [(Name(row["schema"], row["table"]), row["name"]) for row in rows]

    def _validate(self, owner: Name, name: str) -> None:
        with self._transaction():
            self._session.execute(SQL(f"ALTER TABLE {owner} VALIDATE CONSTRAINT {quoted(name)}"))

    def _adopt_keys(self) -> None:
        """A partitioned table gets the foreign keys that its partitions have."""
        if not self._state.target.is_partitioned:
            return
        with self._transaction():
            have = {one.name for one in read_table(self._session, self._state.table).outbound}
            leaves = self._leaves()
            keys = read_table(self._session, leaves[0].name).outbound if leaves else ()
            for one in keys:
                if one.name not in have:
                    own = f"ALTER TABLE {self._state.table} ADD CONSTRAINT {quoted(one.name)} {one.definition}"
                    self._session.script(own)

    def _drop_old(self) -> None:
        with self._transaction():
            self._session.execute(SQL(f"DROP TABLE IF EXISTS {self._state.old}"))


def joined(statements: Iterable[str]) -> str:
    return ";\n".join(statements)
