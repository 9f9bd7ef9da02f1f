"""Carrying out a conversion, stage by stage, from wherever an earlier run left it.

What is exact about it: from COPYING on, every change of the table leaves its row's key in the log, in the change's own
transaction. Rows are copied once, in the order of their blocks; whatever was changed since, moved to another block, or
came later, is in the log, and its key is brought up to date from the table itself, again and again. Under the swap's
lock nothing changes any more, and the last keys are. The stage and the place of the copy are kept in the transactions
of what they tell of, so that a killed run goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

from dbopt.errors import DboptError, LockNotAvailable, QueryFailed, StatementTimeout
from dbopt.partition.convert import carry, ledger
from dbopt.partition.convert.ledger import Conversion, Leaf
from dbopt.partition.convert.target import NEW, beside, list_of, log_names, stored
from dbopt.partition.model import Name
from dbopt.partition.table import Table, read_sequence_privileges, read_table
from dbopt.partition.throttle import Pacer, Throttle
from dbopt.postgres.identifiers import SQL, quoted
from dbopt.postgres.patience import Limits, patiently
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row, Session

_FIRST_BLOCKS, _FIRST_KEYS = 64, 1000
_FEW_KEYS = 500  # what may be left for the swap's lock
_ROUNDS = 1000  # of catching up before a swap
_MOST_SLOW_SWAPS = 3

OnProgress = Callable[[int, int, str], None]  # how much is done, of how much (0: not known), and of what


class Altered(DboptError):
    """The table was altered during its conversion."""


class _Behind(Exception):
    """Under the lock it turned out that there is more to do before it."""

    def __init__(self, stage: str) -> None:
        super().__init__(stage)
        self.stage = stage


class _TooSlow(Exception):
    """The swap held its lock for too long."""


@dataclass(frozen=True)
class Manner:
    """How a conversion is carried out. `max_lock_ms` is how long the swap may hold its lock; `most_blocks` bounds a
    batch of the copy; `drop_old` drops the former table.
    """

    limits: Limits = field(default_factory=lambda: Limits(lock_timeout_ms=500, retries=50, longest_pause_ms=5000))
    throttle: Throttle = field(default_factory=Throttle)
    max_lock_ms: float = 1000
    most_blocks: int = 8192
    verify: bool = True
    drop_old: bool = False
    on_progress: OnProgress | None = None
    on_wait: Callable[[str], None] | None = None


class Converter:
    """Carries out one conversion on one session."""

    def __init__(self, session: Session, conversion: Conversion, manner: Manner) -> None:
        self._session = session
        self._state = conversion
        self._manner = manner

    @property
    def state(self) -> Conversion:
        return self._state

    def run(self) -> Conversion:
        """Go on until it is done. Raises Altered, ServerError."""
        steps: dict[str, Callable[[], None]] = {
            ledger.PREPARED: self._track,
            ledger.COPYING: self._copy,
            ledger.COPIED: self._build_indexes,
            ledger.BUILT: self._analyze,
            ledger.ANALYZED: self._verify,
            ledger.VERIFIED: self._swap,
            ledger.SWAPPED: self._finish,
        }
        while self._state.stage != ledger.DONE:
            steps[self._state.stage]()
        return self._state

    # -- the copy ------------------------------------------------------------------------------------------------------

    def _track(self) -> None:
        """Log the changes from now on; what is there until then is to be copied."""

        def attempt() -> None:
            with self._transaction():
                self._session.execute(SQL(f"LOCK TABLE {self._state.table} IN SHARE ROW EXCLUSIVE MODE"))
                table = self._table()
                self._session.script(render("partition/convert/track.sql", **self._names(table)))
                columns = tuple((one.name, one.type) for one in table.columns)
                self._change(stage=ledger.COPYING, columns=columns, leaves=self._leaves())

        self._patiently(attempt)

    def _copy(self) -> None:
        """Copy rows, batch by batch; then bring the changed ones up to date."""
        table = self._table()
        blocks = sum(leaf.blocks for leaf in self._state.leaves)
        pacer = self._pacer(_FIRST_BLOCKS, self._manner.most_blocks)
        while self._state.leaf < len(self._state.leaves):
            most = pacer.begin()
            with self._transaction():
                self._copy_batch(table, most)
            pacer.end()
            done = sum(leaf.blocks for leaf in self._state.leaves[: self._state.leaf]) + self._state.block
            self._progress("copying", done, blocks)
        self._catch_up()
        with self._transaction():
            self._take_and_apply(table, None, at_once=True)
            self._change(stage=ledger.COPIED)

    def _copy_batch(self, table: Table, most: int) -> None:
        """One batch; or, where the table was rewritten or its partitions are others, the beginning of a new copy."""
        self._session.execute(SQL(f"LOCK TABLE {self._state.table} IN ACCESS SHARE MODE"))
        self._check_unaltered()
        if self._is_rewritten():
            self._begin_anew()
            return
        number, block, rows = self._state.leaf, self._state.block, self._state.copied_rows
        while most > 0 and number < len(self._state.leaves):
            leaf = self._state.leaves[number]
            last = min(block + most, leaf.blocks)
            if last > block:
                names = {"new": self._state.new, "leaf": leaf.name, "columns": stored(table)}
                rows += self._fetch_one("copy", first=block, last=last, **names)["rows"]
            most -= last - block
            number, block = (number + 1, 0) if last == leaf.blocks else (number, last)
        self._change(copied_rows=rows, leaf=number, block=block)

    def _is_rewritten(self) -> bool:
        """TRUNCATE, VACUUM FULL, CLUSTER and new partitions put rows where they were not."""
        files = [(leaf.oid, leaf.filenode) for leaf in self._leaves()]
        return files != [(leaf.oid, leaf.filenode) for leaf in self._state.leaves]

    def _begin_anew(self) -> None:
        self._session.execute(SQL(f"TRUNCATE {self._state.new}"))
        self._change(stage=ledger.COPYING, leaves=self._leaves(), leaf=0, block=0, copied_rows=0)

    def _catch_up(self) -> None:
        """Bring changed rows up to date until few are left."""
        table, pacer = self._table(), self._pacer(_FIRST_KEYS, 100_000)
        for _ in range(_ROUNDS):
            waiting = self._waiting()
            if waiting <= _FEW_KEYS:
                return
            self._progress("catching up with changes", 0, waiting)
            most = pacer.begin()
            try:
                with self._transaction():
                    self._take_and_apply(table, most)
            except QueryFailed as error:
                if error.sqlstate != "23505":  # two rows exchanged a unique value, and the batch had only one of them
                    raise
                with self._transaction():
                    self._take_and_apply(table, None, at_once=True)
            pacer.end()
        raise QueryFailed(
            f"{self._state.table} changes faster than its copy can follow",
            hint="try again when there is less load; what is copied stays, and is kept up",
        )

    def _waiting(self) -> int:
        rows = self._session.fetch(
            SQL(f"SELECT count(*) AS n FROM (SELECT FROM {self._state.log} LIMIT 1000000) AS entry")  # noqa: S608
        )
        return int(rows[0]["n"])

    def _take_and_apply(self, table: Table, most: int | None, *, at_once: bool = False) -> None:
        """Entries of the log, all of them as of one moment if `at_once`: then the new table is what the table was then,
        but for nothing.
        """
        if at_once:
            self._session.execute(SQL("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        names = self._names(table)
        self._session.script(render("partition/convert/take.sql", most=most, **names))
        self._session.script(render("partition/convert/apply.sql", **names))

    # -- indexes, statistics, comparison -------------------------------------------------------------------------------

    def _build_indexes(self) -> None:
        """Build what is not there yet, each in a transaction of its own."""
        table = self._table()
        missing = [one for one in table.indexes if one.is_valid and not self._has_index(one.name)]
        for number, one in enumerate(missing):
            self._progress(f"building {one.name}", number, len(missing))
            with self._transaction():
                for statement in carry.index(one, self._state.new, self._state.target):
                    self._session.script(statement)
        self._change(stage=ledger.BUILT)

    def _has_index(self, name: str) -> bool:
        new = beside(name, NEW)
        return bool(self._session.rows("partition/own_index", table=str(self._state.new), index=new))

    def _analyze(self) -> None:
        """Planner statistics are there before the first statement needs them."""
        table = self._table()
        self._progress("analyzing", 0, 0)
        with self._transaction():
            have = {one.name for one in read_table(self._session, self._state.new).statistics}
            if not have:
                for statement in carry.statistics(table, self._state.new):
                    self._session.script(statement)
        self._session.execute(SQL(f"ANALYZE {self._state.new}"))
        self._change(stage=ledger.ANALYZED)

    def _verify(self) -> None:
        """Compare the rows of both tables that the log does not name, as of one moment: the others are brought up to
        date by what brought these.
        """
        if self._is_rewritten():
            with self._transaction():
                self._begin_anew()
            return
        self._catch_up()
        if not self._manner.verify:
            self._change(stage=ledger.VERIFIED)
            return
        table = self._table()
        self._progress("comparing", 0, 0)
        with self._session.rolled_back(one_snapshot=True):
            columns = list_of(tuple(one.name for one in table.columns), "t.")
            ours, theirs = (
                self._fetch_one("digest", **{**self._names(table), "columns": columns}, compared=name)
                for name in (self._state.new, self._state.table)
            )
        if ours != theirs:
            raise QueryFailed(
                f"the copy of {self._state.table} differs: {ours['rows']} rows for {theirs['rows']}",
                hint="nothing was changed; dbopt partition undo throws the copy away",
            )
        self._change(stage=ledger.VERIFIED, verified_rows=ours["rows"])

    # -- the swap ------------------------------------------------------------------------------------------------------

    def _swap(self) -> None:
        """Put the new table in the other's place, under a lock that nobody waits for longer than the lock timeout and
        `max_lock_ms`.
        """
        slow = 0

        def attempt() -> None:
            nonlocal slow
            self._catch_up()
            try:
                with self._transaction():
                    self._swap_under_lock()
            except _TooSlow as error:
                slow += 1
                if slow >= _MOST_SLOW_SWAPS:
                    raise QueryFailed(
                        f"the swap would lock {self._state.table} for longer than {self._manner.max_lock_ms:.0f} ms",
                        hint="nothing was swapped; --max-lock allows more, and fewer partitions need less",
                    ) from None
                raise LockNotAvailable(f"the swap of {self._state.table} took too long") from error

        try:
            self._patiently(attempt)
        except _Behind as behind:
            self._change(stage=behind.stage)

    def _swap_under_lock(self) -> None:
        session = self._session
        others = {str(Name(one.schema, one.table)) for one in self._table().inbound}
        self._lock(others)
        deadline = time.monotonic() + self._manner.max_lock_ms / 1000
        table = self._table()
        self._check_unaltered()
        if self._is_rewritten():
            raise _Behind(ledger.COPYING)
        if any(one.is_valid and not self._has_index(one.name) for one in table.indexes):
            raise _Behind(ledger.COPIED)
        names = self._names(table)
        last = (
            render("partition/convert/take.sql", most=None, **names),
            render("partition/convert/apply.sql", **names),
            render("partition/convert/untrack.sql", **names),
        )
        for script in chain(last, self._takeover(table)):
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
        acl = read_table(session, state.new).privileges
        taken = {row["name"] for row in session.rows("partition/names", schema=table.name.schema)}
        yield _joined(carry.names(table, state.new, state.old, taken))
        yield _joined(carry.owned_sequences(table))
        for column in table.columns:
            if column.identity and column.sequence is not None:
                own = column.sequence.qualified
                granted = read_sequence_privileges(session, own)
                row = session.fetch(SQL(f"SELECT last_value, is_called FROM {own}"))[0]  # noqa: S608
                yield _joined(carry.identity(table, column, (row["last_value"], row["is_called"]), granted, taken))
        leaves = self._leaves()
        yield _joined(carry.foreign_keys(table, [leaf.name for leaf in leaves]))
        yield _joined(carry.inbound_keys(table))
        if table.replica_identity != "d":
            yield _joined(carry.replica_identity(table, [(leaf.name, self._indexes_of(leaf)) for leaf in leaves]))
        yield _joined(carry.belongings(table, state.old, acl))
        yield _joined(carry.constraint_comments(table))
        yield f"COMMENT ON TABLE {state.old} IS 'replaced by dbopt partition {state.direction}; no longer written'"

    def _indexes_of(self, leaf: Leaf) -> dict[str, str]:
        """A leaf's indexes by those of its topmost table that they belong to."""
        return {row["root"]: row["name"] for row in self._session.rows("partition/leaf_indexes", oid=leaf.oid)}

    def _lock(self, others: Iterable[str]) -> None:
        """Everything that the swap needs, at once: who cannot get it lets go and tries again, and nobody queues up
        behind a half-won lock.
        """
        timeout = self._manner.limits.lock_timeout_ms
        self._session.script(f"SET LOCAL statement_timeout = {timeout + 50}")
        try:
            for other in sorted(others):
                self._session.execute(SQL(f"LOCK TABLE {other} IN SHARE ROW EXCLUSIVE MODE"))
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
            former = read_table(self._session, self._state.old)
            have = {one.name for one in read_table(self._session, self._state.table).outbound}
            for one in former.outbound:
                if one.name not in have:
                    own = f"ALTER TABLE {self._state.table} ADD CONSTRAINT {quoted(one.name)} {one.definition}"
                    self._session.script(own)

    def _drop_old(self) -> None:
        with self._transaction():
            self._session.execute(SQL(f"DROP TABLE IF EXISTS {self._state.old}"))

    # -- what they share -----------------------------------------------------------------------------------------------

    def _table(self) -> Table:
        """The table as it is now, without the trigger of the log."""
        with self._session.transaction():
            table = read_table(self._session, self._state.table)
        return replace(table, triggers=tuple(one for one in table.triggers if one.name != self._state.trigger))

    def _check_unaltered(self) -> None:
        """Raises Altered where columns were added, dropped, renamed or given another type."""
        rows = self._session.rows("partition/signature", table=str(self._state.table))
        if tuple((row["name"], row["type"]) for row in rows) != self._state.columns:
            raise Altered(
                f"{self._state.table} was altered while it was converted",
                hint="dbopt partition undo throws the copy away; then begin anew",
            )

    def _leaves(self) -> tuple[Leaf, ...]:
        rows = self._session.rows("partition/leaves", table=str(self._state.table))
        return tuple(Leaf(Name(row["schema"], row["name"]), row["oid"], row["filenode"], row["blocks"]) for row in rows)

    def _names(self, table: Table) -> dict[str, object]:
        """What the templates of the log need."""
        state = self._state
        return {
            "table": state.table,
            "new": state.new,
            "log": state.log,
            "function": state.function,
            "trigger": quoted(state.trigger),
            **log_names(table, state.target),
        }

    def _fetch_one(self, template: str, **values: object) -> Row:
        return self._session.fetch(SQL(render(f"partition/convert/{template}.sql", **values)))[0]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """What is known of the state is that of the ledger, also where the transaction fails."""
        before = self._state
        try:
            with self._session.transaction():
                self._session.script(f"SET LOCAL lock_timeout = {self._manner.limits.lock_timeout_ms}")
                yield
        except BaseException:
            self._state = before
            raise

    def _change(self, **values: object) -> None:
        self._state = ledger.change(self._session, self._state, **values)

    def _pacer(self, first: int, most: int) -> Pacer:
        return Pacer(self._session, self._manner.throttle, first, most, self._manner.on_wait)

    def _patiently(self, attempt: Callable[[], None]) -> None:
        patiently(self._manner.limits, attempt, self._manner.on_wait)

    def _progress(self, what: str, done: int, total: int) -> None:
        if self._manner.on_progress is not None:
            self._manner.on_progress(done, total, what)


def _joined(statements: Iterable[str]) -> str:
    return ";\n".join(statements)
