"""What every kind of conversion needs: its place in the ledger, patience, and the table as it is now."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from dbopt.errors import Obstructed
from dbopt.partition.convert import carry, ledger
from dbopt.partition.convert.ledger import Conversion, Leaf
from dbopt.partition.convert.target import NEW, beside, log_names
from dbopt.partition.model import Name
from dbopt.partition.table import Table, read_table
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.patience import Limits, patiently
from dbopt.postgres.session import Session
from dbopt.postgres.throttle import Throttle

_HURRY_MS = 100  # an autovacuum gives way when a lock was waited for so long; the default is more than a lock timeout

OnProgress = Callable[[int, int, str], None]  # how much is done, of how much (0: not known), and of what


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


class Work:
    """A conversion on one session."""

    def __init__(self, session: Session, conversion: Conversion, manner: Manner) -> None:
        self._session = session
        self._state = conversion
        self._manner = manner
        self._may_hurry = session.row("partition/may_hurry")["may_hurry"]

    @property
    def state(self) -> Conversion:
        return self._state

    def run(self) -> Conversion:
        """Go on until it is done. Raises Obstructed, ServerError."""
        self._session.limit()  # a role's own time limits are not meant for this
        steps = self._steps()
        while self._state.stage != ledger.DONE:
            steps[self._state.stage]()
        return self._state

    @abstractmethod
    def _steps(self) -> dict[str, Callable[[], None]]:
        """What is done at each stage, which brings it to a later one."""

    def _table(self) -> Table:
        """The table as it is now, without the trigger of the log."""
        with self._session.transaction():
            table = read_table(self._session, self._state.table)
        return replace(table, triggers=tuple(one for one in table.triggers if one.name != self._state.trigger))

    def _check_unaltered(self) -> None:
        """Raises Obstructed where columns or CHECKs are not what they were when the new table was made like them."""
        if self._signature() != self._state.columns:
            raise Obstructed(
                f"{self._state.table} was altered while it was converted",
                hint="dbopt partition undo throws the copy away; then begin anew",
            )

    def _signature(self) -> tuple[tuple[str, str], ...]:
        rows = self._session.rows("partition/signature", table=str(self._state.table))
        return tuple((row["name"], row["detail"]) for row in rows)

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

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """What is known of the state is that of the ledger, also where the transaction fails."""
        before = self._state
        try:
            with self._session.transaction():
                self._session.script(f"SET LOCAL lock_timeout = {self._manner.limits.lock_timeout_ms}")
                if self._may_hurry:
                    self._session.script(f"SET LOCAL deadlock_timeout = {_HURRY_MS}")
                yield
        except BaseException:
            self._state = before
            raise

    def _change(self, **values: object) -> None:
        self._state = ledger.change(self._session, self._state, **values)

    def _patiently(self, attempt: Callable[[], None]) -> None:
        patiently(self._manner.limits, attempt, self._manner.on_wait)

    def _progress(self, what: str, done: int, total: int) -> None:
        if self._manner.on_progress is not None:
            self._manner.on_progress(done, total, what)

    def _has_index(self, name: str) -> bool:
        new = beside(name, NEW)
        return bool(self._session.rows("partition/own_index", table=str(self._state.new), index=new))

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
