"""The cheap way: the table itself becomes the first partition, of everything before a bound, and no row is copied.

What takes time is done while the table is used: unique indexes with the partition key are built concurrently, and a
CHECK of the bound is added NOT VALID and validated, by which PostgreSQL knows that it need not look at the rows when it
attaches them. From then on until the swap, the CHECK refuses rows beyond the bound, which lies ahead of all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace

from dbopt.errors import QueryFailed
from dbopt.partition.convert import carry, ledger
from dbopt.partition.convert.swap import Behind, Swap
from dbopt.partition.convert.target import FIRST, OLD, beside, lacking
from dbopt.partition.model import Name
from dbopt.partition.table import Index, Table
from dbopt.postgres.identifiers import SQL, quoted

BOUND = "dbopt_bound"


class Attacher(Swap):
    """Carries out one conversion by attaching the table."""

    def _steps(self) -> dict[str, Callable[[], None]]:
        return {
            ledger.PREPARED: self._note_columns,
            ledger.COPIED: self._build_indexes,
            ledger.BUILT: self._build_keys,
            ledger.ANALYZED: self._check_bound,
            ledger.VERIFIED: self._swap,
            ledger.SWAPPED: self._finish,
        }

    def _table(self) -> Table:
        """The table without what was added to it on the way."""
        table = super()._table()
        own = {beside(key.name, FIRST) for key in self._state.target.widened}
        return replace(
            table,
            indexes=tuple(one for one in table.indexes if one.name not in own),
            constraints=tuple(one for one in table.constraints if one.name != BOUND),
        )

    def _note_columns(self) -> None:
        """There is nothing to copy."""
        with self._transaction():
            self._change(stage=ledger.COPIED, columns=self._signature())

    def _build_keys(self) -> None:
        """Unique indexes that have the partition key, too, as all of a partitioned table's must."""
        table = self._table()
        for one in table.indexes:
            if one.is_valid and lacking(one, self._state.target.control):
                self._build_key(table.name, one)
        with self._transaction():
            for statement in carry.statistics(table, self._state.new):
                self._session.script(statement)
            self._change(stage=ledger.ANALYZED)

    def _build_key(self, table: Name, one: Index) -> None:
        name = beside(one.name, FIRST)
        self._progress(f"building {name}", 0, 0)
        if self._session.rows("partition/own_index", table=str(table), index=name):
            return
        self._session.execute(SQL(f"DROP INDEX CONCURRENTLY IF EXISTS {Name(table.schema, name)}"))
        definition = carry.definition_for(one, self._state.target)
        self._session.execute(SQL(f"CREATE UNIQUE INDEX CONCURRENTLY {quoted(name)} ON {table} {definition}"))

    def _check_bound(self) -> None:
        """The CHECK that the attachment needs. It is validated under a lock that stops nobody."""
        table = self._state.table
        condition = self._state.target.check

        def add() -> None:
            with self._transaction():
                self._session.execute(SQL(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {BOUND}"))
                self._session.execute(SQL(f"ALTER TABLE {table} ADD CONSTRAINT {BOUND} CHECK ({condition}) NOT VALID"))

        def validate() -> None:
            with self._transaction():
                self._session.execute(SQL(f"ALTER TABLE {table} VALIDATE CONSTRAINT {BOUND}"))
                self._change(stage=ledger.VERIFIED)

        self._patiently(add)
        self._progress("checking the bound", 0, 0)
        try:
            self._patiently(validate)
        except QueryFailed:
            self._patiently(self._drop_bound)
            raise

    def _drop_bound(self) -> None:
        """It would refuse rows."""
        with self._transaction():
            self._session.execute(SQL(f"ALTER TABLE {self._state.table} DROP CONSTRAINT IF EXISTS {BOUND}"))

    # -- the swap ------------------------------------------------------------------------------------------------------

    def _get_ready(self) -> None:
        return

    def _check_ready(self, table: Table) -> None:
        self._check_unaltered()
        if any(one.is_valid and not self._has_index(one.name) for one in table.indexes):
            raise Behind(ledger.COPIED)

    def _last(self, table: Table) -> Iterable[str]:  # noqa: ARG002 - of Swap
        return ()

    def _in_place(self, table: Table, taken: Container[str]) -> Iterator[str]:
        """Foreign keys, checked at once: the partitions are empty, and the first brings its own. It loses what only the
        whole set may have, and is attached.
        """
        first, target = self._state.old, self._state.target
        yield from carry.own_keys(table)
        for trigger in table.triggers:
            yield f"DROP TRIGGER {quoted(trigger.name)} ON {first}"
        for column in table.columns:
            if column.identity:
                yield f"ALTER TABLE {first} ALTER COLUMN {quoted(column.name)} DROP IDENTITY"
        yield from self._keys(table, taken)
        yield f"ALTER TABLE {table.name} ATTACH PARTITION {first} {target.parts[0].bound}"
        yield f"ALTER TABLE {first} DROP CONSTRAINT {BOUND}"

    def _keys(self, table: Table, taken: Container[str]) -> Iterator[str]:
        """The first partition's unique keys get the columns that they lack."""
        first = self._state.old
        for one in table.indexes:
            if not one.is_valid or not lacking(one, self._state.target.control):
                continue
            former, wider = beside(one.name, OLD, taken), beside(one.name, FIRST)
            if one.constraint is None:
                yield f"DROP INDEX {Name(first.schema, former)}"
            else:
                kind = "PRIMARY KEY" if one.is_primary else "UNIQUE"
                yield f"ALTER TABLE {first} DROP CONSTRAINT {quoted(former)}"
                yield f"ALTER TABLE {first} ADD CONSTRAINT {quoted(wider)} {kind} USING INDEX {quoted(wider)}"

    def _finish(self) -> None:
        """Statistics of the whole set; the rest is done."""
        self._session.execute(SQL(f"ANALYZE {self._state.table}"))
        self._change(stage=ledger.DONE)
