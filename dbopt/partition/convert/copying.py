"""Carrying out a conversion, stage by stage, from wherever an earlier run left it.

What is exact about it: from COPYING on, every change of the table leaves its row's key in the log, in the change's own
transaction. Rows are copied once, in the order of their blocks; whatever was changed since, moved to another block, or
came later, is in the log, and its key is brought up to date from the table itself, again and again. Under the swap's
lock nothing changes any more, and the last keys are. The stage and the place of the copy are kept in the transactions
of what they tell of, so that a killed run goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from dbopt.errors import QueryFailed
from dbopt.partition.convert import carry, ledger
from dbopt.partition.convert.swap import Behind, Swap
from dbopt.partition.convert.target import SYNC, beside, list_of, stored, sync_key
from dbopt.partition.model import Name
from dbopt.partition.table import Table, read_table
from dbopt.postgres.identifiers import SQL, literal
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row
from dbopt.postgres.throttle import Pacer

_FIRST_BLOCKS, _FIRST_KEYS = 64, 1000
_FEW_KEYS = 500  # what may be left for the swap's lock
_ROUNDS = 1000  # of catching up before a swap


class Converter(Swap):
    """Carries out one conversion by a copy."""

    def _steps(self) -> dict[str, Callable[[], None]]:
        return {
            ledger.PREPARED: self._track,
            ledger.COPYING: self._copy,
            ledger.COPIED: self._build_indexes,
            ledger.BUILT: self._analyze,
            ledger.ANALYZED: self._verify,
            ledger.VERIFIED: self._swap,
            ledger.SWAPPED: self._finish,
        }

    # -- the copy ------------------------------------------------------------------------------------------------------

    def _track(self) -> None:
        """Log the changes from now on; what is there until then is to be copied."""

        def attempt() -> None:
            with self._transaction():
                self._session.execute(SQL(f"LOCK TABLE {self._state.table} IN SHARE ROW EXCLUSIVE MODE"))
                if self._state.columns:
                    self._check_unaltered()
                names = self._names(self._table())
                for step in ("untrack", "track"):
                    self._session.script(render(f"partition/convert/{step}.sql", **names))
                self._change(stage=ledger.COPYING, columns=self._signature(), leaves=self._leaves())

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
            if self._state.stage != ledger.COPYING:
                return
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
        """TRUNCATE, VACUUM FULL, CLUSTER and new partitions put rows where they were not; and changes that came while
        the log's trigger was disabled, or gone, nobody knows.
        """
        if not self._is_tracked():
            return True
        files = [(leaf.oid, leaf.filenode) for leaf in self._leaves()]
        return files != [(leaf.oid, leaf.filenode) for leaf in self._state.leaves]

    def _is_tracked(self) -> bool:
        row = self._session.row("partition/trigger", table=str(self._state.table), trigger=self._state.trigger)
        return bool(row["is_on"])

    def _begin_anew(self) -> None:
        """With a new log, too."""
        self._session.execute(SQL(f"TRUNCATE {self._state.new}"))
        self._change(stage=ledger.PREPARED, leaf=0, block=0, copied_rows=0)

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

    def _fall_back(self, stage: str) -> None:
        if stage != ledger.PREPARED:
            super()._fall_back(stage)
            return
        with self._transaction():
            self._begin_anew()

    def _get_ready(self) -> None:
        self._catch_up()

    def _check_ready(self, table: Table) -> None:
        self._check_unaltered()
        if self._is_rewritten():
            raise Behind(ledger.PREPARED)
        if any(one.is_valid and not self._has_index(one.name) for one in table.indexes):
            raise Behind(ledger.COPIED)

    def _last(self, table: Table) -> Iterator[str]:
        """The last changes; then nothing is logged any more."""
        for name in ("take", "apply", "untrack"):
            yield render(f"partition/convert/{name}.sql", **{"most": None, **self._names(table)})

    def _in_place(self, table: Table, taken: Container[str]) -> Iterator[str]:  # noqa: ARG002 - of Swap
        """Foreign keys, checked later."""
        yield from carry.foreign_keys(table, [leaf.name for leaf in self._leaves()])
        key = sync_key(table)
        if key is not None:
            yield f"DROP INDEX IF EXISTS {Name(table.name.schema, beside(key.name, SYNC))}"
        former = f"replaced by dbopt partition {self._state.direction}; no longer written"
        yield f"COMMENT ON TABLE {self._state.old} IS {literal(former)}"

    def _fetch_one(self, template: str, **values: object) -> Row:
        return self._session.fetch(SQL(render(f"partition/convert/{template}.sql", **values)))[0]

    def _pacer(self, first: int, most: int) -> Pacer:
        return Pacer(self._session, self._manner.throttle, first, most, self._manner.on_wait)
